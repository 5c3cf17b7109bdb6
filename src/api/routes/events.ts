/** The log: pages, a live stream, and why things are as they are. */

import type { FastifyRequest } from 'fastify';
import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/events.ts';
import type { EventPage, EventReply } from '../../contract/events.ts';
import type { Commit } from '../../core/events/commit.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Turn } from '../../station/fair-use/turns.ts';
import { explain, findResource, isKind } from '../../station/queries/why.ts';
import type { LogIndex, Stretch } from '../../station/replica/log-index.ts';
import type { Station } from '../../station/station.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import type { EventStreams } from '../event-streams.ts';
import { read } from '../reads.ts';
import { machinesToldOf, machinesWith, placesOf, seesEvent } from '../sight.ts';
import { eventViews } from '../views/events.ts';
import { resourceForMembers } from '../views/resources.ts';

type EventsQuery = QueryOf<typeof contract.listEvents>;

/** How far one page looks for events of a rare type before it answers with what it has. */
const commitsPerPage = 100_000;

const typesIn = ({ type }: EventsQuery): ReadonlySet<string> | null =>
  type === undefined ? null : new Set(Array.isArray(type) ? type : [type]);

/** Where a stream goes on: after the event that the reader saw last. */
const lastSeen = (
  request: FastifyRequest,
  { from = 0 }: EventsQuery,
): { after: Revision; skip: number } => {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return { after: revision(from), skip: 0 };
  const match = /^([1-9]\d{0,14})\.(\d{1,6})$/.exec(String(header));
  if (!match)
    throw new ApiError(
      'invalid-request',
      'Last-Event-ID must be the id of an event, for example 42.0',
      {
        field: 'last-event-id',
      },
    );
  return { after: revision(Number(match[1]) - 1), skip: Number(match[2]) + 1 };
};

export const eventHandlers = (
  station: Station,
  streams: EventStreams,
): Handlers<typeof contract> => ({
  listEvents: (request, reply) => {
    const types = typesIn(request.query);
    if (request.headers.accept?.includes('text/event-stream')) {
      const credential = request.credential!;
      const places = placesOf(station, credential);
      const shows = showsTo(station, request);
      streams.open(reply, {
        ...lastSeen(request, request.query),
        types,
        name: principalOf(request),
        isAllowed: () =>
          station.access.accepts(credential) && placesOf(station, credential) === places,
        ...(shows ? { shows } : {}),
      });
      return reply;
    }
    return station.longReads.run(askerOf(reply), (turn) =>
      pageOfEvents(station, request, types, turn),
    );
  },

  why: async (request, reply) => {
    const { kind } = request.query;
    if (kind !== undefined && !isKind(kind))
      throw new ApiError('invalid-request', `there is no kind ${kind}`, { field: 'kind' });
    const shows = showsTo(station, request);
    const found = await read(station, reply, undefined, ({ graph, head }) => {
      const one = findResource(graph, request.params.id, kind);
      if (!one || !shows) return one && { ...one, shown: { ...one.row } };
      const isTold = shows(machinesWith(graph, one), head);
      return isTold ? { ...one, shown: resourceForMembers(graph, one) } : undefined;
    });
    if (!found) throw new ApiError('not-found', `nothing is called ${request.params.id}`);
    const steps = await station.longReads.run(askerOf(reply), (turn) =>
      explain(station.log, station.index, found, turn),
    );
    const told = steps.map(({ commit, events }) => ({
      revision: commit.revision,
      at: commit.at,
      actor: commit.actor,
      command: commit.command,
      correlation: commit.correlation,
      events: eventViews(
        commit,
        events.filter((i) => isShown(station, shows, commit, i)),
      ),
    }));
    return {
      id: found.key,
      kind: found.kind,
      resource: found.shown as Record<string, unknown>,
      steps: told.filter(({ events }) => events.length > 0),
    };
  },
});

/** What of events about machines whoever asks is told; undefined: all. */
type Shows = ((machines: readonly string[], at: Revision) => boolean) | undefined;

const showsTo = (station: Station, request: FastifyRequest): Shows => {
  const credential = request.credential!;
  return isMember(request)
    ? (machines, at) => seesEvent(station.graph, credential, machines, at)
    : undefined;
};

const isShown = ({ graph }: Station, shows: Shows, commit: Commit, index: number): boolean =>
  !shows || shows(machinesToldOf(graph, commit.events[index]!), commit.revision);

/** Where events of some types are; without types everywhere. */
const whereToLook = (
  index: LogIndex,
  types: ReadonlySet<string> | null,
  after: Revision,
  to: Revision,
): Iterable<Stretch> | AsyncIterable<Stretch> =>
  types
    ? index.stretches(
        Array.from(types, (type) => `type ${type}` as const),
        after,
        to,
      )
    : [{ after, to }];

const pageOfEvents = async (
  station: Station,
  request: FastifyRequest,
  types: ReadonlySet<string> | null,
  turn: Turn,
): Promise<EventPage> => {
  const { from = 0, limit = 1000 } = request.query as EventsQuery;
  const shows = showsTo(station, request);
  const { log, index } = station;
  const after = revision(from);
  const to = log.head();
  const events: EventReply[] = [];
  let looked = 0;
  const look = async (): Promise<Revision> => {
    for await (const stretch of whereToLook(index, types, after, to))
      for await (const commit of log.read(stretch.after, stretch.to)) {
        looked += 1;
        for (const [i, event] of eventViews(commit).entries())
          if ((!types || types.has(event.type)) && isShown(station, shows, commit, i))
            events.push(event);
        if (events.length >= limit || looked === commitsPerPage) return commit.revision;
        if (turn.isOver) await turn.next();
      }
    return to;
  };
  const last = await look();
  const head = log.head();
  return { revision: head, events, next: last < head ? last : null };
};
