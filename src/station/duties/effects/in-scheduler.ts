/** A machine is drained in the batch scheduler before it is rebooted, and resumed once it has registered there. */

import { ProgramError } from '../../../checks/program.ts';
import type { Scheduler, SchedulerControl, SchedulerRow } from '../../../checks/scheduler/row.ts';
import { shortState } from '../../../checks/scheduler/slurm-states.ts';
import { ownReason } from '../../../checks/suggestions/reasons.ts';
import type { KnownGroups } from '../../groups/known-groups.ts';
import type { Ended } from './effect.ts';
import type { Doing } from './stage-acts.ts';
import { endingMs } from './verify-checks.ts';
import { waitFor } from './waiting.ts';

export interface SchedulerSite {
  readonly scheduler: Pick<KnownGroups['scheduler'], 'scheduler' | 'snapshot' | 'subscribe'>;
  readonly scheduled: Pick<KnownGroups['scheduled'], 'rowOf'>;
}

/** The clock of a node may be behind by so much, ms. */
const skewMs = 60_000;

const controlOf = ({ scheduler }: SchedulerSite): SchedulerControl | undefined => {
  const { scheduler: own }: { readonly scheduler: Scheduler | undefined } = scheduler;
  return own?.control;
};

const done = (detail = ''): Ended => ({ outcome: 'done', detail });
const failed = (detail: string): Ended => ({ outcome: 'failed', detail });
/** Nobody wants to know any more. */
const over: Ended = { outcome: 'interrupted', detail: '' };

const reasonStart = `${ownReason}reboot, operation `;

const isDrained = ({ flags }: SchedulerRow): boolean => flags.includes('DRAIN');
/** By this reboot, or by one before it that did not come to its end. */
const isOurs = ({ reason }: SchedulerRow): boolean => reason.startsWith(reasonStart);

/** Unknown is not none: where jobs cannot be counted, the state has to say that it is idle or down. */
const isEmpty = ({ jobs, state, flags }: SchedulerRow): boolean =>
  (jobs ?? 0) === 0 && (state === 'idle' || state === 'down') && !flags.includes('COMPLETING');

/** Waits for what a later answer of the scheduler says of a machine. */
const answerOf = <T>(
  site: SchedulerSite,
  { course, context: { time, signal } }: Doing,
  { host, until, after }: { readonly host: string; readonly until: number; readonly after: number },
  look: (row: SchedulerRow | undefined) => T | undefined,
): Promise<T | 'over' | undefined> =>
  waitFor<T | 'over'>({
    ...{ time, signal, until },
    look: () => {
      if (!course()) return 'over';
      const { readAt } = site.scheduler.snapshot;
      return readAt !== null && readAt > after ? look(site.scheduled.rowOf(host)) : undefined;
    },
    changes: (listener) => site.scheduler.subscribe(listener),
  });

/**
 * Has something done there. What does not answer is asked again later.
 *
 * @returns why it was refused; null: it was not
 * @throws it does not answer
 */
const refusalOf = async (order: Promise<void>): Promise<string | null> => {
  try {
    await order;
    return null;
  } catch (error) {
    if (!(error instanceof ProgramError) || /did not answer|ended/.test(error.message)) throw error;
    return error.message;
  }
};

/** @throws the scheduler does not answer; the reason of the signal */
export const drainMachine = async (site: SchedulerSite, doing: Doing): Promise<Ended> => {
  const begun = doing.course();
  if (!begun) return over;
  const { row, note } = begun;
  const { host } = row;
  const control = controlOf(site);
  if (!control) return failed('the station has no scheduler that it can tell anything');
  const { time, signal, mustStand } = doing.context;
  const until = note.until - endingMs;
  const node = await answerOf(site, doing, { host, until, after: 0 }, (found) => found ?? null);
  if (node === 'over') return over;
  if (!node) return failed(`the scheduler does not know ${host}`);
  const before = isDrained(node) && !isOurs(node) ? `it was drained: ${node.reason}` : '';
  if (!isDrained(node)) {
    mustStand();
    const refused = await refusalOf(
      control.drain(node.node, `${reasonStart}${row.created}`, signal),
    );
    if (refused !== null) return failed(refused);
  }
  const after = time.now();
  const empty = await answerOf(site, doing, { host, until, after }, (found) =>
    found && isDrained(found) && isEmpty(found) ? found : undefined,
  );
  if (empty === 'over') return over;
  return empty ? done(before) : failed('its jobs have not ended');
};

/** Whether its daemon has registered since the reboot was begun; where that is not told, the state has to say it. */
const hasRegistered = (found: SchedulerRow, since: number): boolean => {
  const { state, flags, daemonSince } = found;
  if (flags.includes('NOT_RESPONDING') || state === 'unknown') return false;
  return daemonSince === undefined ? state !== 'down' : daemonSince >= since - skewMs;
};

/** Whether it takes jobs. */
const isInService = (found: SchedulerRow): boolean =>
  found.state !== 'down' && !isDrained(found) && !found.flags.includes('NOT_RESPONDING');

/**
 * What somebody else has drained stays so. To be resumed is no result: it is waited for.
 *
 * @throws the scheduler does not answer; the reason of the signal
 */
export const resumeMachine = async (site: SchedulerSite, doing: Doing): Promise<Ended> => {
  const begun = doing.course();
  if (!begun) return over;
  const { row, note } = begun;
  const { host } = row;
  const control = controlOf(site);
  // What only tells, as saved text does, may be days old.
  if (!control) return done();
  const { time, signal, mustStand } = doing.context;
  const until = note.until - endingMs;
  const since = row.begun ?? note.since;
  const found = await answerOf(site, doing, { host, until, after: note.since }, (node) =>
    !node || hasRegistered(node, since) ? (node ?? null) : undefined,
  );
  if (found === 'over') return over;
  if (found === null) return done();
  if (!found) return failed(notThere(site, host));
  if (!isDrained(found) || !isOurs(found))
    return done(
      isInService(found)
        ? ''
        : `the scheduler keeps it out of service: ${shortState(found)}: ${found.reason}`,
    );
  mustStand();
  const refused = await refusalOf(control.resume(found.node, signal));
  if (refused !== null) return failed(refused);
  const after = time.now();
  const resumed = await answerOf(site, doing, { host, until, after }, (node) =>
    node && isInService(node) ? node : undefined,
  );
  if (resumed === 'over') return over;
  return resumed ? done() : failed(notThere(site, host));
};

const notThere = ({ scheduler, scheduled }: SchedulerSite, host: string): string => {
  const row = scheduled.rowOf(host);
  const { error } = scheduler.snapshot;
  const state = row ? `it is ${shortState(row)}` : 'the scheduler does not know it';
  return `it has not registered in the scheduler: ${error ?? state}`;
};
