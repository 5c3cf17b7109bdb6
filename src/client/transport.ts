/** Requests to whichever of the stations answers. */

import { ApiError, causeOf, UnreachableError, wasNeverSent } from './errors.ts';
import type { Attempt } from './errors.ts';
import { isNode, nodeFetch } from './node-fetch.ts';
import { nothingDone, Patience, pause, retryAfterIn } from './patience.ts';
import type { PatienceOptions } from './patience.ts';
import type { ProblemDetails } from './types.ts';

export interface ClientOptions extends PatienceOptions {
  /** Base URL of the station, or of several of one cluster, in order of preference. */
  readonly station: string | readonly string[];
  /** Bearer token. */
  readonly token?: string | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * PEM certificates of the authorities to trust instead of the well-known ones, for a station whose
   * certificate is of your own making. In Node.js only.
   */
  readonly ca?: string | undefined;
  /**
   * Ms to wait for an answer of one station; default 30,000. A stream is waited for only until it
   * begins.
   */
  readonly timeoutMs?: number | undefined;
  /** What to call oneself towards the station. */
  readonly userAgent?: string | undefined;
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Beneath the base URL, for example `/api/v1/status`. */
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /**
   * Whether asking a second station is harmless when the first may have got the request, and asking
   * a busy one again; default true.
   */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Stream {
  readonly headers: Headers;
  /** Ends by an error when the connection breaks. */
  readonly body: ReadableStream<Uint8Array>;
}

export interface Transport {
  /** The whole answer. Throws `ApiError` (unless it is 304) and `UnreachableError`. */
  send(request: Request): Promise<Answer>;
  /** The beginning of an answer. Throws `ApiError` and `UnreachableError`. */
  open(request: Request): Promise<Stream>;
}

const defaultTimeoutMs = 30_000;
/** For a connection to one of several stations, ms: the system has asked twice by then. */
const connectMs = 2_000;

/** Checks base URLs. Throws a `TypeError` that says what is wrong with one. */
export const stationUrls = (station: string | readonly string[]): readonly string[] => {
  const urls = typeof station === 'string' ? [station] : station;
  if (urls.length === 0) throw new TypeError('no station is given');
  return urls.map((text) => {
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol) || url.host === '')
      throw new TypeError(
        `a station is given by a URL such as https://station.example:7400, not by "${text}"`,
      );
    // Not repeated in the message: it may hold a password.
    if (url.username !== '' || url.password !== '')
      throw new TypeError("a station's URL holds no user name or password; use a token");
    if (url.search !== '' || url.hash !== '')
      throw new TypeError(`a station's URL ends with its path: "${text}"`);
    return url.href.replace(/\/+$/, '');
  });
};

const searchOf = (query: Query): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
};

const isProblem = (value: unknown): value is ProblemDetails => {
  const problem = value as Partial<ProblemDetails> | null;
  return (
    typeof problem === 'object' &&
    typeof problem?.code === 'string' &&
    typeof problem.detail === 'string'
  );
};

/** The error in an answer that is none of Halcyon's: a proxy's, or another program's. */
const foreign = (status: number, url: string, retryAfterMs?: number): ApiError =>
  new ApiError(
    {
      type: 'about:blank',
      title: 'Unexpected answer',
      status,
      code: 'unexpected-answer',
      detail: `${url} answered ${status} with something that no Halcyon station says; is the URL right?`,
    },
    retryAfterMs,
  );

/** The error that an answer tells of. */
const errorIn = ({ status, headers }: Response, text: string, url: string): ApiError => {
  const retryAfterMs = retryAfterIn(headers.get('retry-after'), Date.now());
  try {
    const problem: unknown = JSON.parse(text);
    if (isProblem(problem)) return new ApiError({ ...problem, status }, retryAfterMs);
  } catch {
    // Not JSON: not Halcyon's.
  }
  return foreign(status, url, retryAfterMs);
};

const hasDoneNothing = (error: unknown): boolean =>
  error instanceof ApiError && nothingDone.has(error.code);

