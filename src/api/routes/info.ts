/** What operators want to know of the station itself. */

import { statSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { EngineInfo, LogInfo, Sequences, StationInfo } from '../../contract/station-replies.ts';
import { strict } from '../../contract/values.ts';
import { kinds } from '../../core/graph/resources.ts';
import { rules, rulesVersion } from '../../core/rules/index.ts';
import { sequenceKinds, sequences } from '../../station/queries/sequences.ts';
import type { Station } from '../../station/station.ts';
import type { EventStreams } from '../event-streams.ts';

const SequencesQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1000, description: 'How many to list. Default 100.' }),
    ),
  },
  strict,
);

export const infoRoutes = (
  app: FastifyInstance,
  station: Station,
  streams: EventStreams,
  version: string,
): void => {
  app.get(
    '/station',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The station: version, data directory, log, memory',
        tags: ['station'],
        response: { 200: StationInfo },
      },
    },
    (): StationInfo => {
      const { graph, log, archive } = station;
      return {
        version,
        pid: process.pid,
        node: process.versions.node,
        started: station.started,
        uptime_seconds: Math.round((station.now() - station.started) / 1000),
        directory: station.directory,
        head: log.head(),
        waiting: station.waiting,
        durability: log.durability,
        log_bytes: log.size(),
        snapshots: archive.snapshots.length,
        last_snapshot: archive.snapshots[0]?.about.revision ?? null,
        hosts: graph.count('host'),
        processes: graph.count('process'),
        agents_connected: station.agents.connected,
        memory_bytes: process.memoryUsage.rss(),
      };
    },
  );

  app.get<{ Querystring: { limit?: number } }>(
    '/engine/sequences',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What takes several steps and is under way',
        description:
          'Processes that start, stop or wait for their next attempt, lost hosts, endpoints that are kept back: what each ' +
          'waits for, and when something follows if that does not come.',
        tags: ['station'],
        querystring: SequencesQuery,
        response: { 200: Sequences },
      },
    },
    async (request): Promise<Sequences> => {
      const { graph, head } = station;
      const reply = {
        revision: head,
        kinds: sequenceKinds(graph),
        sequences: sequences(graph, request.query.limit ?? 100),
      };
      await station.settled();
      return reply;
    },
  );

  app.get(
    '/log',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The log: head, size, snapshots, subscribers',
        tags: ['station'],
        response: { 200: LogInfo },
      },
    },
    async (): Promise<LogInfo> => {
      const digest = station.graph.digest();
      await station.settled();
      const head = station.log.head();
      return {
        head,
        durability: station.log.durability,
        bytes: station.log.size(),
        digest,
        subscribers: streams
          .list()
          .map(({ name, revision }) => ({ name, revision, lag: head - revision })),
        snapshots: station.archive.snapshots.map(({ about, bytes, path }) => ({
          revision: about.revision,
          bytes,
          at: Math.round(statSync(path).mtimeMs),
        })),
      };
    },
  );

  app.get(
    '/engine',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The engine: rules, counters, resources',
        tags: ['station'],
        response: { 200: EngineInfo },
      },
    },
    (): EngineInfo => {
      const { commits, events, rejections, firings } = station.counters;
      return {
        revision: station.head,
        rules_version: rulesVersion,
        rules: rules.map(({ name, description, on }) => ({
          name,
          description,
          on: [...on],
          firings: firings.get(name) ?? 0,
        })),
        commits,
        events,
        commits_per_second: Math.round(station.replica.commitsPerSecond * 10) / 10,
        rejections,
        waiting: station.waiting,
        resources: Object.fromEntries(kinds.map((kind) => [kind, station.graph.count(kind)])),
        next_deadline: station.graph.indexes.deadlines.next()?.at ?? null,
      };
    },
  );
};
