/** What can go wrong between a client and a station. */

import type { ProblemDetails } from './types.ts';

/** The station answered, and its answer is no. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** RFC 9457; made up by the client where the answer was not of Halcyon's making. */
  readonly problem: ProblemDetails;
  /** HTTP status. */
  readonly status: number;
  /** Stable code of the error, for example `unknown-host`. */
  readonly code: string;
  /** Ms after which the station wants to be asked again; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: ProblemDetails, retryAfterMs?: number) {
    super(problem.detail === '' ? problem.title : problem.detail);
    this.problem = problem;
    this.status = problem.status;
    this.code = problem.code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** One station that did not answer, and why. */
export interface Attempt {
  readonly url: string;
  readonly cause: string;
}

/**
 * No station answered. What was asked may have happened all the same; repeating it under the same
 * key is safe.
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly attempts: readonly Attempt[];
  /** What to do about it. */
  readonly advice: string;

  constructor(attempts: readonly Attempt[]) {
    super(attempts.map(({ url, cause }) => `cannot reach ${url}: ${cause}`).join('; '));
    this.attempts = attempts;
    this.advice = adviceFor(attempts);
  }
}

const adviceFor = (attempts: readonly Attempt[]): string => {
  const says = (pattern: RegExp): boolean => attempts.some(({ cause }) => pattern.test(cause));
  if (says(/certificate|TLS/))
    return (
      "Check the station's certificate, and that its name is the one in the URL. " +
      'Where an authority of your own has signed it, trust that: --ca FILE.'
    );
  if (says(/not known/)) return 'Check the name of the station in the URL.';
  if (says(/refused/))
    return 'Check that the station is running and listens on that address and port.';
  return 'Check that the station is running and that this machine can reach it.';
};

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name is not known at the moment',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ETIMEDOUT: 'no answer to the attempt to connect',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the attempt to connect',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is signed by an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: use http:// or another port',
};

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** Failures to connect, after which nobody can have got the request. */
const beforeSending: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The error at the bottom, which tells what happened. */
const innermostOf = (error: unknown): unknown => {
  let innermost: unknown = error;
  for (let inner = field(error, 'cause'); inner !== undefined; inner = field(inner, 'cause'))
    innermost = inner;
  // A name with several addresses fails with all their errors; the first tells enough.
  const several = field(innermost, 'errors');
  return Array.isArray(several) && several.length > 0 ? (several[0] as unknown) : innermost;
};

/** Whether the request certainly did not reach anybody. */
export const wasNeverSent = (error: unknown): boolean =>
  beforeSending.has(field(innermostOf(error), 'code'));

/** Why a connection failed, in a few words. */
export const causeOf = (error: unknown): string => {
  const innermost = innermostOf(error);
  const code = field(innermost, 'code');
  const known = typeof code === 'string' ? words[code] : undefined;
  if (known !== undefined) return known;
  const message = field(innermost, 'message');
  return typeof message === 'string' && message !== '' ? message : 'the connection failed';
};
