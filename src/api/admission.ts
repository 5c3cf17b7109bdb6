/**
 * Whoever asks too fast is served later; whoever asks much too fast is refused, and told so late. A client that waits
 * for its answers is slowed down by that, and one that does not is cut.
 */

import type { FastifyRequest } from 'fastify';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { Paces } from '../station/fair-use/paces.ts';
import type { Pace } from '../station/fair-use/paces.ts';
import { ApiError } from './errors.ts';

/** Requests of the token of one process. */
export const processPace: Pace = { burst: 100, perSecond: 20 };
/** Requests of the tokens of all processes. */
export const processesPace: Pace = { burst: 10_000, perSecond: 4000 };
/** Requests of the token of the agent of one host. */
export const hostPace: Pace = { burst: 1000, perSecond: 100 };
/** Answers to those who show no valid token, to all of them. */
export const strangersPace: Pace = { burst: 500, perSecond: 500 };

/** How long a request may be kept waiting for its turn, ms. */
export const turnMsMax = 5000;
/** How late a refusal is told to whoever asks much too fast, ms. */
const refusalMs = 2000;

type Done = (error?: Error) => void;

export class Admission {
  readonly #process = new Paces(processPace);
  readonly #processes = new Paces(processesPace);
  readonly #host = new Paces(hostPace);
  readonly #strangers = new Paces(strangersPace);
  /** Connections whose request waits. */
  readonly #waiting = new WeakSet<FastifyRequest['raw']['socket']>();

  /** Goes on when it is the turn of this request. */
  admit(request: FastifyRequest, credential: CredentialRow, done: Done): void {
    const wait = this.#turnOf(credential);
    if (wait === 0) return done();
    if (wait !== null) return this.#later(request, wait, done);
    this.refuseLater(request, done, 'the token asks much faster than it may');
  }

  /** Refuses a client that has no valid token. */
  refuseStranger(request: FastifyRequest, done: Done, error: ApiError): void {
    const wait = this.#strangers.take('', turnMsMax) ?? turnMsMax;
    if (wait === 0) return done(error);
    this.#later(request, wait, () => done(error));
  }

  /** Refuses what is beyond somebody's share. */
  refuseLater(request: FastifyRequest, done: Done, why: string): void {
    const error = new ApiError('too-many-requests', why, { retryAfter: turnMsMax / 1000 });
    this.#later(request, refusalMs, () => done(error));
  }

  #turnOf({ id, role, host }: CredentialRow): number | null {
    if (role === 'agent' && host !== null) return this.#host.take(id, turnMsMax);
    if (role !== 'process') return 0;
    const own = this.#process.take(id, turnMsMax);
    const all = own === null ? null : this.#processes.take('', turnMsMax);
    return own === null || all === null ? null : Math.max(own, all);
  }

  /** One request of a connection waits; whoever sends the next one meanwhile does not wait for answers. */
  #later(request: FastifyRequest, ms: number, goOn: () => void): void {
    const { socket } = request.raw;
    if (this.#waiting.has(socket)) {
      socket.destroy();
      return;
    }
    this.#waiting.add(socket);
    setTimeout(() => {
      this.#waiting.delete(socket);
      if (!socket.destroyed) goOn();
    }, ms).unref();
  }
}
