/**
 * A `fetch` in Node.js that does what the global one cannot: it trusts authorities of one's own choice, and gives up
 * soon where nobody answers.
 */

import type { ClientRequest } from 'node:http';

type Fetch = typeof globalThis.fetch;

export interface NodeFetchOptions {
  /** PEM certificates of the authorities to trust instead of the well-known ones. */
  readonly ca?: string | undefined;
  /** Ms for an attempt to connect, before any TLS; default: as long as the system tries. */
  readonly connectMs?: number | undefined;
}

/** Whether this is Node.js; else it is a browser, in which the global one is all there is. */
export const isNode: boolean =
  (globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } }).process
    ?.versions?.node !== undefined;

/** A `fetch` for the requests of this client: a URL as text, a text as body, no redirects. */
export const nodeFetch =
  ({ ca, connectMs }: NodeFetchOptions): Fetch =>
  async (input, init = {}) => {
    // Only here, because the rest of the client runs in browsers too.
    const [https, http, { Readable }] = await Promise.all([
      import('node:https'),
      import('node:http'),
      import('node:stream'),
    ]);
    if (typeof input !== 'string') throw new TypeError('a URL is given as text');
    const { method = 'GET', headers, body, signal } = init;
    const request = (input.startsWith('https:') ? https : http).request(input, {
      method,
      headers: headers as Record<string, string>,
      ...(signal ? { signal } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    if (connectMs !== undefined) giveUpAfter(connectMs, request);
    request.on('error', reject);
    request.on('response', (message) => {
      const { statusCode = 0, rawHeaders } = message;
      const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, i): [string, string] => [
        rawHeaders[2 * i]!,
        rawHeaders[2 * i + 1]!,
      ]);
      // These may have no body, not even an empty one.
      const isBare = statusCode === 204 || statusCode === 304;
      if (isBare) message.resume();
      const content = isBare ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
      resolve(new Response(content, { status: statusCode, headers: pairs }));
    });
    request.end(body as string | undefined);
    return promise;
  };

/** Ends a request whose connection is not there in time. */
const giveUpAfter = (ms: number, request: ClientRequest): void => {
  const timer = setTimeout(() => {
    // As the global one calls it.
    const code = 'UND_ERR_CONNECT_TIMEOUT';
    request.destroy(Object.assign(new Error(`no connection within ${ms} ms`), { code }));
  }, ms);
  const cancel = (): void => clearTimeout(timer);
  request.on('close', cancel);
  request.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', cancel);
    else cancel();
  });
};
