/** All machines at a glance. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/fleet.ts';
import { allColumns } from '../../checks/view/columns.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import { shownMachine } from '../../checks/view/shapes.ts';
import type { Station } from '../../station/station.ts';
import { pastRow } from '../../station/fleet/past-row.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isMember, mustBeAllowed } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { askedOf, selectionOf } from '../fleet/asked.ts';
import type { Format } from '../fleet/asked.ts';
import type { FleetAnswers } from '../fleet/fleet-answers.ts';
import { checksShown } from '../fleet/freshness.ts';
import type { Freshness } from '../fleet/freshness.ts';
import { rowsThen } from '../fleet/past.ts';
import type { FleetStreams } from '../fleet/streams.ts';
import { mediaTypes, passing, withTurns, writtenIn } from '../fleet/text.ts';
import { metaOf, seenIn, surroundingsOf } from '../fleet/surroundings.ts';
import { summaryOf } from '../fleet/summary.ts';
import { json, read, readLong } from '../reads.ts';
import { placesOf } from '../sight.ts';

type FleetQuery = QueryOf<typeof contract.fleet>;
type SummaryQuery = QueryOf<typeof contract.fleetSummary>;

const accepted: readonly (readonly [string, Format])[] = [
  ['text/event-stream', 'events'],
  ['application/x-ndjson', 'ndjson'],
  ['text/csv', 'csv'],
  ['text/tab-separated-values', 'tsv'],
  ['text/plain', 'text'],
];

/** What somebody names before JSON or anything; browsers name much, and get JSON. */
export const formatOf = (request: FastifyRequest, query: FleetQuery): Format => {
  if (query.format !== undefined) return query.format;
  const named = (request.headers.accept ?? '').split(',').map((one) => one.split(';')[0]!.trim());
  const first = named.find(
    (one) => one === 'application/json' || accepted.some(([type]) => type === one),
  );
  return accepted.find(([type]) => type === first)?.[1] ?? 'json';
};

export const fleetHandlers = (
  station: Station,
  answers: FleetAnswers,
  streams: FleetStreams,
  freshness: Freshness,
): Handlers<typeof contract> => ({
  fleet: (request, reply) => answerFleet(station, answers, streams, request, reply, request.query),

  fleetSummary: (request, reply) => {
    if (request.query.at !== undefined) return pastSummary(station, request, reply, request.query);
    return station.longReads.run(askerOf(reply), async (turn) => {
      const cut = await station.fleet.cut(turn);
      const seen = seenIn(station, request, station.graph);
      const { test } = selectionOf(request.query, surroundingsOf(station, station.graph, seen));
      const moment = { version: String(cut.version), revision: station.head, at: station.now() };
      const steps = summaryOf(cut.rows, (row) => isSeen(seen, row) && test(row, moment.at), moment);
      for (;;) {
        const step = steps.next();
        if (step.done) {
          await station.settled();
          return step.value;
        }
        if (turn.isOver) await turn.next();
      }
    });
  },

  fleetColumns: () => ({
    columns: Array.from(
      allColumns(station.checks.catalogue.all).values(),
      ({ id, title, type, description }) => ({ id, title, type, description }),
    ),
  }),

  fleetHost: async (request, reply) => {
    const { fqdn } = request.params;
    const { at } = request.query;
    if (at !== undefined) {
      goesWithoutMoment(request.query);
      return read(station, reply, at, ({ graph, head, at: time }) => {
        const host = graph.get('host', fqdn);
        if (!host) throw new ApiError('unknown-host', `there was no host ${fqdn} at ${at}`);
        const machine = shownMachine(pastRow(graph, host));
        return { version: `at-${head}`, revision: head, at: time, machine };
      }) as never;
    }
    if (isMember(request)) mustBeAllowed(station.graph, request);
    const there = (): FleetRow => {
      const row = station.fleet.row(fqdn);
      if (row) return row;
      throw new ApiError('unknown-host', `there is no host ${fqdn}`);
    };
    there();
    const fresh = await freshness.bring(request, reply, request.query, () => ({
      machines: [fqdn],
      checks: checksShown(station, { wanted: undefined, columns: [], hasColumns: false }),
    }));
    const row = there();
    const { version } = station.fleet.now();
    const made = { version: String(version), revision: station.head, at: station.now() };
    await station.settled();
    return { ...made, machine: shownMachine(row), ...(fresh ? { fresh } : {}) } as never;
  },
});

