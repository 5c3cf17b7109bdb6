/** Keeps a link to whichever of the hosts is the primary, and makes another when it is gone. */

import { setImmediate as turn } from 'node:timers/promises';
import { HistoryLostError, LogUnavailableError } from '../log.ts';
import { rest } from '../timers.ts';
import { explained } from './failure.ts';
import { Link } from './link.ts';
import type { Known, LinkParts } from './link.ts';
import { nameOf } from './url.ts';

export interface LinksParts extends LinkParts {
  /** What the next server must have. */
  readonly known: () => Known;
  /** Told of each link that was made after the first. */
  readonly joined: (link: Link) => void;
  /** Told once, where the servers have lost what was read from them. No link is made any more. */
  readonly lost: (error: HistoryLostError) => void;
}

/**
 * Joins the first of the hosts that is a primary.
 *
 * @throws {HistoryLostError} the primary has lost what is known
 * @throws {LogUnavailableError} there is none; says why of each host
 */
export const joinPrimary = async (parts: LinkParts, known?: Known): Promise<Link> => {
  const reasons: string[] = [];
  for (const host of parts.place.hosts) {
    try {
      return await Link.open(parts, host, known, parts.statements);
    } catch (error) {
      if (error instanceof HistoryLostError) throw error;
      reasons.push(`${nameOf(host)}: ${explained(error)}`);
    }
  }
  throw new LogUnavailableError(`no server of the log can be used: ${reasons.join('; ')}`);
};

export class Links {
  readonly #parts: LinksParts;
  #link: Link;
  /** The attempt that is being made; undefined while it rests between two. */
  #attempt: Promise<Link> | undefined;
  #trouble: string | undefined;
  #closed = false;
  readonly #closing = new AbortController();
  /** Settles with the next link. */
  #next = Promise.withResolvers<Link>();

  constructor(parts: LinksParts, first: Link) {
    this.#parts = parts;
    this.#link = first;
    this.#next.promise.catch(() => undefined);
    void this.#keep();
  }

  /** Why there is no link; undefined where there is one. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The last link, which may be gone. */
  get last(): Link {
    return this.#link;
  }

  /**
   * The link, or what comes of the attempt that is being made.
   *
   * @throws {LogUnavailableError} the servers could not be reached just now, or it is closed
   */
  async now(): Promise<Link> {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
    if (!this.#link.isGone) return this.#link;
    // What ends a link is heard here a few turns before the attempt that follows it begins.
    if (this.#attempt === undefined) await turn();
    if (this.#attempt) return this.#attempt;
    if (!this.#link.isGone) return this.#link;
    throw new LogUnavailableError(this.#trouble ?? 'the servers of the log cannot be reached');
  }

  /**
   * The link, however long it takes.
   *
   * @throws {LogUnavailableError} it is closed, or what was read is lost
   */
  async some(): Promise<Link> {
    return this.#link.isGone || this.#closed ? this.#next.promise : this.#link;
  }

  close(): void {
    this.#closed = true;
    this.#closing.abort();
    this.#link.close();
    this.#next.reject(new LogUnavailableError('the log is closed'));
  }

  async #keep(): Promise<void> {
    const { timers, deadlines } = this.#parts;
    while (!this.#closed) {
      const why = await this.#link.gone;
      if (this.#closed) return;
      this.#trouble = `the connection to ${why.message}`;
      for (let pause = deadlines.restMs; !this.#closed; pause *= 2) {
        if (await this.#tried()) break;
        if (this.#closed) return;
        await rest(timers, Math.min(pause, deadlines.restMaxMs), this.#closing.signal);
      }
    }
  }

  /** Whether there is a link now. */
  async #tried(): Promise<boolean> {
    try {
      this.#attempt = joinPrimary(this.#parts, this.#parts.known());
      const link = await this.#attempt;
      if (this.#closed) {
        link.close();
        return false;
      }
      this.#link = link;
      this.#trouble = undefined;
      this.#parts.joined(link);
      this.#next.resolve(link);
      this.#next = Promise.withResolvers();
      this.#next.promise.catch(() => undefined);
      return true;
    } catch (error) {
      this.#trouble = (error as Error).message;
      if (error instanceof HistoryLostError) {
        this.#parts.lost(error);
        this.close();
      }
      return false;
    } finally {
      this.#attempt = undefined;
    }
  }
}
