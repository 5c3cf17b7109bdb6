/**
 * Whoever asks too fast is served later; whoever asks much too fast is refused, and told so late. A client that waits
 * for its answers is slowed down by that, and one that does not is cut.
 */

import type { FastifyRequest } from 'fastify';
import { usageOf } from '../core/graph/rows/credentials.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { retiredRole } from '../core/values/credential-roles.ts';
import { Paces } from '../station/fair-use/paces.ts';
import type { Pace } from '../station/fair-use/paces.ts';
import { ApiError } from './errors.ts';

export const admissionPaces = {
  /** Requests of the token of one process. */
  process: { burst: 100, perSecond: 20 },
  /** What of them is little: it does not wait behind what is much. */
  littleOfProcess: { burst: 10, perSecond: 0.2 },
  /** What is little of the tokens of all processes. */
  littleOfProcesses: { burst: 5000, perSecond: 2000 },
  /** What is much of the tokens of all processes. */
  muchOfProcesses: { burst: 5000, perSecond: 2000 },
  /** Requests of the token of the agent of one host. */
  host: { burst: 1000, perSecond: 100 },
  /** Requests of the token of agents of any host: all of them may knock at once. */
  agents: { burst: 20_000, perSecond: 2000 },
  /** Hosts in reports of many, of the token of agents of any host. */
  reportedHosts: { burst: 20_000, perSecond: 2000 },
  /** Sessions that one token opens for pages: each is a commit. */
  openedSessions: { burst: 20, perSecond: 1 / 30 },
  /** Answers to those who show no valid token, to all of them. */
  strangers: { burst: 500, perSecond: 500 },
} as const satisfies Readonly<Record<string, Pace>>;

export type AdmissionPaces = { readonly [Name in keyof typeof admissionPaces]: Pace };

/** How long a request may be kept waiting for its turn, ms. */
export const turnMsMax = 5000;
/** How late a refusal is told to whoever asks much too fast, ms. */
const refusalMs = 2000;

type Done = (error?: Error) => void;
/** Whose connection waits. */
type Asking = Pick<FastifyRequest, 'raw'>;

export class Admission {
  readonly #paces: { readonly [Name in Exclude<keyof AdmissionPaces, 'reportedHosts'>]: Paces };
  /** Connections whose request waits. */
  readonly #waiting = new WeakSet<FastifyRequest['raw']['socket']>();

  /** @param change paces that are not as usual */
  constructor(change: Partial<AdmissionPaces> = {}) {
    const paces = { ...admissionPaces, ...change };
    this.#paces = {
      process: new Paces(paces.process),
      littleOfProcess: new Paces(paces.littleOfProcess),
      littleOfProcesses: new Paces(paces.littleOfProcesses),
      muchOfProcesses: new Paces(paces.muchOfProcesses),
      host: new Paces(paces.host),
      agents: new Paces(paces.agents),
      openedSessions: new Paces(paces.openedSessions),
      strangers: new Paces(paces.strangers),
    };
  }

  /** Goes on when it is the turn of this request. */
  admit(request: Asking, credential: CredentialRow, done: Done): void {
    const wait = this.#turnOf(credential);
    if (wait === 0) return done();
    if (wait !== null) return this.#later(request, wait, done);
    this.refuseLater(request, done, 'the token asks much faster than it may');
  }

  /** @throws {ApiError} somebody has opened too many sessions of pages of late */
  mustOpenSlowly(by: CredentialRow): void {
    if (this.#paces.openedSessions.take(usageOf(by), 0) !== null) return;
    const why = 'too many sessions were opened by that token of late';
    throw new ApiError('too-many-requests', why, { retryAfter: 30 });
  }

  /** Refuses a client that has no valid token. */
  refuseStranger(request: Asking, done: Done, error: Error): void {
    const wait = this.#paces.strangers.take('', turnMsMax) ?? turnMsMax;
    if (wait === 0) return done(error);
    this.#later(request, wait, () => done(error));
  }

  /** Refuses what is beyond somebody's share. */
  refuseLater(request: Asking, done: Done, why: string): void {
    const error = new ApiError('too-many-requests', why, { retryAfter: turnMsMax / 1000 });
    this.#later(request, refusalMs, () => done(error));
  }

  #turnOf({ id, role, host }: CredentialRow): number | null {
    const { process, host: ofHost, agents } = this.#paces;
    if (role === 'agent' || role === retiredRole)
      return (host === null ? agents : ofHost).take(id, turnMsMax);
    if (role !== 'process') return 0;
    const own = process.take(id, turnMsMax);
    const all = own === null ? null : this.#turnAmongProcesses(id);
    return own === null || all === null ? null : Math.max(own, all);
  }

  /** Who asks little has a queue of their own, so that those who ask much delay each other only. */
  #turnAmongProcesses(id: string): number | null {
    const { littleOfProcess, littleOfProcesses, muchOfProcesses } = this.#paces;
    const isLittle = littleOfProcess.take(id, 0) !== null;
    return (isLittle ? littleOfProcesses : muchOfProcesses).take('', turnMsMax);
  }

  /** One request of a connection waits; whoever sends the next one meanwhile does not wait for answers. */
  #later(request: Asking, ms: number, goOn: () => void): void {
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
