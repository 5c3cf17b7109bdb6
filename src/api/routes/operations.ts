/** How far long work is. A request only records what is wanted; progress has a URL. */

import type { FastifyRequest } from 'fastify';
import type * as contract from '../../contract/operations.ts';
import { revision } from '../../core/values/revision.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';
import { machinesOf, seesEvent } from '../sight.ts';

export const operationHandlers = (
  station: Station,
  actions: Actions,
): Handlers<typeof contract> => ({
  operation: async (request, reply) => {
    const { id } = request.params;
    const mustBeSeen = async (): Promise<void> => {
      if (id > station.log.head() || (isMember(request) && !(await isSeen(station, request, id))))
        throw new ApiError('not-found', `there is no operation ${id}`);
    };
    await mustBeSeen();
    const operation = await actions.follow(request, reply, id);
    // A machine may have been lent to others while it was waited for.
    await mustBeSeen();
    return operation;
  },
});

/**
 * Whether an operation is about machines of a member and nothing else, or was its own and is about what has gone since.
 */
const isSeen = async (station: Station, request: FastifyRequest, id: number): Promise<boolean> => {
  const { graph, log } = station;
  for await (const { events, actor, revision: at } of log.read(revision(id - 1), revision(id))) {
    if (events.some(({ type }) => type.startsWith('Cluster'))) return false;
    const abouts = events.map((event) => machinesOf(graph, event));
    const machines = abouts.flatMap((known) => known ?? []);
    const isOwn = actor === principalOf(request);
    if (machines.length === 0) return isOwn;
    // What has gone may have been another's.
    const isKnown = abouts.every((known) => known !== undefined);
    return (isKnown || isOwn) && seesEvent(graph, request.credential!, machines, at);
  }
  return false;
};
