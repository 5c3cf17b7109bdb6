/** Connections to the station that leads: kept for the next request, each for one token alone. */

import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Time } from '../../station/time.ts';

/** How long a connection may take to be there, ms. */
export const connectMs = 3_000;
/** Connections to the leader in all; further requests wait for one. */
export const linksMax = 2_048;
/** Of one token. */
export const linksOfTokenMax = 64;
/** That are kept open though nothing goes over them, in all and how long, ms. */
const idleMax = 64;
const idleMs = 15_000;

export interface LinkLimits {
  readonly inAll: number;
  readonly ofToken: number;
}

/** The leader was not reached: it knows nothing of the request. */
export class NotReachedError extends Error {
  override readonly name = 'NotReachedError';
}

/** The connection ended before an answer came; the leader may have done what was asked. */
export class CutOffError extends Error {
  override readonly name = 'CutOffError';
}

export interface Passed {
  readonly method: string;
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  /** Aborted: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Sends the body, and ends the request. */
  readonly send: (request: ClientRequest) => void;
}

type Node = 'node:http' | 'node:https';

/** What went wrong, and what to do where the other one was there and was not believed. */
const told = ({ message, code = '' }: NodeJS.ErrnoException): string =>
  /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)
    ? `${message}: give --stations-ca the authority of the other stations' certificates`
    : message;

export class LeaderLink {
  readonly #time: Time;
  readonly #ca: string | undefined;
  readonly #most: LinkLimits;
  readonly #agents = new Map<Node, Agent>();

  /**
   * @param ca PEM certificates of authorities that are trusted besides the system's
   * @param most how many there may be; what is absent is as usual
   */
  constructor(time: Time, ca: string | undefined, most: Partial<LinkLimits> = {}) {
    this.#time = time;
    this.#ca = ca;
    this.#most = { inAll: linksMax, ofToken: linksOfTokenMax, ...most };
  }

  /**
   * Sends a request, and gives the beginning of its answer.
   *
   * @throws {NotReachedError | CutOffError}
   * @throws the reason of the signal
   */
  async ask({ method, url, headers, signal, send }: Passed): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const isSecure = url.protocol === 'https:';
    const name = isSecure ? 'node:https' : 'node:http';
    const { request: open } = process.getBuiltinModule(name);
    const request = open(url, { method, headers, signal, agent: this.#agentFor(name) });
    let isThere = false;
    let cancel = (): void => undefined;
    request.on('socket', (socket: Socket) => {
      if (!socket.connecting && request.reusedSocket) {
        isThere = true;
        return;
      }
      cancel = this.#time.after(connectMs, () =>
        request.destroy(new NotReachedError(`no connection within ${connectMs / 1000} s`)),
      );
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        isThere = true;
        cancel();
      });
    });
    request.on('response', resolve);
    request.on('error', (error) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (isThere) reject(new CutOffError(error.message, { cause: error }));
      else reject(new NotReachedError(told(error), { cause: error }));
    });
    send(request);
    try {
      return await promise;
    } finally {
      cancel();
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agentFor(name: Node): Agent {
    let agent = this.#agents.get(name);
    if (!agent) this.#agents.set(name, (agent = this.#newAgent(name)));
    return agent;
  }

  #newAgent(name: Node): Agent {
    const { Agent } = process.getBuiltinModule(name);
    const ca = this.#ca === undefined ? {} : { ca: [...getCACertificates('default'), this.#ca] };
    const agent = new Agent({
      ...ca,
      keepAlive: true,
      maxFreeSockets: idleMax,
      maxSockets: this.#most.ofToken,
      maxTotalSockets: this.#most.inAll,
      scheduling: 'lifo',
      // Only one that is free ends by it.
      timeout: idleMs,
    });
    // The leader counts a connection for the token that it showed first.
    const usual = agent.getName.bind(agent);
    agent.getName = (options) => {
      const { headers } = options as { readonly headers?: OutgoingHttpHeaders };
      return `${usual(options)}:${String(headers?.authorization ?? '')}`;
    };
    return agent;
  }
}
