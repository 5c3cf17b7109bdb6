/** Remembering the requests that were answered, so that a retry finds its answer, and forgetting them. */

import type { Commit } from '../events/commit.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { clearDeadline, made, setDeadline } from './changes.ts';
import type { Graph } from './graph.ts';
import { requestId } from './indexes/requests.ts';
import type { RequestLimits } from './indexes/requests.ts';

/** How long the answer to a request with an idempotency key is remembered, ms. */
export const requestMemory = 24 * 3600 * 1000;
/** For so long it is, however many come after it, ms: nobody retries later than that. */
export const requestMemoryMin = 10 * 60 * 1000;

/** A request that is remembered gives way to a new one, unless it is young: it may be retried yet. */
export const refusedForRoom = (
  { indexes: { requests, deadlines } }: Graph,
  actor: string,
  at: number,
  { each, inAll }: RequestLimits,
): Refused | null => {
  const isFull = requests.count(actor) >= each;
  if (!isFull && deadlines.count('request-expiry') < inAll) return null;
  const oldest = isFull ? requests.oldest(actor)! : deadlines.next('request-expiry')!;
  const wait = oldest.at - requestMemory + requestMemoryMin - at;
  if (wait <= 0) return null;
  return reject(
    'too-many-keys',
    `${isFull ? `${each} idempotency keys of ${actor}` : `${inAll} idempotency keys in all`} are remembered, ` +
      `and none is older than ${requestMemoryMin / 60_000} minutes; try again later, or send no key`,
    { retryAfter: Math.ceil(wait / 1000) },
  );
};

/**
 * Records that a commit answered a request. Where there is no room the oldest one gives way, whatever its age: of
 * the same actor, or of all.
 */
export const rememberRequest = (
  graph: Graph,
  { request, actor, at, revision }: Commit,
  { each, inAll }: RequestLimits,
): void => {
  if (!request) return;
  const { requests, deadlines } = graph.indexes;
  while (requests.count(actor) >= each) forgetRequest(graph, requests.oldest(actor)!.subject);
  while (deadlines.count('request-expiry') >= inAll)
    forgetRequest(graph, deadlines.next('request-expiry')!.subject);
  const id = requestId(actor, request.key);
  const position = { revision, at };
  graph.put('request', { id, fingerprint: request.fingerprint, ...made(position) });
  setDeadline(graph, 'request-expiry', id, at + requestMemory, position);
};

export const forgetRequest = (graph: Graph, id: string): void => {
  graph.remove('request', id);
  clearDeadline(graph, 'request-expiry', id);
};
