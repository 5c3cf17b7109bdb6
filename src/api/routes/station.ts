/** What operators want to know of the station itself. */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type * as contract from '../../contract/station.ts';
import type { EngineInfo, LogInfo, Sequences, StationInfo } from '../../contract/station.ts';
import { openapi } from '../../contract/openapi.ts';
import { kinds } from '../../core/graph/resources.ts';
import { rules, rulesVersion } from '../../core/rules/index.ts';
import { sequenceKinds, sequences } from '../../station/queries/sequences.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import type { EventStreams } from '../event-streams.ts';

/** Where it stands among those of its cluster. */
const standingView = ({
  standing,
  graph,
  log: { shared, files },
}: Station): Pick<
  StationInfo,
  'name' | 'role' | 'role_since' | 'term' | 'leader' | 'known' | 'log_trouble'
> => {
  const { role, name, term, leader, since } = standing;
  return {
    ...{ name, role, role_since: since, term },
    leader: leader && { name: leader.station, url: leader.url },
    known: shared ? name !== null && graph.get('station', name) !== undefined : null,
    log_trouble: shared?.trouble ?? files?.trouble ?? null,
  };
};

export const stationHandlers = (
  station: Station,
  streams: EventStreams,
  version: string,
): Handlers<typeof contract> => {
  let document: ReturnType<typeof openapi> | undefined;
  return {
    station: (): StationInfo => {
      const { graph, log, archive } = station;
      return {
        ...standingView(station),
        version,
        pid: process.pid,
        node: process.versions.node,
        started: station.started,
        uptime_seconds: Math.round((station.now() - station.started) / 1000),
        directory: station.directory,
        head: log.head(),
        waiting: station.waiting,
        durability: log.durability,
        log_directory: log.files ? resolve(log.files.directory) : null,
        log_bytes: log.size(),
        snapshots: archive.snapshots.length,
        last_snapshot: archive.snapshots[0]?.about.revision ?? null,
        hosts: graph.count('host'),
        processes: graph.count('process'),
        agents_connected: station.agents.connected,
        memory_bytes: process.memoryUsage.rss(),
        periodic: station.periodic.list(),
      };
    },

    log: async (): Promise<LogInfo> => {
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

    engine: (): EngineInfo => {
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

    sequences: async (request): Promise<Sequences> => {
      const { graph, head } = station;
      const reply = {
        revision: head,
        kinds: sequenceKinds(graph),
        sequences: sequences(graph, request.query.limit ?? 100),
      };
      await station.settled();
      return reply;
    },

    // Few ask for it, and making it takes longer than to bind all endpoints.
    openapi: () => (document ??= openapi(version)),
  };
};
