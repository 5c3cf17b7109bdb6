/**
 * Leases of independent processes: an owner that must say again and again that it is there. That it says so is no
 * event; the station counts the time, and says when it has run out.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { refusalOfOlder } from '../lifecycle/instance.ts';
import type { Fid } from '../values/fid.ts';
import type { Instance } from '../values/instance.ts';
import { independentProcess } from './named-process.ts';

export interface LeaseProcess {
  readonly type: 'LeaseProcess';
  readonly fid: Fid;
  /** How long its owner may be silent, `leaseSecondsMin` to `leaseSecondsMax`. */
  readonly seconds: number;
  /** Which run of the process renews it. */
  readonly instance?: Instance;
}

export const leaseProcess: Decide<LeaseProcess> = (graph, { fid, seconds, instance }) => {
  const process = independentProcess(graph, fid);
  if ('rejection' in process) return process;
  const older = refusalOfOlder(process, instance, false);
  if (older) return older;
  return process.lease === seconds
    ? unchanged
    : decided([{ type: 'ProcessLeased', data: { fid, seconds } }]);
};
