/** What operators want to know of the station itself. */

import { statSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { kinds } from '../../core/graph/resources.ts';
import { rules, rulesVersion } from '../../core/rules/index.ts';
import type { Station } from '../../station/station.ts';
import type { EventStreams } from '../event-streams.ts';
import { EngineInfo, LogInfo } from '../schemas/replies.ts';

export const infoRoutes = (app: FastifyInstance, station: Station, streams: EventStreams): void => {
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
        rejections,
        waiting: station.waiting,
        resources: Object.fromEntries(kinds.map((kind) => [kind, station.graph.count(kind)])),
        next_deadline: station.graph.deadlines.next()?.at ?? null,
      };
    },
  );
};
