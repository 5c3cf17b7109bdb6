/** What the errors of the client mean: the same thing comes in several forms. */

import type { Endpoint } from './place.ts';
import { NoAnswerError } from './waits.ts';

/**
 * How a call ended that did not succeed.
 *
 * - `conflict`: the stream is not where it was expected; it has `actual` events;
 * - `absent`: there is no such stream, or it was deleted;
 * - `not-leader`: another server leads, and nothing was done;
 * - `too-large`: the servers take less;
 * - `refused`: nothing was done, and nothing will be;
 * - `not-now`: nothing was done, which may be otherwise soon;
 * - `unknown`: it may have been done, or come late.
 */
export type Failure =
  | { readonly kind: 'conflict'; readonly actual: number }
  | { readonly kind: 'not-leader'; readonly leader: Endpoint | undefined }
  | { readonly kind: 'too-large'; readonly max: number }
  | { readonly kind: 'absent' | 'refused' | 'not-now' | 'unknown' };

interface ClientError extends Error {
  readonly type?: string;
  readonly code?: number;
  readonly details?: string;
  readonly leader?: Endpoint;
  readonly actualState?: bigint | 'no_stream';
  readonly maxAppendSize?: number;
}

/** Said where the request never left this machine, or met a server that does nothing yet. */
const neverDone = new RegExp(
  [
    ...['No connection established', 'Name resolution failed', 'Failed to discover'],
    ...['Server Is Not Ready', 'Server Is (Too )?Busy', 'No leader info available'],
  ].join('|'),
);

const refusals = new Set(['access-denied', 'invalid-argument', 'invalid-transaction']);

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error) || error instanceof NoAnswerError) return { kind: 'unknown' };
  const { type, actualState, leader, maxAppendSize, message, details = '' } = error as ClientError;
  switch (type) {
    case 'wrong-expected-version':
      return {
        kind: 'conflict',
        actual: typeof actualState === 'bigint' ? Number(actualState) + 1 : 0,
      };
    case 'not-leader':
      return { kind: 'not-leader', leader };
    case 'maximum-append-size-exceeded':
      return { kind: 'too-large', max: maxAppendSize ?? 0 };
    case 'stream-not-found':
    case 'stream-deleted':
    case 'stream-tombstoned':
      return { kind: 'absent' };
    default:
  }
  if (type !== undefined && refusals.has(type)) return { kind: 'refused' };
  return { kind: neverDone.test(`${message} ${details}`) ? 'not-now' : 'unknown' };
}

/** What an error of the client says, in words for people; some have none of their own. */
export function wordsOf(error: unknown): string {
  const { message, type } = error as ClientError;
  if (type === 'access-denied')
    return 'the servers refuse the user (see KURRENTDB_USER), or its rights do not suffice';
  const words = message
    .replaceAll(/^\d+ [A-Z_]+: /g, '')
    .replaceAll(/\s*Resolution note:.*$/gs, '')
    .replaceAll(/^Could not recognize /g, '');
  const saysNothing = words === '' || words === 'UnavailableError';
  // Of one whose certificate it does not believe the client says no more than of one that is not there.
  if (/^Failed to discover/.test(words) || (saysNothing && type === 'unavailable'))
    return (
      'no server can be reached; with TLS, none whose certificate is of an authority that is not trusted ' +
      '(see tlsCAFile)'
    );
  if (!saysNothing) return words;
  return type === undefined ? 'the servers failed without a reason' : `the servers: ${type}`;
}
