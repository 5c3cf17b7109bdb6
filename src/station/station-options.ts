/** What a station is opened with. */

import type { GroupSettings } from '../checks/groups/settings.ts';
import type { CheckSettings } from '../checks/settings/settings.ts';
import type { Rules } from '../checks/suggestions/rules.ts';
import type { EventLog } from '../log/log.ts';
import type { RequestLimits } from '../core/graph/indexes/requests.ts';
import type { StationLogger } from './logger.ts';
import type { Time } from './time.ts';

export interface StationOptions {
  /** Made if it is not there; for the station's key, its secrets, snapshots, and the log. */
  readonly directory: string;
  readonly logger: StationLogger;
  /**
   * The URL of the log, or an open one, which is closed with the station. Default: that of the
   * directory.
   */
  readonly log?: string | EventLog | undefined;
  /** Its name among the stations of a cluster; needed where its log may have several. */
  readonly name?: string | undefined;
  /** Where others reach it, as in `https://head1:7400`; needed as the name is. */
  readonly url?: string | undefined;
  /** How long its leases of leading last, s; default 15. See `leaseLimits`. */
  readonly lease?: number | undefined;
  /** From 0 to 1, by which it is as good as chance who tries first to lead. Default: chance. */
  readonly random?: (() => number) | undefined;
  /** PEM certificates of authorities that OBM daemons are believed by, besides the system's. */
  readonly obmdCa?: string | undefined;
  /** Where groups of machines come from, besides the cluster itself. */
  readonly groups?: GroupSettings | undefined;
  /** The policy file, if there is one. */
  readonly policy?: string | undefined;
  /** Default: that of the system. */
  readonly time?: Time;
  /** What of the log is verified before it opens. */
  readonly verify?: 'tail' | 'full';
  /** A snapshot is made whenever this many commits have come since the last; 0: never. */
  readonly snapshotEvery?: number;
  /** What is checked of machines; absent: what is known anyway, and nothing is sent. */
  readonly checks?: CheckSettings | undefined;
  /** By which something is suggested about machines; default: those that come with it. */
  readonly rules?: Rules | undefined;
  /** How many requests with an idempotency key are remembered. */
  readonly requests?: RequestLimits;
}
