/** A browser as far as the page's session needs one: cookies by name and folder, and what it says of where it is. */

import { request as ask } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from '../station/harness.ts';

export interface PageAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
}

export interface Send {
  readonly method?: string;
  readonly body?: unknown;
  /** In place of those of the page; undefined: not this one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly flags: readonly string[];
}

/** From an address up to its last slash (RFC 6265 §5.1.4). */
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

export class PageBrowser {
  #cookies: Cookie[] = [];

  get cookies(): readonly Cookie[] {
    return this.#cookies;
  }

  /** The cookies that go with a request: those of longer paths first, whatever the port. */
  cookieFor(address: string): string {
    const { pathname } = new URL(address);
    return this.#cookies
      .filter(({ path }) => isWithin(pathname, path))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** A page in this browser, which asks by addresses from the folder that it was loaded from. */
  page(loaded: string): (address: string, send?: Send) => Promise<PageAnswer> {
    return (address, { method = 'GET', body, headers = {} } = {}) => {
      const url = new URL(address, loaded).href;
      const said = {
        cookie: this.cookieFor(url) || undefined,
        'halcyon-page': '1',
        'sec-fetch-site': 'same-origin',
        ...(method === 'GET' ? {} : { origin: new URL(loaded).origin }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      };
      const known = Object.entries(said).filter(([, value]) => value !== undefined);
      return this.#send(url, method, Object.fromEntries(known) as Record<string, string>, body);
    };
  }

  async #send(
    url: string,
    method: string,
    headers: Record<string, string>,
    body: unknown,
  ): Promise<PageAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<PageAnswer>();
    const sent = ask(url, { method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.once('end', () => {
        for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line, url);
        const { statusCode: status = 0 } = answer;
        resolve({ status, headers: answer.headers, body: text === '' ? null : JSON.parse(text) });
      });
    });
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  #keep(line: string, url: string): void {
    const [pair = '', ...flags] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    const said = flags.find((flag) => flag.startsWith('Path='))?.slice('Path='.length);
    const path = said ?? folderOf(new URL(url).pathname);
    this.#cookies = this.#cookies.filter((one) => one.name !== name || one.path !== path);
    if (!flags.includes('Max-Age=0')) this.#cookies.push({ name, value, path, flags });
  }
}
