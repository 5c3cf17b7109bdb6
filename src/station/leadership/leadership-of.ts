/** How a station comes to lead: at once where its log is its own, by election where others have it too. */

import { isStationName, isStationUrl } from '../../core/values/stations.ts';
import type { Duties } from '../duties/duty.ts';
import type { StationLogger } from '../logger.ts';
import type { Replica } from '../replica/replica.ts';
import { StationUnavailableError } from '../result.ts';
import type { StationOptions } from '../station-options.ts';
import type { Time } from '../time.ts';
import { Alone } from './alone.ts';
import { Election } from './election.ts';
import { holderIn } from './holder.ts';
import { usualLease } from './lease-times.ts';
import { placeOf } from './standing.ts';
import type { Leadership } from './standing.ts';

export interface LeadershipParts {
  readonly replica: Replica;
  readonly duties: Duties;
  readonly time: Time;
  readonly logger: StationLogger;
  /** Learns what those who led before have kept beside the log, and lets them keep no more. @throws it cannot now */
  readonly catchUp: (term: number) => Promise<void>;
  /** Told whenever this station has begun to lead. */
  readonly led: () => void;
  readonly options: Pick<StationOptions, 'directory' | 'name' | 'url' | 'lease' | 'random'>;
}

/** @throws {StationUnavailableError} several stations have the log, and this one is not named, or cannot be told from others */
export const leadershipOf = (parts: LeadershipParts): Leadership => {
  const { replica, duties, time, logger, catchUp, led, options } = parts;
  const { log } = replica;
  const { shared } = log;
  const { name, place } = placeOf(options);
  if (!shared) return new Alone({ duties, time, led, name, place });
  if (!place)
    throw new StationUnavailableError(
      'several stations may have this log, and must find each other: give --name NAME and --url URL',
    );
  if (!isStationName(place.station) || !isStationUrl(place.url))
    throw new StationUnavailableError(
      'a station is called like a host, such as head1.example, and is found at a URL such as ' +
        'https://head1.example:7400: give --name and --url that are right',
    );
  const election = new Election({
    ...{ log, shared, duties, place, time, logger, catchUp, led },
    holder: holderIn(options.directory),
    leaseSeconds: options.lease ?? usualLease,
    random: options.random ?? Math.random,
    graph: () => replica.graph,
    append: (command) => replica.submitOwn(command),
    settled: () => replica.settled(),
    failed: replica.failed,
  });
  replica.whenDisplaced(() => election.displaced());
  return election;
};
