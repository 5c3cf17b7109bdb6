/** What of checks is bounded. */

import { checkFileBytesMax } from '../../src/checks/settings/read.ts';
import { runLimits, runMs, runsKept } from '../../src/station/checks/runs.ts';
import { checksMax } from '../../src/station/observations/observations.ts';
import { sampleSeconds, samplesKept } from '../../src/core/values/samples.ts';
import { bytes, limit, seconds, tooMany } from './limit.ts';
import type { Limit } from './limit.ts';

const bounded =
  'station/check-runs.test.ts: so many are under way for one, and one more is refused';

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
    `numbers that are kept of a machine by a check, for plots: one in ${sampleSeconds} s, 4 bytes each (10,000 machines with 8 ` +
      'such checks: 92 MB of memory)',
    samplesKept,
    'the oldest is forgotten',
    'station/observations.test.ts: samples are bounded, spread over hours, and end with the latest',
  ),
  limit('check runs of one principal', runLimits.each, tooMany, bounded),
  limit('check runs under way', runLimits.inAll, tooMany, bounded),
  limit(
    'check runs that are remembered',
    runsKept,
    'the one that ended first is forgotten',
    'station/check-runs.test.ts: a run ends by its time where nobody answers, and the latest are remembered',
  ),
  limit(
    'time of a check run',
    seconds(runMs),
    'it ends with what was found',
    'station/check-runs.test.ts: a run ends by its time where nobody answers, and the latest are remembered',
  ),
];
