/** The log: pages, a live stream, and why things are as they are. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { EventPage, Why } from '../../contract/replies.ts';
import type { EventReply } from '../../contract/replies.ts';
import { strict } from '../../contract/values.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Turn } from '../../station/fair-use/turns.ts';
import { explain, findResource, isKind } from '../../station/queries/why.ts';
import type { LogIndex, Stretch } from '../../station/replica/log-index.ts';
import type { Station } from '../../station/station.ts';
import { askerOf, principalOf } from '../asker.ts';
import { ApiError } from '../errors.ts';
import type { EventStreams } from '../event-streams.ts';
import { inFormats } from '../openapi.ts';
import { read } from '../reads.ts';
import { eventViews } from '../views/events.ts';

const EventsQuery = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Events after this revision. Default 0.' }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'At least this many, whole commits. Default 1000.',
      }),
    ),
    type: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String())], {
        description: 'Only events of these types.',
      }),
    ),
  },
  strict,
);
type EventsQuery = Static<typeof EventsQuery>;

const WhyQuery = Type.Object(
  {
    kind: Type.Optional(
      Type.String({ description: 'Where a name could be of several kinds: host, role, …' }),
    ),
  },
  strict,
);

/** How far one page looks for events of a rare type before it answers with what it has. */
const commitsPerPage = 100_000;

const typesIn = ({ type }: EventsQuery): ReadonlySet<string> | null =>
  type === undefined ? null : new Set(Array.isArray(type) ? type : [type]);

/** Where a stream goes on: after the event that the reader saw last. */
const lastSeen = (
  request: FastifyRequest<{ Querystring: EventsQuery }>,
): { after: Revision; skip: number } => {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '')
    return { after: revision(request.query.from ?? 0), skip: 0 };
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

export const eventRoutes = (
  app: FastifyInstance,
  station: Station,
  streams: EventStreams,
): void => {
  app.get<{ Querystring: EventsQuery }>(
    '/events',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Events of the log',
        description:
          'A page as JSON; with `Accept: text/event-stream` a live stream (SSE) that resumes after `Last-Event-ID`.',
        tags: ['events'],
        querystring: EventsQuery,
        response: {
          200: inFormats({
            'application/json': EventPage,
            'text/event-stream': Type.String({
              description:
                'Messages with `id`, `event` (the type) and `data` (an event, as in a page).',
            }),
          }),
        },
      },
    },
    (request, reply) => {
      const types = typesIn(request.query);
      if (request.headers.accept?.includes('text/event-stream')) {
        const credential = request.credential!;
        streams.open(reply, {
          ...lastSeen(request),
          types,
          name: principalOf(request),
          isAllowed: () => station.access.accepts(credential),
        });
        return reply;
      }
      return station.longReads.run(askerOf(reply), (turn) =>
        pageOfEvents(station, request.query, types, turn),
      );
    },
  );

  app.get<{ Params: { id: string }; Querystring: { kind?: string } }>(
    '/why/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Why a resource is as it is',
        description:
          'The commits that made and changed it, with the command, the actor and the rules behind each.',
        tags: ['events'],
        params: Type.Object({ id: Type.String({ description: 'A fid, an FQDN or a name.' }) }),
        querystring: WhyQuery,
        response: { 200: Why },
      },
    },
    async (request, reply) => {
      const { kind } = request.query;
      if (kind !== undefined && !isKind(kind))
        throw new ApiError('invalid-request', `there is no kind ${kind}`, { field: 'kind' });
      const found = await read(station, reply, undefined, ({ graph }) =>
        findResource(graph, request.params.id, kind),
      );
      if (!found) throw new ApiError('not-found', `nothing is called ${request.params.id}`);
      const steps = await station.longReads.run(askerOf(reply), (turn) =>
        explain(station.log, station.index, found, turn),
      );
      return {
        id: found.key,
        kind: found.kind,
        resource: { ...found.row },
        steps: steps.map(({ commit, events }) => ({
          revision: commit.revision,
          at: commit.at,
          actor: commit.actor,
          command: commit.command,
          correlation: commit.correlation,
          events: eventViews(commit, events),
        })),
      };
    },
  );
};

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
  { from = 0, limit = 1000 }: EventsQuery,
  types: ReadonlySet<string> | null,
  turn: Turn,
): Promise<EventPage> => {
  const { log, index } = station;
  const after = revision(from);
  const to = log.head();
  const events: EventReply[] = [];
  let looked = 0;
  const look = async (): Promise<Revision> => {
    for await (const stretch of whereToLook(index, types, after, to))
      for (const commit of log.read(stretch.after, stretch.to)) {
        looked += 1;
        for (const event of eventViews(commit))
          if (!types || types.has(event.type)) events.push(event);
        if (events.length >= limit || looked === commitsPerPage) return commit.revision;
        if (turn.isOver) await turn.next();
      }
    return to;
  };
  const last = await look();
  const head = log.head();
  return { revision: head, events, next: last < head ? last : null };
};
