/** A machine is taken out of service before it is rebooted, and seen to be in service again. The station does it outside. */

import { rebootPlanOf } from './another-boot.ts';
import { hasFailed, isDone, skipped, waitingFor } from './stage.ts';
import type { Course, Stage, Standing } from './stage.ts';

/** What the station does: `station/duties/effects/reboot-acts.ts`. */
export const drainsMachine = 'drain-in-scheduler';
export const verifiesChecks = 'verify-checks';
export const resumesMachine = 'resume-in-scheduler';

/** Jobs may take long; the grant by which it is done ends before. */
const drainSeconds = 86_400;

/** Of a stage that is over when what the station does for it is. */
const actStanding = ({ note: { act } }: Course, what: string): Standing => {
  const end = act?.end;
  if (!end) return waitingFor(what);
  return end.outcome === 'done' ? isDone(end.detail) : hasFailed(end.detail);
};

const notAskedFor = 'it was not asked for';

export const drainJobs: Stage = {
  name: 'drain',
  text: 'have the scheduler drain it, and wait until no job runs there',
  seconds: () => drainSeconds,
  isWait: true,
  leftOut: (plan) => (rebootPlanOf(plan).drain ? null : notAskedFor),
  act: (_graph, { plan }) => (rebootPlanOf(plan).drain ? drainsMachine : null),
  look: (_graph, course) =>
    course.note.act ? actStanding(course, 'its jobs to end') : skipped(notAskedFor),
};

export const verify: Stage = {
  name: 'verify',
  text: 'see that its checks pass',
  seconds: () => 600,
  isWait: true,
  act: () => verifiesChecks,
  look: (_graph, course) => actStanding(course, 'its checks to pass'),
};

export const resume: Stage = {
  name: 'resume',
  text: 'see that the scheduler has it again, and resume it where it was drained for this',
  seconds: () => 900,
  isWait: true,
  act: () => resumesMachine,
  look: (_graph, course) => actStanding(course, 'the scheduler to have it again'),
};
