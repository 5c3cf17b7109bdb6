/** Who looks at a console by a WebSocket, as a program would that knows no more than the protocol. */

import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import type { ConsoleNews, ConsoleWish } from '../../src/contract/console-protocol.ts';
import { until } from '../ipmi/simulator.ts';
import type { Daemon } from './daemon.ts';

type News<T extends ConsoleNews['type']> = Extract<ConsoleNews, { readonly type: T }>;

export class ConsoleViewer {
  readonly socket: WebSocket;
  readonly news: ConsoleNews[] = [];
  /** How it ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Position of the byte that comes next. */
  position = 0;
  #seen: Buffer[] = [];

  constructor(daemon: Daemon, path: string, token?: string, options: ClientOptions = {}) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const url = `${daemon.url.replace(/^http/, 'ws')}${path}`;
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...options, headers });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return this.#told(JSON.parse(data.toString()) as ConsoleNews);
      this.#seen.push(data);
      this.position += data.length;
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('error', () => undefined);
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Connected, and shown something: by the token of an OBM or of a console connection. */
  static async attach(
    daemon: Daemon,
    label: string,
    token: string,
    query = '',
    options: ClientOptions = {},
  ): Promise<ConsoleViewer> {
    const viewer = new ConsoleViewer(daemon, `/v2/obms/${label}/console${query}`, token, options);
    await until('it is attached', () => viewer.has('mark') !== undefined);
    return viewer;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#seen);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  ask(wish: ConsoleWish): void {
    this.socket.send(JSON.stringify(wish));
  }

  type(text: string | Buffer): void {
    this.socket.send(Buffer.from(text));
  }

  /** The last of what was said of this kind. */
  has<T extends ConsoleNews['type']>(type: T): News<T> | undefined {
    return this.news.findLast((news): news is News<T> => news.type === type);
  }

  /** Waits for news of a kind, or for another than there was. */
  async hears<T extends ConsoleNews['type']>(
    type: T,
    fits: (news: News<T>) => boolean = () => true,
  ): Promise<News<T>> {
    let found: News<T> | undefined;
    await until(`${type} is said`, () => {
      found = this.news.findLast(
        (news): news is News<T> => news.type === type && fits(news as News<T>),
      );
      return found !== undefined;
    });
    return found!;
  }

  async leave(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #told(news: ConsoleNews): void {
    this.news.push(news);
    if (news.type === 'at') this.position = news.position;
  }
}

/** How a WebSocket was refused before there was one: the HTTP status and the body's code. */
export const refusalOf = (
  daemon: Daemon,
  path: string,
  headers: Record<string, string>,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${daemon.url.replace(/^http/, 'ws')}${path}`, { headers });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('error', reject);
  });
