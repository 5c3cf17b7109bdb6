/** How far long work is. A request only records what is wanted; progress has a URL. */

import type { FastifyRequest } from 'fastify';
import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/operations.ts';
import type { OperationItem } from '../../contract/operations.ts';
import type { Commit } from '../../core/events/commit.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import { revision } from '../../core/values/revision.ts';
import { listOperations } from '../../station/queries/operation-list.ts';
import type { ListedOperation, Sought } from '../../station/queries/operation-list.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';
import { machinesOf, seesEvent } from '../sight.ts';

const unknown = (id: number): ApiError => new ApiError('not-found', `there is no operation ${id}`);

export const operationHandlers = (
  station: Station,
  actions: Actions,
): Handlers<typeof contract> => ({
  operation: async (request, reply) => {
    const { id } = request.params;
    const mustBeSeen = async (): Promise<void> => {
      const at = revision(id);
      if (at > station.log.head()) throw unknown(id);
      if (!isMember(request)) return;
      for await (const commit of station.log.read(revision(id - 1), at))
        if (!isSeen(station, request, commit)) throw unknown(id);
    };
    await mustBeSeen();
    const operation = await actions.follow(request, reply, id);
    // A machine may have been lent to others while it was waited for.
    await mustBeSeen();
    return operation;
  },

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
      return { revision: head, items: operations.map(itemOf), next: next && String(next) };
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

const itemOf = ({ id, at, actor, operation }: ListedOperation): OperationItem => {
  const { kind, subject, state, stage, total, done } = operation;
  return { id, kind, subject, state, stage, total, done, at, actor };
};
