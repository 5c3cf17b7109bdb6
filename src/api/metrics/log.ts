/** The log and the disk below it. */

import { statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Station } from '../../station/station.ts';
import type { Exposition, Sample } from './exposition.ts';

/** From a disk with a battery to one that hangs, s. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const logMetrics = (exposition: Exposition, station: Station): void => {
  exposition.gauge('log_revision', 'Revision of the last durable commit.', () =>
    station.log.head(),
  );
  exposition.gauge('log_bytes', 'Bytes the log occupies.', () => station.log.size());
  exposition.counter(
    'log_groups_total',
    'Groups of commits that the log made durable together since this station started.',
    () => station.log.groups,
  );
  exposition.gauge(
    'files_in_place',
    'Whether log, data directory, key and secrets are where they were: 1 or 0.',
    () => (station.premises.trouble === undefined ? 1 : 0),
  );
  commitMetrics(exposition, station);
  diskMetrics(exposition, station);
};

const commitMetrics = (exposition: Exposition, station: Station): void => {
  exposition.gauge(
    'commits_waiting',
    'Commits decided and not durable yet.',
    () => station.waiting,
  );
  exposition.counter(
    'commits_total',
    'Commits since this station started.',
    () => station.counters.commits,
  );
  const took = exposition.histogram(
    'commit_seconds',
    'From when a commit was decided to when it was durable.',
    buckets,
  );
  let failed = 0;
  station.replica.watchAppends(({ ms, isKept }) => {
    if (isKept) took(ms / 1000);
    else failed += 1;
  });
  exposition.counter(
    'appends_failed_total',
    'Commits that the log could not write, or did not know whether it had.',
    () => failed,
  );
};

const diskMetrics = (exposition: Exposition, station: Station): void => {
  const data = station.directory;
  const log = station.log.files && resolve(station.log.files.directory);
  const places: [string, string][] = [['data', data]];
  if (log !== undefined && log !== data) places.push(['log', log]);
  const disk = (name: string, help: string, figure: (of: Disk) => number): void =>
    exposition.gauges(name, help, ['directory'], async () => {
      const found = await Promise.all(
        places.map(async ([directory, path]): Promise<Sample[]> => {
          // That it is away is told by `files_in_place`.
          const of = await statfs(path).catch(() => null);
          return of ? [[[directory], figure(of)]] : [];
        }),
      );
      return found.flat();
    });
  disk(
    'disk_free_bytes',
    'Free for the station on the disk of a directory of its own.',
    ({ bavail, bsize }) => bavail * bsize,
  );
  disk(
    'disk_size_bytes',
    'Size of the disk of a directory of the station.',
    ({ blocks, bsize }) => blocks * bsize,
  );
};

interface Disk {
  readonly bavail: number;
  readonly blocks: number;
  readonly bsize: number;
}
