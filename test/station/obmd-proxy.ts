/** Stands between a station and an OBM daemon: cuts connections where it is told to, and sees every token. */

import { createServer, request as ask } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Test } from 'tap';

/** `before`: the daemon has not heard of it; `after`: it has answered, and nobody has heard the answer. */
export type When = 'before' | 'after';

/** What is asked of a daemon, such as `POST token`. */
export type Call = string;

const callOf = ({ method, url = '' }: IncomingMessage): Call => {
  const last = url.split('/').at(-1)!;
  if (url.includes('/console/connections')) return `${method} connection`;
  const isOwn = ['token', 'power', 'power_status', 'boot-device', 'light', 'refresh'].includes(
    last,
  );
  return `${method} ${isOwn ? last : url.startsWith('/v2/') ? 'look' : 'node'}`;
};

const labelOf = ({ url = '' }: IncomingMessage): string =>
  decodeURIComponent(/^\/(?:node|v2\/obms)\/([^/?]+)/.exec(url)?.[1] ?? '');

export class ObmdProxy {
  readonly url: string;
  /** Every token that was given out. */
  readonly tokens: string[] = [];
  /** What was asked to be done to machines, in order, whether or not the daemon heard of it. */
  readonly orders: { readonly label: string; readonly action: string }[] = [];
  /** The token of every console connection that was made, in order. */
  readonly connections: { readonly label: string; readonly token: string }[] = [];
  /** What was asked, in order. */
  readonly calls: Call[] = [];
  /** Whether the connection is cut at this moment. */
  cuts: (call: Call, when: When) => boolean | Promise<boolean> = () => false;

  /** Whether WebSockets are handed on, too. */
  takesSockets = true;

  /** Is told whatever is said, either way. */
  hears: (text: string) => void = () => undefined;

  /** Of which OBM a token is. */
  readonly #labels = new Map<string, string>();
  /** What was asked about OBMs and their tokens, and is not answered. */
  readonly #changing = new Set<Promise<void>>();

  /** Nobody is reached by it any more. */
  readonly close: () => void;

  private constructor(url: string, close: () => void) {
    this.url = url;
    this.close = close;
  }

  /** Hands everything on to the daemon at `target()` until the test ends. */
  static async start(t: Test, target: () => string): Promise<ObmdProxy> {
    let proxy: ObmdProxy | undefined;
    const server = createServer((request, response) => {
      void proxy!.#take(target(), request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      if (proxy!.takesSockets) handOver(target(), request, socket);
      else socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = (): void => {
      server.closeAllConnections();
      server.close();
    };
    t.teardown(close);
    const { port } = server.address() as AddressInfo;
    return (proxy = new ObmdProxy(`http://127.0.0.1:${port}`, close));
  }

  /** Every token of one OBM that was given out, in order. */
  tokensOf(label: string): string[] {
    return this.tokens.filter((token) => this.#labels.get(token) === label);
  }

  /** Waits until the daemon has answered, or will never answer, what was asked of tokens, whoever asked and is dead. */
  async settled(): Promise<void> {
    await Promise.all(this.#changing);
  }

  async #take(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url!.startsWith('/v2/events')) return passOn(target, request, response);
    const call = callOf(request);
    // A station asks so every second, whatever else happens: that is neither counted nor cut.
    if (request.url === '/v2/observed') return this.#serve(null, target, request, response);
    this.calls.push(call);
    const served = this.#serve(call, target, request, response);
    if (!/token$|node$/.test(call)) return served;
    this.#changing.add(served);
    await served;
    this.#changing.delete(served);
  }

  /** @param call null: what is never cut */
  async #serve(
    call: Call | null,
    target: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return void request.socket.destroy();
    }
    const label = labelOf(request);
    this.hears(Buffer.concat(pieces).toString());
    if (call === 'POST power') {
      const { action } = JSON.parse(Buffer.concat(pieces).toString()) as { action: string };
      this.orders.push({ label, action });
    }
    const cut = async (when: When): Promise<boolean> => call !== null && this.cuts(call, when);
    if (await cut('before')) return void request.socket.destroy();
    try {
      const { status, text, type } = await forwarded(target, request, Buffer.concat(pieces));
      this.hears(text);
      const [, token] = /"token":"([0-9a-f]{32})"/.exec(text) ?? [];
      if (call === 'POST token' && token !== undefined) {
        this.tokens.push(token);
        this.#labels.set(token, label);
      }
      if (call === 'POST connection' && token !== undefined)
        this.connections.push({ label, token });
      if (await cut('after')) return void request.socket.destroy();
      response.writeHead(status, { 'content-type': type }).end(text);
    } catch {
      request.socket.destroy();
    }
  }
}

/** A WebSocket, byte for byte. */
const handOver = (target: string, request: IncomingMessage, socket: Duplex): void => {
  const { hostname, port } = new URL(target);
  const onward = connect(Number(port), hostname);
  const { rawHeaders } = request;
  const lines = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${rawHeaders[i + 1]}`]));
  onward.write([`GET ${request.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  const end = (): void => {
    socket.destroy();
    onward.destroy();
  };
  for (const side of [socket, onward]) side.on('error', end).on('close', end);
  socket.pipe(onward).pipe(socket);
};

/** What the daemon tells of itself, for as long as both sides are there. */
const passOn = (target: string, request: IncomingMessage, response: ServerResponse): void => {
  const { host: _host, ...headers } = request.headers;
  const onward = ask(`${target}${request.url}`, { headers, agent: false });
  const end = (): void => void request.socket.destroy();
  onward.on('error', end).on('response', (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.on('error', end).on('close', end).pipe(response);
  });
  response.on('close', () => onward.destroy());
  onward.end();
};

const forwarded = (
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; text: string; type: string }> =>
  new Promise((resolve, reject) => {
    const { host: _host, ...rest } = headers;
    const onward = ask(`${target}${url}`, { method: method!, headers: rest, agent: false });
    onward.on('error', reject);
    onward.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      const type = answer.headers['content-type'] ?? 'text/plain';
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode!, text, type }));
    });
    onward.end(body);
  });
