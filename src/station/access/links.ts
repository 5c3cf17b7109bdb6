/**
 * Links by which somebody is let in once, with what a token may. Of a ticket nothing but its hash is kept, in memory and
 * for a few minutes: after a restart one asks for another.
 */

import { hash, randomBytes } from 'node:crypto';
import { usageOf } from '../../core/graph/rows/credentials.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { Clock } from '../clocks.ts';

export const linkSeconds = 600;
/** Of one user, or of a token of nobody, and in all; the oldest gives way to the next. */
export const linksOfOneMax = 8;
export const linksMax = 2000;

interface Link {
  readonly by: CredentialRow;
  /** Ms since the epoch. */
  readonly expires: number;
}

export class Links {
  readonly #now: Clock;
  /** By the hash of the ticket, oldest first. */
  readonly #links = new Map<string, Link>();

  constructor(now: Clock) {
    this.#now = now;
  }

  /** How many may still be used. */
  get size(): number {
    return this.#links.size;
  }

  /** @returns the ticket, which is shown nowhere else and never again */
  make(by: CredentialRow): { readonly ticket: string; readonly expires: number } {
    const ticket = randomBytes(32).toString('base64url');
    const expires = this.#now() + linkSeconds * 1000;
    for (const [key, link] of this.#links) if (link.expires <= this.#now()) this.#links.delete(key);
    const own = [...this.#links].filter(([, link]) => usageOf(link.by) === usageOf(by));
    if (own.length >= linksOfOneMax) this.#links.delete(own[0]![0]);
    else if (this.#links.size >= linksMax) this.#links.delete(this.#links.keys().next().value!);
    this.#links.set(hash('sha256', ticket), { by, expires });
    return { ticket, expires };
  }

  /** The token that a ticket was made by, which is good no more from here on; undefined: it was not good. */
  take(ticket: string): CredentialRow | undefined {
    const key = hash('sha256', ticket);
    const link = this.#links.get(key);
    this.#links.delete(key);
    return link && link.expires > this.#now() ? link.by : undefined;
  }
}
