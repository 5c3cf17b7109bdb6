/** How far long work is. A request only records what is wanted; progress has a URL. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/operations.ts';
import type { Operation } from '../../contract/operations.ts';
import type { DryRun } from '../../contract/outcome.ts';
import type { Command } from '../../core/commands/index.ts';
import type { Commit } from '../../core/events/commit.ts';
import { asksForLongWork } from '../../core/commands/long-work.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import { orderId } from '../../core/graph/rows/obms.ts';
import { procedureId } from '../../core/graph/rows/procedures.ts';
import { allows } from '../../core/rights/rights.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import { revision } from '../../core/values/revision.ts';
import { listOperations } from '../../station/queries/operation-list.ts';
import type { Sought } from '../../station/queries/operation-list.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import { run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';
import { keepAliveMs } from '../event-streams.ts';
import { isMessageId } from '../operation-streams.ts';
import type { OperationStreams } from '../operation-streams.ts';
import { machinesOf, seesEvent } from '../sight.ts';
import { operationItem } from '../views/operations.ts';

const unknown = (id: number): ApiError => new ApiError('not-found', `there is no operation ${id}`);

/** Id of the message that a reader of a stream saw last. */
const lastSeen = ({ headers }: FastifyRequest): string | null => {
  const id = headers['last-event-id'];
  if (id === undefined || id === '') return null;
  if (typeof id === 'string' && isMessageId(id)) return id;
  throw new ApiError('invalid-request', 'Last-Event-ID must be the id of a message of the stream', {
    field: 'last-event-id',
  });
};

/**
 * Whether somebody sees an operation, now and later.
 *
 * @throws {ApiError} there is none, or none for him
 */
const sightOf = async (
  station: Station,
  request: FastifyRequest,
  id: number,
): Promise<() => boolean> => {
  if (id > station.log.head()) throw unknown(id);
  if (!isMember(request)) return () => true;
  const commit = await commitOf(station, id);
  const isVisible = (): boolean => isSeen(station, request, commit);
  if (isVisible()) return isVisible;
  throw unknown(id);
};

/** @throws {ApiError} there is none */
const commitOf = async ({ log }: Station, id: number): Promise<Commit> => {
  if (id <= log.head())
    for await (const commit of log.read(revision(id - 1), revision(id))) return commit;
  throw unknown(id);
};

/** Takes back what was ordered, and answers how the operation is then. */
const cancel = async (
  station: Station,
  actions: Actions,
  request: FastifyRequest & { readonly params: { readonly id: number } },
  reply: FastifyReply,
): Promise<Operation | DryRun> => {
  const { id } = request.params;
  const commit = await commitOf(station, id);
  if (isMember(request) && !isSeen(station, request, commit)) throw unknown(id);
  const command = cancelling(station, request, commit);
  const done = await run(station, request, reply, command, () => null);
  if (done !== null) return done;
  return actions.follow(request, reply, id);
};

/** @throws {ApiError} it cannot be taken back, or not by whoever asks */
const cancelling = (station: Station, request: FastifyRequest, commit: Commit): Command => {
  const { revision: id } = commit;
  const by = principalOf(request);
  if (eventsOfType(commit, 'CampaignOrdered').length > 0) {
    mustOwn(station, request, commit);
    return { type: 'CancelCampaign', ordered: id, by };
  }
  const [ordered] = eventsOfType(commit, 'ObmOrdered', 'ProcedureOrdered');
  if (!ordered || !asksForLongWork(commit))
    throw new ApiError(
      'not-cancellable',
      `the operation ${id} is not one of a machine; order the opposite of it`,
    );
  const { fqdn } = ordered.data;
  mustOperate(station, request, id, fqdn);
  return { type: 'CancelOrdered', ordered: id, fqdn, by };
};

/** Who ordered a campaign may stop it, and whoever may operate all machines. */
const mustOwn = (
  { graph }: Station,
  request: FastifyRequest,
  { actor, revision: id }: Commit,
): void => {
  if (actor === principalOf(request)) return;
  if (allows(graph, request.credential!, 'operate', { kind: 'cluster' }).allowed) return;
  throw new ApiError('forbidden', `the token may not stop the campaign ${id}, which is another's`);
};

