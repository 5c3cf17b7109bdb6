/** What of reaching machines by ssh is bounded. */

import { usualLimits } from '../../src/checks/ssh/connections.ts';
import { keptBytesUsual } from '../../src/checks/ssh/exec.ts';
import { sectionBytesMax } from '../../src/checks/ssh/probe-shell.ts';
import { bytes, limit, seconds } from './limit.ts';
import type { Limit } from './limit.ts';

const ends =
  'checks/ssh/connections.test.ts: there is an end to how many are kept, and to how long one idles';

export const ofSsh: readonly Limit[] = [
  limit(
    'connections by ssh that are kept',
    usualLimits.kept,
    'the one that idles longest is closed',
    ends,
  ),
  limit('idling of a connection by ssh', seconds(usualLimits.idleMs), 'it is closed', ends),
  limit(
    'connecting to a machine by ssh, and again logging in',
    seconds(usualLimits.connectMs),
    'the cause is told',
    'checks/ssh/causes.test.ts: 17: one that never says anything delays none of the others',
  ),
  limit(
    'output of a command on a machine, each of both, that `halctl exec` keeps',
    bytes(keptBytesUsual),
    'it is cut, and said to be',
    'checks/ssh/exec.test.ts: what is kept of the output is bounded, and the rest is read',
  ),
  limit(
    'output of one check on a machine',
    bytes(sectionBytesMax),
    'it is cut',
    'checks/ssh/probe.test.ts: case 21: each section has its output and its code, whatever the login shell',
  ),
];