const isSeen = (seen: ReadonlySet<string> | undefined, { machine }: FleetRow): boolean =>
  !seen || seen.has(machine);

/** Also for the addresses that are other names of it. */
export const answerFleet = (
  station: Station,
  answers: FleetAnswers,
  streams: FleetStreams,
  request: FastifyRequest,
  reply: FastifyReply,
  query: FleetQuery,
): Promise<FastifyReply> | FastifyReply => {
  const format = formatOf(request, query);
  reply.header('vary', 'accept, accept-encoding, authorization');
  if (query.at !== undefined || format === 'events') goesWithoutMoment(query);
  if (query.at !== undefined) return past(station, request, reply, query, format);
  if (format === 'events') return follow(station, streams, request, reply, query);
  return answers.answer(request, reply, query, format);
};

/** The past cannot be looked at again, and a stream tells what is found anyway. */
const goesWithoutMoment = (query: Pick<FleetQuery, 'max_age' | 'wait'>): void => {
  if ((query.max_age ?? query.wait) === undefined) return;
  throw new ApiError('invalid-request', 'max_age goes without at and without a stream', {
    field: 'max_age',
  });
};

/** As it was: of the past only the log tells, which has what checks confirmed, and not what they measured. */
const past = (
  station: Station,
  request: FastifyRequest,
  reply: FastifyReply,
  query: FleetQuery,
  format: Format,
): Promise<FastifyReply> => {
  if (format === 'events' || (query.limit ?? query.cursor) !== undefined)
    throw new ApiError('invalid-request', 'at goes without pages and without a stream', {
      field: 'at',
    });
  return readLong(station, reply, query.at, mediaTypes[format], (moment, graph) => {
    const seen = seenIn(station, request, graph);
    const asked = askedOf(query, surroundingsOf(station, graph, seen));
    return (function* () {
      const rows = yield* rowsThen(station, moment, graph, seen);
      const found = yield* passing(rows, asked, moment.at);
      const meta = metaOf(asked, {
        ...{ version: `at-${moment.head}`, revision: moment.head, at: moment.at },
        ...{ total: found.length, next: null },
      });
      yield* writtenIn(format, { asked, meta, rows: found, now: moment.at });
    })();
  });
};

const pastSummary = (
  station: Station,
  request: FastifyRequest,
  reply: FastifyReply,
  query: SummaryQuery,
): Promise<FastifyReply> =>
  readLong(station, reply, query.at, json, (moment, graph) => {
    const seen = seenIn(station, request, graph);
    const { test } = selectionOf(query, surroundingsOf(station, graph, seen));
    const { head, at } = moment;
    return (function* () {
      const rows = yield* rowsThen(station, moment, graph, seen);
      const about = { version: `at-${head}`, revision: head, at };
      const summary = yield* withTurns(summaryOf(rows, (row) => test(row, at), about));
      yield JSON.stringify(summary);
    })();
  });

const follow = async (
  station: Station,
  streams: FleetStreams,
  request: FastifyRequest,
  reply: FastifyReply,
  query: FleetQuery,
): Promise<FastifyReply> => {
  const seen = (): ReadonlySet<string> | undefined => seenIn(station, request, station.graph);
  const asked = askedOf(query, surroundingsOf(station, station.graph, seen()));
  const credential = request.credential!;
  const places = placesOf(station, credential);
  const version = await station.longReads.run(
    askerOf(reply),
    async (turn) => (await station.fleet.cut(turn)).version,
  );
  const lastSeen = request.headers['last-event-id'];
  streams.open(reply, version, {
    name: principalOf(request),
    question: JSON.stringify([query, places, seen() ? credential.id : '']),
    asked,
    seen,
    isAllowed: () => station.access.accepts(credential) && placesOf(station, credential) === places,
    lastSeen: lastSeen === undefined ? undefined : String(lastSeen),
  });
  return reply;
};
