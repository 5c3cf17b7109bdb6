/** `halctl system station`: the station itself. */

import type { Command } from 'commander';
import type { StationInfo } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { formatTime, printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { stationsCommands } from './stations.ts';

export const stationCommands = (system: Command, shell: Shell): void => {
  const station = system
    .command('station')
    .description('the station that answers, and the others of its cluster');
  stationsCommands(station, shell);
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.station({ signal: shell.signal }), stationLines);
  };
  withExamples(
    withWork(
      withJson(
        station
          .command('status')
          .description('show the station: version, data directory, log, memory, since when'),
      ),
      run,
    ),
    'halctl system station status',
    'halctl system station status --json | jq .memory_bytes',
  );

  const periodic = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const { periodic: works } = await client.station({ signal: shell.signal });
    show(shell, flags, works, () => periodicLines(works, shell.width));
  };
  withExamples(
    withWork(
      withJson(
        station
          .command('periodic')
          .description('show what is done again and again: how often, of how many, and how late'),
      ),
      periodic,
    ),
    'halctl system station periodic',
    "halctl system station periodic --json | jq '.[] | select(.lag_ms > 10000)'",
  );
};

type PeriodicWork = StationInfo['periodic'][number];

const periodicLines = (works: readonly PeriodicWork[], width: number | undefined): string[] =>
  formatTable<PeriodicWork>(
    [
      { title: 'WORK', value: ({ work }) => printable(work) },
      { title: 'EVERY', value: ({ period_ms: ms }) => (ms === 0 ? 'when asked' : inTime(ms)) },
      { title: 'OF', value: ({ items }) => String(items), align: 'right' },
      { title: 'DUE', value: ({ due }) => String(due), align: 'right' },
      { title: 'LATE', value: ({ lag_ms: ms }) => inTime(ms), align: 'right' },
      { title: 'WHERE', value: ({ where }) => printable(where), yields: 1 },
    ],
    works,
    width,
  );

/** `850 ms`, `12.5 s`. */
const inTime = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`);

const stationLines = (station: StationInfo): string[] => {
  const { name, log_trouble: trouble } = station;
  return formatFields([
    ['version', `${station.version}, on Node.js ${station.node}`],
    ['name', name ?? undefined],
    ['role', roleText(station)],
    ['running', `since ${formatTime(station.started)}, ${duration(station.uptime_seconds)}`],
    ['process', String(station.pid)],
    ['directory', station.directory],
    ['head', `revision ${station.head}`],
    [
      'durable',
      station.waiting === 0 ? 'all' : `all but ${station.waiting} commits, which wait for the disk`,
    ],
    ['durability', station.durability],
    ['trouble', trouble ?? undefined],
    ['log', `${mebibytes(station.log_bytes)}${elsewhere(station)}`],
    [
      'snapshots',
      station.last_snapshot === null
        ? 'none'
        : `${station.snapshots}, the newest at revision ${station.last_snapshot}`,
    ],
    ['hosts', `${station.hosts}, ${station.agents_connected} agents connected`],
    ['processes', String(station.processes)],
    ['memory', mebibytes(station.memory_bytes)],
  ]);
};

/** Undefined of one that has its log for itself, and leads always. */
const roleText = (station: StationInfo): string | undefined => {
  const { role, role_since: since, term, leader, known, name } = station;
  if (known === null) return undefined;
  const by = leader && leader.name !== name ? `, ${leader.name} leads, at ${leader.url}` : '';
  const unknown = known ? '' : '; it is none of the stations of the cluster, and may not lead';
  return `${role} since ${formatTime(since)}, term ${term}${by}${unknown}`;
};

/** Where the log is, unless that is the data directory. */
const elsewhere = ({ log_directory: place, directory }: StationInfo): string =>
  place === null || place === directory ? '' : ` in ${printable(place)}`;

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** `45 s`, `12 min`, `5 h 3 min`, `41 d 2 h`. */
const duration = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
};
