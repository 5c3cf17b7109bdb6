/**
 * One console, from an OBM daemon to a page in a browser. Messages go through as they are (contract/console-protocol.ts);
 * the relay adds what a browser lacks: it cannot hold a WebSocket back, so it says how many bytes it has drawn, and no
 * more is read of the daemon than it has room for. What is too much then is skipped there, and counted.
 */

import { getCACertificates } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { consoleCloseCodes } from '../../contract/console-protocol.ts';
import type { ConsoleNews } from '../../contract/console-protocol.ts';
import type { Time } from '../../station/time.ts';
import { ApiError } from '../errors.ts';

export interface RelayParts {
  readonly time: Time;
  /** Why there is no place for it; undefined: there is. */
  readonly full: string | undefined;
  /** Where the daemon shows the console to whoever has the ticket in it. Rejects where it does not. */
  readonly place: Promise<{ readonly url: URL; readonly ca: string | undefined }>;
}

/** Bytes that a page has been sent and not drawn, at which nothing more is read; it goes on when half of them are left. */
export const undrawnMax = 256 * 1024;
/** Bytes typed that wait for the daemon, at which nothing more is read of the page. */
const typedMax = 64 * 1024;
/** Proxies cut what is silent for longer; a page that does not answer from one to the next is gone, ms. */
const pingMs = 15_000;
const openMs = 10_000;
const leaveMs = 1_000;
/** Longest message of a daemon, bytes. */
const messageBytesMax = 1024 * 1024;
const refusalCharactersMax = 10_000;
/** What a close frame has room for besides its code (RFC 6455 §5.5). */
const reasonBytesMax = 123;
/** The other side of a relay is away (IANA: "Bad Gateway"). */
const badGateway = 1014;

/** By the status with which a daemon refuses. */
const codes: Readonly<Record<number, number>> = {
  400: consoleCloseCodes.badMessage,
  401: consoleCloseCodes.notAllowed,
  403: consoleCloseCodes.notAllowed,
  409: consoleCloseCodes.portTaken,
  429: consoleCloseCodes.tooMuch,
};

export class ConsoleRelay {
  /** Whether it had a place among those that there may be. */
  readonly ended: Promise<boolean>;
  readonly #page: WebSocket;
  readonly #time: Time;
  #daemon: WebSocket | undefined;
  #undrawn = 0;
  #isHeld = false;
  #isAlive = true;
  #cancelPing: () => void = () => undefined;

