/** How a read finds its graph: now or in the past, and never one that could still vanish. */

import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { TProperties } from 'typebox';
import { revision } from '../core/events/commit.ts';
import type { Moment, GraphAt } from '../station/archive.ts';
import type { Station } from '../station/station.ts';
import { ApiError } from './errors.ts';

export const atParameter = {
  at: Type.Optional(
    Type.String({
      description:
        'The cluster as it was: a revision, a time in ms since the epoch (13 digits) or an ISO 8601 time.',
      examples: ['1742', '2026-11-21T10:00:00Z'],
    }),
  ),
};

export const readQuery = <P extends TProperties>(properties: P) =>
  Type.Object({ ...properties, ...atParameter });

/** Revisions stay below this for a while; times passed it in 1970. */
const smallestTime = 1_000_000_000_000;

const momentOf = (text: string): Moment => {
  if (/^\d{1,15}$/.test(text)) {
    const value = Number(text);
    return value < smallestTime ? { revision: revision(value) } : { time: value };
  }
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new ApiError('invalid-request', `at=${text} is neither a revision nor a time`, { field: 'at' });
  return { time };
};

/**
 * Reads from the graph that a request asks for.
 *
 * The view is made at once; it is given out when everything it may show is durable.
 */
export const read = async <T>(
  station: Station,
  reply: FastifyReply,
  at: string | undefined,
  view: (moment: GraphAt) => T,
): Promise<T> => {
  const { graph, head, at: time } = station;
  const moment = at === undefined ? { graph, head, at: time } : await station.past(momentOf(at));
  const made = view(moment);
  await station.settled();
  reply.header('halcyon-revision', moment.head);
  return made;
};

export const pageParameters = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Default 1000.' })),
  cursor: Type.Optional(Type.String({ maxLength: 512, description: '`next` of the page before.' })),
};

/** One page of rows that come sorted by their key. */
export const pageOf = <R, T>(
  rows: readonly R[],
  keyOf: (row: R) => string,
  view: (row: R) => T,
  { limit = 1000, cursor }: { limit?: number; cursor?: string },
): { items: T[]; next: string | null } => {
  const first = cursor === undefined ? 0 : rows.findIndex((row) => keyOf(row) === cursor) + 1;
  const items = rows.slice(first, first + limit);
  const more = first + items.length < rows.length;
  return { items: items.map(view), next: more ? keyOf(items.at(-1)!) : null };
};
