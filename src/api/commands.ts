/**
 * How a request becomes a command: idempotency, preconditions, dry runs and refusals are the same
 * for all.
 */

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Done, DryRun } from '../contract/outcome.ts';
import type { RenderedAhead } from '../core/allocation/renderings.ts';
import type { Command } from '../core/commands/index.ts';
import type { EventRecord, RequestIdentity } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import { requestId } from '../core/graph/indexes/requests.ts';
import type { Rejection } from '../core/values/rejection.ts';
import { revision } from '../core/values/revision.ts';
import type { Revision } from '../core/values/revision.ts';
import type { Sender } from '../station/access/sender.ts';
import type { MakeReply } from '../station/result.ts';
import type { Station } from '../station/station.ts';
import { principalOf } from './asker.ts';
import { isMember } from './auth.ts';
import { ApiError } from './errors.ts';
import { machinesOf, plannedFor } from './sight.ts';
import { shownData } from './views/events.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Doing it twice is doing it once: no key is kept for it. */
    idempotent?: true;
  }
}

const identityOf = (request: FastifyRequest): RequestIdentity | undefined => {
  if (request.routeOptions.config.idempotent) return undefined;
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return undefined;
  const asked = `${request.method} ${request.url} ${JSON.stringify(request.body ?? null)}`;
  return { key, fingerprint: hash('sha256', asked).slice(0, 32) };
};

/** Whether a request was answered before: what has changed since is nothing to it. */
export const isRepeated = ({ graph }: Station, request: FastifyRequest): boolean => {
  const identity = identityOf(request);
  return (
    identity !== undefined &&
    graph.get('request', requestId(principalOf(request), identity.key)) !== undefined
  );
};

const expectedOf = (request: FastifyRequest): Revision | undefined => {
  const given = request.headers['if-match'];
  if (given === undefined) return undefined;
  const match = /^"?(\d{1,15})"?$/.exec(given);
  if (!match)
    throw new ApiError('invalid-request', 'If-Match must be a revision, for example "42"', {
      field: 'if-match',
    });
  return revision(Number(match[1]));
};

export const senderOf = (request: FastifyRequest): Sender => ({
  actor: principalOf(request),
  correlation: request.id,
  request: identityOf(request),
  expected: expectedOf(request),
});

export const refusal = ({ code, message, source, subject, retryAfter }: Rejection): ApiError =>
  new ApiError(code, message, {
    ...(subject === undefined ? {} : { field: subject }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(source ? { errors: [{ ...source, column: 1, path: subject ?? '', message }] } : {}),
  });

/** How many confds there are elsewhere is nothing for members. */
const toldTo = (request: FastifyRequest, rejection: Rejection): Rejection =>
  isMember(request) && rejection.code === 'quorum-lost'
    ? { ...rejection, message: 'quorum would be lost' }
    : rejection;

export const isDryRun = (request: FastifyRequest): boolean =>
  (request.query as { dry_run?: boolean }).dry_run === true;

/**
 * Answers what a command would do.
 *
 * @param look shown the events, the graph as it is, and as the command would leave it, in that order
 */
export const dryRun = async (
  station: Station,
  request: FastifyRequest,
  command: Command,
  look: {
    after?: (graph: Graph) => void;
    before?: (graph: Graph, events: EventRecord[]) => void;
  } = {},
  ahead?: RenderedAhead,
): Promise<DryRun> => {
  const who = isMember(request) ? request.credential : undefined;
  let machines: ReturnType<typeof machinesOf>[] = [];
  const result = station.dryRun(command, { ...senderOf(request), ahead }, (graph, events) => {
    look.after?.(graph);
    if (who) machines = events.map((event) => machinesOf(graph, event));
  });
  const { graph, head } = station;
  if (result.ok) look.before?.(graph, result.events);
  // Whose the machines are is asked of the graph that decided: they may change hands during the wait.
  const shown = result.ok && who ? plannedFor(graph, who, result.events, machines) : [];
  await station.settled();
  if (!result.ok) throw refusal(toldTo(request, result.rejection));
  const events = (who ? shown : result.events).map((event) => ({
    type: event.type,
    data: shownData(event),
    rule: event.rule ?? null,
  }));
  return { dry_run: true, revision: head, events };
};

/**
 * Runs a command for a request and answers it.
 *
 * @param makeReply body of the answer, from the graph as the command left it, its commit and its
 *   revision
 * @param ahead what of it is rendered already
 * @param created status 201 instead of 200 where something changed
 */
export const run = async <T>(
  station: Station,
  request: FastifyRequest,
  reply: FastifyReply,
  command: Command,
  makeReply: (...args: [...Parameters<MakeReply<T>>, Revision]) => T,
  created = false,
  ahead?: RenderedAhead,
): Promise<T | DryRun> => {
  if (isDryRun(request)) return dryRun(station, request, command);
  const sender = { ...senderOf(request), ahead };
  const result = await station.submit(command, sender, (graph, commit) =>
    makeReply(graph, commit, commit?.revision ?? station.head),
  );
  if (!result.ok) throw refusal(toldTo(request, result.rejection));
  reply.header('halcyon-revision', result.revision);
  if (created && result.changed) reply.code(201);
  return result.reply;
};

/** The answer to a command that has nothing else to tell than whether it changed something. */
export const done = (_graph: Graph, commit: unknown, revision: Revision): Done => ({
  revision,
  changed: commit !== null,
});
