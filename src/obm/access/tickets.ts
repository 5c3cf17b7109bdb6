/** Tickets: what lets in once, within half a minute, and so may stand in a URL. Kept in memory, as hashes. */

import { hashOf } from '../gate.ts';
import type { Gate, Pass } from '../gate.ts';
import { ObmError } from '../errors.ts';
import type { Random, Time } from '../time.ts';

/** A right to see the console of a machine. */
export interface ConsoleRight {
  readonly pass: Pass;
  /** Whose it is, as others are told. */
  readonly principal: string;
  readonly mayWrite: boolean;
}

/** Shown once. */
export interface Ticket {
  readonly ticket: string;
  /** ms since the epoch. */
  readonly expires: number;
}

export interface TicketsParts {
  readonly gate: Gate;
  readonly time: Time;
  readonly random: Random;
}

const lastsMs = 30_000;
/** That are not used yet. */
const perMachineMax = 64;
const inAllMax = 10_000;

interface Issued {
  readonly right: ConsoleRight;
  /** By the clock that nobody sets, ms. */
  readonly until: number;
}

export class Tickets {
  readonly #parts: TicketsParts;
  /** By hash, oldest first: each lasts as long. */
  readonly #issued = new Map<string, Issued>();
  readonly #of = new Map<string, number>();

  constructor(parts: TicketsParts) {
    this.#parts = parts;
  }

  /** @throws {ObmError} `limit` */
  issue(right: ConsoleRight): Ticket {
    this.#forgetExpired();
    const { label } = right.pass;
    const own = this.#of.get(label) ?? 0;
    if (own >= perMachineMax || this.#issued.size >= inAllMax)
      throw new ObmError('limit', 'too many tickets are not used yet; wait half a minute');
    const ticket = this.#parts.random(16).toString('hex');
    const { time } = this.#parts;
    this.#issued.set(hashOf(ticket), { right, until: time.monotonic() + lastsMs });
    this.#of.set(label, own + 1);
    return { ticket, expires: time.now() + lastsMs };
  }

  /** What it is good for; null where it is not good, for this machine, or not any more. */
  redeem(label: string, ticket: unknown): ConsoleRight | null {
    const hash = hashOf(typeof ticket === 'string' ? ticket.slice(0, 64) : '');
    const issued = this.#issued.get(hash);
    if (issued?.right.pass.label !== label) return null;
    this.#forget(hash, label);
    const { gate, time } = this.#parts;
    return time.monotonic() < issued.until && gate.holds(issued.right.pass) ? issued.right : null;
  }

  #forgetExpired(): void {
    const now = this.#parts.time.monotonic();
    for (const [hash, { right, until }] of this.#issued) {
      if (until > now) return;
      this.#forget(hash, right.pass.label);
    }
  }

  #forget(hash: string, label: string): void {
    this.#issued.delete(hash);
    const left = (this.#of.get(label) ?? 0) - 1;
    if (left > 0) this.#of.set(label, left);
    else this.#of.delete(label);
  }
}
