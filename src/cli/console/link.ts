/** One connection to a console, from opening it to its end. It never reconnects: that is its user's business. */

import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ConsoleNews, ConsoleWish } from '../../client/console-protocol.ts';
import type { Ending } from '../exit-codes.ts';
import { printable } from '../output/text.ts';

/** Where a console is seen, this once. */
export interface ConsoleAddress {
  readonly url: URL;
  /** PEM certificates of the authorities to trust instead of the well-known ones. */
  readonly ca?: string | readonly string[] | undefined;
}

export interface LinkListener {
  /** @returns resolves when more can be taken */
  data(bytes: Buffer): Promise<void> | undefined;
  told(news: ConsoleNews): void;
}

/** How it ended: the close code of the WebSocket, or the HTTP status with which it was refused. */
export interface LinkEnd {
  readonly code: number;
  readonly message: string;
  /** Its right is over by its time only. */
  readonly hasExpired?: boolean;
}

/** Ends that trying again does not mend, by the codes of WebSockets and HTTP. */
export const linkEndings: Readonly<Record<number, Ending>> = {
  400: 'failed',
  401: 'notAllowed',
  403: 'notAllowed',
  404: 'notFound',
  409: 'rejected',
  429: 'rejected',
  4400: 'failed',
  4401: 'notAllowed',
  4409: 'rejected',
  4429: 'rejected',
};

/** The daemon pings every 15 s; one that does not is not there any more, ms. */
const silenceMs = 45_000;
const openMs = 20_000;
const leaveMs = 1_000;
/** Longest message that is taken, bytes. */
const messageBytesMax = 1024 * 1024;
/** Of what is sent; the daemon takes no longer ones, bytes. */
const typedBytesMax = 16 * 1024;
const refusalCharactersMax = 1_000;

export class ConsoleLink {
  readonly ended: Promise<LinkEnd>;
  readonly #socket: WebSocket;
  #said: { readonly why: string; readonly message: string } | null = null;
  #silence: NodeJS.Timeout | undefined;

  constructor({ url, ca }: ConsoleAddress, listener: LinkListener) {
    const wanted = new URL(url);
    wanted.protocol = wanted.protocol.replace(/^http/, 'ws');
    this.#socket = new WebSocket(wanted, {
      ...{ perMessageDeflate: false, maxPayload: messageBytesMax, handshakeTimeout: openMs },
      ...(ca === undefined ? {} : { ca: [...[ca].flat()] }),
    });
    const socket = this.#socket;
    const { promise, resolve } = Promise.withResolvers<LinkEnd>();
    this.ended = promise;
    let failure: string | null = null;
    socket.on('open', () => this.#heard());
    socket.on('ping', () => this.#heard());
    socket.on('message', (data: Buffer, isBinary) => {
      this.#heard();
      if (!isBinary) return this.#told(data, listener);
      const taken = listener.data(data);
      if (!taken) return;
      socket.pause();
      clearTimeout(this.#silence);
      void taken.then(() => {
        socket.resume();
        this.#heard();
      });
    });
    socket.on('unexpected-response', (request, response) => {
      void refusalIn(response).then((end) => {
        resolve(end);
        request.destroy();
      });
    });
    socket.on('error', ({ message }) => (failure = message));
    socket.on('close', (code, reason) => {
      clearTimeout(this.#silence);
      const told = reason.toString() || failure;
      const message = this.#said?.message ?? told ?? 'the connection was lost';
      resolve({ code, message: printable(message), hasExpired: this.#said?.why === 'expired' });
    });
  }

  /** Nothing where it has ended. */
  ask(wish: ConsoleWish): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(wish));
  }

  type(bytes: Buffer): void {
    for (let from = 0; from < bytes.length && this.isOpen; from += typedBytesMax)
      this.#socket.send(bytes.subarray(from, from + typedBytesMax));
  }

  /** Bytes typed that are on their way. */
  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Takes leave; where nobody answers, it ends all the same. */
  async leave(): Promise<void> {
    this.#socket.close(1000);
    const late = setTimeout(() => this.#socket.terminate(), leaveMs);
    await this.ended;
    clearTimeout(late);
  }

  #told(data: Buffer, listener: LinkListener): void {
    let news: ConsoleNews;
    try {
      news = JSON.parse(data.toString('utf8')) as ConsoleNews;
    } catch {
      return this.#socket.terminate();
    }
    if (news.type === 'ended') this.#said = news;
    listener.told(news);
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket.terminate(), silenceMs);
  }
}

/** Why there is no WebSocket: what the daemon says, or its status. */
const refusalIn = async (response: IncomingMessage): Promise<LinkEnd> => {
  const code = response.statusCode ?? 0;
  let text = '';
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length > refusalCharactersMax) break;
    }
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === 'string') return { code, message: printable(detail) };
  } catch {
    // It says nothing that we know.
  }
  return { code, message: `refused with ${code}` };
};

/** Somebody at a console, in messages. */
export const nameOf = (
  who: { readonly principal: string; readonly source: string } | null,
): string => (who === null ? 'somebody' : `${who.principal} (${who.source})`);
