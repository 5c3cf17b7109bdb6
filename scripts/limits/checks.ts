/** What of checks is bounded. */

import { checkFileBytesMax } from '../../src/checks/settings/read.ts';
import { checksMax } from '../../src/station/observations/observations.ts';
import { samplesKept } from '../../src/station/observations/samples.ts';
import { bytes, limit } from './limit.ts';
import type { Limit } from './limit.ts';

export const ofChecks: readonly Limit[] = [
  limit(
    'file of checks',
    bytes(checkFileBytesMax),
    'the station does not start',
    'checks/checker.test.ts: a file with a mistake keeps the station from starting, and says where it is',
  ),
  limit(
    'checks of which results are kept',
    checksMax,
    'an error',
    'station/observations.test.ts: there is an end to how many checks are kept',
  ),
  limit(
    'numbers that are kept of a machine by a check, for plots',
    samplesKept,
    'the oldest is forgotten',
    'station/observations.test.ts: samples are bounded, spread over hours, and end with the latest',
  ),
];