/** Whoever may operate the machine by the name that it has now may take back what was ordered of it. */
const mustOperate = (
  { graph }: Station,
  request: FastifyRequest,
  id: number,
  then: string,
): void => {
  const at = revision(id);
  const procedure = graph.get('procedure', procedureId(at, then));
  const fqdn = (procedure ?? graph.get('order', orderId(at, then)))?.host ?? then;
  const who = request.credential!;
  if (allows(graph, who, 'operate', { kind: 'host', fqdn }).allowed) return;
  throw new ApiError('forbidden', `the token may not operate ${fqdn}`);
};

export const operationHandlers = (
  station: Station,
  actions: Actions,
  streams: OperationStreams,
): Handlers<typeof contract> => ({
  operation: async (request, reply) => {
    const { id } = request.params;
    const isVisible = await sightOf(station, request, id);
    if (request.headers.accept?.includes('text/event-stream')) {
      const credential = request.credential!;
      return streams.serve(reply, actions.watch(askerOf(reply), id, keepAliveMs), {
        name: principalOf(request),
        lastSeen: lastSeen(request),
        isAllowed: () => station.access.accepts(credential) && isVisible(),
      });
    }
    const operation = await actions.follow(request, reply, id);
    // A machine may have been lent to others while it was waited for.
    if (!isVisible()) throw unknown(id);
    return operation;
  },

  cancelOperation: (request, reply) => cancel(station, actions, request, reply),
  deleteOperation: (request, reply) => cancel(station, actions, request, reply),

  listOperations: (request, reply) =>
    station.longReads.run(askerOf(reply), async (turn) => {
      const { limit = 100, cursor } = request.query;
      const { head, index, log } = station;
      const before = revision(cursor === undefined ? log.head() + 1 : Number(cursor));
      const { operations, next } = await listOperations(
        { log, index, graph: () => station.graph },
        { before, limit, ...filtersOf(station, request) },
        turn,
      );
      await station.settled();
      return {
        revision: head,
        items: operations.map(({ id, operation }) => operationItem(id, operation)),
        next: next && String(next),
      };
    }),
});

/** Which operations somebody asks for, of those that he may see. */
const filtersOf = (
  station: Station,
  request: FastifyRequest & { readonly query: QueryOf<typeof contract.listOperations> },
): Pick<Sought, 'matches' | 'accepts'> => {
  const { kind, state, host, process, actor } = request.query;
  const fid = process === undefined ? undefined : parseFid(process);
  const isShown = (commit: Commit): boolean =>
    !isMember(request) || isSeen(station, request, commit);
  return {
    matches: (commit) =>
      (actor === undefined || commit.actor === actor) &&
      (fid === undefined || names(commit, fid!)) &&
      isShown(commit),
    // A machine may have been lent to others while it was looked at.
    accepts: (operation, commit) =>
      (kind === undefined || operation.kind === kind) &&
      (state === undefined || operation.state === state) &&
      (host === undefined || operation.subject === host || isAbout(station, commit, host)) &&
      isShown(commit),
  };
};

/** Whether a command was about a process. */
const names = ({ events }: Commit, fid: Fid): boolean =>
  events.some(({ cause, data }) => cause === undefined && (data as { fid?: Fid }).fid === fid);

const isAbout = ({ graph }: Station, { events }: Commit, host: string): boolean =>
  events.some((event) => machinesOf(graph, event)?.includes(host));

/**
 * Whether an operation is about machines of a member and nothing else, or was its own and is about what has gone since.
 */
const isSeen = (
  { graph }: Station,
  request: FastifyRequest,
  { events, actor, revision: at }: Commit,
): boolean => {
  if (events.some(({ type }) => type.startsWith('Cluster'))) return false;
  const abouts = events.map((event) => machinesOf(graph, event));
  const machines = abouts.flatMap((known) => known ?? []);
  const isOwn = actor === principalOf(request);
  if (machines.length === 0) return isOwn;
  // What has gone may have been another's.
  const isKnown = abouts.every((known) => known !== undefined);
  return (isKnown || isOwn) && seesEvent(graph, request.credential!, machines, at);
};