/** Says of each station what came of asking it. */
const withAttempts = (error: ApiError, attempts: readonly Attempt[]): ApiError => {
  if (attempts.length < 2) return error;
  const asked = attempts.map(({ url, cause }) => `${url}: ${cause}`).join('; ');
  const { problem, message, retryAfterMs } = error;
  return new ApiError({ ...problem, detail: `${message} (${asked})` }, retryAfterMs);
};

/** Where there is another station to be asked, a machine that is off is not waited for as if there were none. */
const fetchFor = (ca: string | undefined, stations: number): typeof globalThis.fetch => {
  const hasOthers = isNode && stations > 1;
  if (ca === undefined && !hasOthers) return globalThis.fetch;
  return nodeFetch({ ca, connectMs: hasOthers ? connectMs : undefined });
};

/** Requests to the given stations, the one that answered last first. */
export const createTransport = (options: ClientOptions): Transport => {
  const urls = stationUrls(options.station);
  const fetch = options.fetch ?? fetchFor(options.ca, urls.length);
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  let preferred = 0;

  const headersOf = (request: Request): Record<string, string> => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
    if (options.userAgent !== undefined) headers['user-agent'] = options.userAgent;
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    for (const [name, value] of Object.entries(request.headers ?? {}))
      if (value !== undefined) headers[name] = value;
    return headers;
  };

  /** Asks one station after another until one answers. */
  const attempt = async <T>(
    request: Request,
    read: (response: Response, url: string) => Promise<T>,
  ): Promise<T> => {
    const attempts: Attempt[] = [];
    let refused: ApiError | undefined;
    const { method, path, query = {}, body, repeatable = true, signal } = request;
    for (let tried = 0; tried < urls.length; tried++) {
      const index = (preferred + tried) % urls.length;
      const base = urls[index] ?? '';
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        const response = await fetch(`${base}${path}${searchOf(query)}`, {
          method,
          headers: headersOf(request),
          redirect: 'error',
          signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const result = await read(response, base);
        preferred = index;
        return result;
      } catch (error) {
        if (error instanceof ApiError) {
          const { code } = error;
          // What nobody knows is asked of another one, by the same key.
          if (code === 'outcome-unknown') preferred = (index + 1) % urls.length;
          if (!nothingDone.has(code)) throw error;
          attempts.push({ url: base, cause: 'it does not lead' });
          refused = error;
          continue;
        }
        signal?.throwIfAborted();
        const cause = late.signal.aborted
          ? `no answer within ${timeoutMs / 1000} s`
          : causeOf(error);
        attempts.push({ url: base, cause });
        if (!repeatable && !wasNeverSent(error)) break;
      } finally {
        clearTimeout(timer);
      }
    }
    throw refused ? withAttempts(refused, attempts) : new UnreachableError(attempts);
  };

  /** Asks again where the stations have too much to do. */
  const patiently = async <T>(
    request: Request,
    read: (response: Response, url: string) => Promise<T>,
  ): Promise<T> => {
    const patience = new Patience(options);
    for (;;)
      try {
        return await attempt(request, read);
      } catch (error) {
        const isHarmless = request.repeatable !== false || hasDoneNothing(error);
        const waitMs = isHarmless ? patience.after(error) : undefined;
        if (waitMs === undefined) throw error;
        await pause(waitMs, request.signal);
      }
  };

  return {
    send: (request) =>
      patiently(request, async (response, url) => {
        const text = await response.text();
        if (!response.ok && response.status !== 304) throw errorIn(response, text, url);
        return { status: response.status, headers: response.headers, text };
      }),
    open: (request) =>
      patiently(request, async (response, url) => {
        if (!response.ok) throw errorIn(response, await response.text(), url);
        if (response.body === null) throw foreign(response.status, url);
        return { headers: response.headers, body: response.body };
      }),
  };
};

/** The JSON of an answer; an `ApiError` where it is none. */
export const jsonOf = <T>({ status, text }: Answer): T => {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw foreign(status, 'the station');
  }
};
