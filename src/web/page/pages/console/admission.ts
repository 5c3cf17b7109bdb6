/** The way to the console of a machine through the station: tickets by its API, the console itself by a WebSocket of it. */

import type { ConsoleNews } from '../../../../client/console-protocol.ts';
import { ApiError, UnreachableError } from '../../../../client/errors.ts';
import { folder } from '../../state/router.ts';
import { isExpired, station } from '../../state/station.ts';
import type { Admission, NotAdmitted, SeatTime, Socket, SocketListener } from './seat-parts.ts';

/** How long it may take to say that one has left, ms: what is not said ends by itself. */
const leaveMs = 2_000;

/** How long the station may take to let in, ms. */
const admitMs = 20_000;

/** An address beneath the page of a machine's console. */
export const consoleUrl = (
  fqdn: string,
  part: 'socket' | 'log',
  query: Readonly<Record<string, string>>,
): URL => {
  const url = new URL(`machines/${encodeURIComponent(fqdn)}/console/${part}`, folder);
  url.search = new URLSearchParams(query).toString();
  return url;
};

/** What stands in the URL that the station answers: it is good once, for half a minute. */
export const ticketIn = (url: string): string => new URL(url).searchParams.get('ticket') ?? '';

export const admit = async (fqdn: string): Promise<Admission> => {
  // What a proxy has forgotten is not answered, and holds up whatever is sent by it.
  const signal = AbortSignal.timeout(admitMs);
  const { id, url } = await station.openConsole(fqdn, {}, { signal });
  return { id, ticket: ticketIn(url) };
};

export const leave = async (fqdn: string, id: string): Promise<void> => {
  const signal = AbortSignal.timeout(leaveMs);
  await station.revokeConsoleConnection(fqdn, id, { signal }).catch(() => undefined);
};

/** Statuses of refusals that pass by themselves. */
const passing = new Set([429, 502, 503, 504]);

const isLate = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'TimeoutError';

export const whyOf = (error: unknown): NotAdmitted => {
  if (isExpired(error))
    return { kind: 'signed-out', message: 'Your session has ended: sign in again.' };
  if (isLate(error)) return { kind: 'for-now', message: 'the station does not answer' };
  const message = error instanceof Error ? error.message : String(error);
  const isPassing =
    error instanceof UnreachableError || (error instanceof ApiError && passing.has(error.status));
  return { kind: isPassing ? 'for-now' : 'for-good', message };
};

/** Asks the station whether it would let in, and for nothing else. */
export const whyNot = async (fqdn: string): Promise<NotAdmitted | null> => {
  try {
    await station.openConsole(fqdn, {}, { dryRun: true });
    return null;
  } catch (error) {
    return whyOf(error);
  }
};

export const connect = (
  fqdn: string,
  query: Readonly<Record<string, string>>,
  listener: SocketListener,
): Socket => {
  const url = consoleUrl(fqdn, 'socket', query);
  url.protocol = url.protocol.replace(/^http/, 'ws');
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data !== 'string') return listener.data(new Uint8Array(data));
    listener.told(JSON.parse(data) as ConsoleNews);
  };
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  return {
    send: (what) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(what as Uint8Array<ArrayBuffer>);
    },
    close: () => socket.close(),
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
  };
};

export const browserTime: SeatTime = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
