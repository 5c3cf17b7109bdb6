/** `fetch` that trusts authorities of its own choice, in Node.js: the global one takes none. */

type Fetch = typeof globalThis.fetch;

/**
 * A `fetch` for the requests of this client: a URL as text, a text as body, no redirects.
 *
 * @param ca PEM certificates of the authorities to trust instead of the well-known ones
 */
export const trustingFetch =
  (ca: string): Fetch =>
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
      ca,
    });
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
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
