/**
 * Whether somebody is let in to an OBM. What is let in is let in under an epoch: as soon as who may use the OBM
 * changes, whatever came in before is out, however the change ends.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Connection } from './catalogue/connections.ts';
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
  /** The console connection that it was let in by, for the console only; null: the token of the OBM, for all. */
  readonly connection: string | null;
}

export const hashOf = (token: string): string =>
  createHash('sha256').update(token.toLowerCase()).digest('hex');

/** Compared with where there is nothing to compare with, so that this takes as long. */
const nobodys = '0'.repeat(64);

/** Console connections of one machine; as many ports it has. */
export const connectionsMax = 16;

/** No hash of a token is the one of what is none. */
const givenHash = (token: unknown): string =>
  hashOf(typeof token === 'string' && tokenPattern.test(token) ? token : '');

const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));

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
    const obm = this.#parts.obms().get(label);
    const stored = obm?.token ?? null;
    const given = givenHash(token);
    const isRight = isSame(given, stored?.hash ?? nobodys);
    if (!isRight || !obm || !stored || this.#isOver(stored.expires)) return null;
    return { label, epoch: obm.epoch, expires: stored.expires, connection: null };
  }

  /**
   * The same for the token of a console connection. It takes as long whatever connections there are, and whether there
   * is such an OBM.
   */
  enterByConnection(label: string, token: unknown): Pass | null {
    const obms = this.#parts.obms();
    const given = givenHash(token);
    const connections = obms.connections.of(label);
    let found: Connection | null = null;
    for (let i = 0; i < connectionsMax; i++) {
      const connection = connections[i] ?? null;
      if (isSame(given, connection?.hash ?? nobodys)) found = connection;
    }
    const epoch = obms.get(label)?.epoch;
    if (!found || epoch === undefined) return null;
    const pass = { label, epoch, expires: found.expires, connection: found.id };
    return this.holds(pass) ? pass : null;
  }

  /** Whether what was let in may stay. */
  holds({ label, epoch, expires, connection }: Pass): boolean {
    const obms = this.#parts.obms();
    const obm: Obm | undefined = obms.get(label);
    if (obm?.epoch !== epoch || obm.token === null || this.#isOver(expires)) return false;
    return connection === null || obms.connections.get(label, connection) !== undefined;
  }

  #isOver(expires: number | null): boolean {
    return expires !== null && this.#parts.time.now() >= expires;
  }
}