  constructor(page: WebSocket, { time, full, place }: RelayParts) {
    this.#page = page;
    this.#time = time;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ended = promise;
    page.on('error', () => undefined);
    page.on('pong', () => (this.#isAlive = true));
    page.on('ping', (data: Buffer) => page.pong(data));
    page.on('close', () => {
      this.#cancelPing();
      this.#leaveDaemon();
      resolve(full === undefined);
    });
    this.#pingLater();
    page.pause();
    place.then(
      ({ url, ca }) => {
        if (full === undefined) this.#connect(url, ca);
        else this.#refuse(429, full);
      },
      (error: Error) => {
        const status = error instanceof ApiError ? error.status : 500;
        this.#refuse(status, error instanceof ApiError ? error.message : 'the station failed');
      },
    );
  }

  /** The station stops. */
  stop(): void {
    this.#close(1001, 'the station stops');
  }

  #connect(url: URL, ca: string | undefined): void {
    const wanted = new URL(url);
    wanted.protocol = wanted.protocol.replace(/^http/, 'ws');
    const daemon = new WebSocket(wanted, {
      ...{ perMessageDeflate: false, maxPayload: messageBytesMax, handshakeTimeout: openMs },
      ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
    });
    this.#daemon = daemon;
    if (this.#page.readyState !== WebSocket.OPEN) this.#leaveDaemon();
    this.#page.on('message', (data: RawData, isBinary: boolean) =>
      this.#said(data as Buffer, isBinary),
    );
    daemon.on('open', () => this.#page.resume());
    daemon.on('message', (data: RawData, isBinary: boolean) =>
      this.#handOn(data as Buffer, isBinary),
    );
    daemon.on('unexpected-response', (request, response) => {
      void detailIn(response).then((detail) => {
        this.#refuse(response.statusCode ?? 0, detail);
        request.destroy();
      });
    });
    // Where it is, is nobody's business.
    daemon.on('error', () => this.#close(badGateway, 'the station cannot reach the OBM daemon'));
    daemon.on('close', (code, reason) => {
      const isLost = code === 1005 || code === 1006;
      if (isLost) this.#close(badGateway, 'the OBM daemon broke off');
      else this.#close(code, reason.toString());
    });
  }

  #handOn(data: Buffer, isBinary: boolean): void {
    if (this.#page.readyState !== WebSocket.OPEN) return;
    this.#page.send(data, { binary: isBinary });
    if (!isBinary) return;
    this.#undrawn += data.length;
    if (this.#undrawn < undrawnMax) return;
    this.#isHeld = true;
    this.#daemon?.pause();
  }

  /** What is typed and asked for goes on to the daemon; what was drawn is for this relay. */
  #said(data: Buffer, isBinary: boolean): void {
    this.#isAlive = true;
    const drawn = isBinary ? undefined : drawnIn(data);
    if (drawn !== undefined) return this.#drew(drawn);
    const daemon = this.#daemon;
    if (daemon?.readyState !== WebSocket.OPEN) return;
    daemon.send(data, { binary: isBinary }, () => {
      if (this.#page.isPaused && daemon.bufferedAmount <= typedMax / 2) this.#page.resume();
    });
    if (daemon.bufferedAmount > typedMax) this.#page.pause();
  }

  #drew(bytes: number): void {
    this.#undrawn = Math.max(0, this.#undrawn - bytes);
    if (!this.#isHeld || this.#undrawn > undrawnMax / 2) return;
    this.#isHeld = false;
    this.#daemon?.resume();
  }

  #refuse(status: number, message: string): void {
    const news: ConsoleNews = { type: 'ended', why: 'refused', message, missed: 0 };
    if (this.#page.readyState === WebSocket.OPEN) this.#page.send(JSON.stringify(news));
    this.#close(codes[status] ?? badGateway, message);
  }

  /** Half of a connection that is not there any more says nothing. */
  #pingLater(): void {
    this.#cancelPing = this.#time.after(pingMs, () => {
      // Of one that is not read no answer is heard.
      if (!this.#isAlive && !this.#page.isPaused) return this.#page.terminate();
      this.#isAlive = false;
      this.#page.ping();
      this.#pingLater();
    });
  }

  #close(code: number, reason: string): void {
    const page = this.#page;
    if (page.readyState !== WebSocket.OPEN) return;
    page.close(code, Buffer.from(reason).subarray(0, reasonBytesMax).toString('utf8'));
    // One that is paused would never be heard to take leave.
    page.resume();
    const cancel = this.#time.after(leaveMs, () => page.terminate());
    page.once('close', cancel);
  }

  #leaveDaemon(): void {
    const daemon = this.#daemon;
    if (!daemon || daemon.readyState === WebSocket.CLOSED) return;
    daemon.close(1000);
    daemon.resume();
    const cancel = this.#time.after(leaveMs, () => daemon.terminate());
    daemon.once('close', cancel);
  }
}

/** Bytes that the page says it has drawn; undefined: it says something else. */
const drawnIn = (data: Buffer): number | undefined => {
  const bytes = /^\{"type":"drawn","bytes":(\d{1,9})\}$/.exec(data.toString('latin1'))?.[1];
  return bytes === undefined ? undefined : Number(bytes);
};

/** Why there is no WebSocket, as the daemon says it. */
const detailIn = async (response: IncomingMessage): Promise<string> => {
  let text = '';
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length > refusalCharactersMax) break;
    }
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === 'string') return detail;
  } catch {
    // It says nothing that we know.
  }
  return `the OBM daemon refused with ${response.statusCode}`;
};
