/**
 * Whether somebody is let in to an OBM. What is let in is let in under an epoch: as soon as who may use the OBM
 * changes, whatever came in before is out, however the change ends.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Obm, Obms } from './catalogue/obms.ts';
import type { Time } from './time.ts';

/** A token of 128 bits, as obmd writes it; either case is good. */
const tokenPattern = /^[0-9a-fA-F]{32}$/;

/** What was let in. */
export interface Pass {
  readonly label: string;
  readonly epoch: number;
  /** ms since the epoch; null: it does not end by itself. */
  readonly expires: number | null;
}

export const hashOf = (token: string): string =>
  createHash('sha256').update(token.toLowerCase()).digest('hex');

/** Compared with where there is nothing to compare with, so that this takes as long. */
const nobodys = '0'.repeat(64);

export interface GateParts {
  readonly obms: () => Obms;
  readonly time: Time;
}

export class Gate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /**
   * A pass for a token that is good now; null for one that is malformed, wrong, expired or revoked, and for an OBM
   * that there is not. Nobody can tell these apart.
   */
  enter(label: string, token: unknown): Pass | null {
    const isToken = typeof token === 'string' && tokenPattern.test(token);
    const obm = this.#parts.obms().get(label);
    const stored = obm?.token ?? null;
    const given = Buffer.from(hashOf(isToken ? token : ''), 'hex');
    const isRight = timingSafeEqual(given, Buffer.from(stored?.hash ?? nobodys, 'hex'));
    if (!isToken || !isRight || !obm || !stored || this.#isOver(stored.expires)) return null;
    return { label, epoch: obm.epoch, expires: stored.expires };
  }

  /** Whether what was let in may stay. */
  holds({ label, epoch, expires }: Pass): boolean {
    const obm: Obm | undefined = this.#parts.obms().get(label);
    return obm?.epoch === epoch && obm.token !== null && !this.#isOver(expires);
  }

  #isOver(expires: number | null): boolean {
    return expires !== null && this.#parts.time.now() >= expires;
  }
}
