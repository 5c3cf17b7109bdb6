/** What a flood is: somebody with one kind of token who asks for all that it can get. */

import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';

/** A running station, and what the flood may use of it. */
export interface Target {
  readonly url: string;
  readonly tokens: {
    readonly admin: string;
    readonly operator: string;
    readonly viewer: string;
    /** Speaks for the host `agentHost`, which has no processes. */
    readonly agent: string;
    /** Of the process `fid`. */
    readonly process: string;
  };
  readonly agentHost: string;
  /** An independent process. */
  readonly fid: string;
  /** A host that reported often. */
  readonly oftenReported: string;
  /** An operation that is under way for as long as the flood lasts. */
  readonly operation: number;
  /** Of the log, before the flood. */
  readonly head: number;
}

export interface Flood {
  readonly name: string;
  /**
   * Goes on until the signal is aborted.
   *
   * @returns how often it asked
   */
  readonly run: (target: Target, end: AbortSignal) => Promise<number>;
}

/** One request of a flood. */
export interface Shot {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly token: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const headersOf = ({ token, headers, body }: Shot): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...headers,
});

/**
 * So many requests under way at all times, each on a connection of its own; answers are read and
 * thrown away.
 */
export const keepAsking = async (
  url: string,
  end: AbortSignal,
  underWay: number,
  shot: (i: number) => Shot,
): Promise<number> => {
  const pool = new Pool(url, { connections: underWay, pipelining: 1 });
  let asked = 0;
  const work = async (): Promise<void> => {
    while (!end.aborted) {
      const one = shot(asked++);
      const { method = 'GET', path, body } = one;
      await pool
        .request({
          method,
          path,
          headers: headersOf(one),
          signal: end,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        .then(
          (answer) => answer.body.dump(),
          // Being cut off is what a flood has to expect; it comes again.
          () => pause(1),
        );
    }
  };
  await Promise.all(Array.from({ length: underWay }, work));
  await pool.destroy();
  return asked;
};

const textOf = (host: string, shot: Shot): string => {
  const lines = Object.entries({ host, ...headersOf(shot) }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${shot.method ?? 'GET'} ${shot.path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
};

/** A raw connection on which something was sent and nothing is read. It may be refused. */
export const shout = async (url: string, shot: Shot): Promise<{ end(): void }> => {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  socket.write(textOf(host, shot));
  return { end: () => socket.destroy() };
};

/** So many requests at once, all of them left unread and dropped after a while, again and again. */
export const keepDropping = async (
  url: string,
  end: AbortSignal,
  { atOnce, afterMs }: { readonly atOnce: number; readonly afterMs: number },
  shot: (i: number) => Shot,
): Promise<number> => {
  let asked = 0;
  while (!end.aborted) {
    const shouted = await Promise.all(
      Array.from({ length: atOnce }, () => shout(url, shot(asked++))),
    );
    await pause(afterMs, undefined, { signal: end }).catch(() => undefined);
    for (const one of shouted) one.end();
  }
  return asked;
};

/** So many requests at once, none of them read, held to the end. */
export const holdOpen = async (
  url: string,
  end: AbortSignal,
  count: number,
  shot: (i: number) => Shot,
): Promise<number> => {
  const shouted = await Promise.all(Array.from({ length: count }, (_, i) => shout(url, shot(i))));
  if (!end.aborted) await once(end, 'abort');
  for (const one of shouted) one.end();
  return count;
};
