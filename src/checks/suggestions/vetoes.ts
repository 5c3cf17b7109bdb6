/** What forbids to do something to a machine, however much speaks for it. */

import { isActing, isDisruptive, isReboot } from './actions.ts';
import type { Action } from './actions.ts';
import { factOf, accessCauses } from './facts.ts';
import type { Ground } from './facts.ts';
import { ownerOf } from './reasons.ts';
import type { Rule, Rules } from './rules.ts';
import type { Symptoms } from './symptoms.ts';

export const vetoCodes = [
  'job-running',
  'jobs-unknown',
  'human-reason',
  'note',
  'off-on-purpose',
  'loop-guard',
  'correlated',
  'maintenance',
  'planned',
  'under-way',
  'alive',
  'users-alive',
  'not-confirmed',
  'flapping',
] as const;

export type VetoCode = (typeof vetoCodes)[number];

export interface Veto {
  readonly code: VetoCode;
  /** One sentence for people. May hold foreign text. */
  readonly text: string;
}

/** What is looked at besides the symptoms. */
export interface Asked {
  readonly action: Action;
  /** By which it is suggested; null: somebody wants it by themselves. */
  readonly rule: Rule | null;
  /** What the suggestion stands on. */
  readonly grounds: readonly Ground[];
}

type Find = (symptoms: Symptoms, asked: Asked, rules: Rules) => string | undefined;

const hour = 3_600_000;

/** Scheduler states in which jobs are on the machine. */
const busyStates = ['allocated', 'alloc', 'mixed', 'mix', 'completing'];

const listed = (names: readonly string[]): string => {
  const [first = '', ...rest] = names;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
};

const jobRunning: Find = ({ scheduler }, { action }) => {
  if (!scheduler || (action !== 'power-cycle' && action !== 'reboot')) return undefined;
  const { jobs, jobCount = 0, state, flags } = scheduler;
  if (jobs && jobs.length > 0)
    return `job ${listed(jobs)} ${jobs.length === 1 ? 'runs' : 'run'} here`;
  if (jobCount > 0) return jobCount === 1 ? 'a job runs here' : `${jobCount} jobs run here`;
  const busy = [state, ...flags].find((each) => busyStates.includes(each));
  return busy === undefined ? undefined : `the scheduler has jobs here: it is ${busy}`;
};

const jobsUnknown: Find = ({ scheduler, at }, { action }, rules) => {
  if (!scheduler || !isDisruptive(action)) return undefined;
  if (scheduler.jobs === null) return 'which jobs run here could not be found out';
  return at - scheduler.observedAt > rules.evidenceSeconds * 1000
    ? 'the scheduler has not said for long which jobs run here'
    : undefined;
};

const humanReason: Find = ({ scheduler }, { action }, rules) => {
  const owner = isActing(action) ? ownerOf(scheduler, rules) : null;
  return owner === null
    ? undefined
    : `${owner} took it out of service: ${scheduler?.reason.trim() ?? ''}`;
};

const note: Find = ({ notes }, { action }) => {
  const latest = notes.toSorted((a, b) => a.at - b.at).at(-1);
  return latest && isActing(action) ? `${latest.by} notes: ${latest.text}` : undefined;
};

const offOnPurpose: Find = ({ power }, { action }) =>
  power && power.offOnPurpose !== null && isReboot(action)
    ? `it was switched off on purpose: ${power.offOnPurpose}`
    : undefined;

const sameAgain: Find = ({ attempts, at }, { rule, action }) => {
  if (!rule?.guard || !isActing(action)) return undefined;
  const { times, hours } = rule.guard;
  const same = attempts.filter(
    (attempt) => attempt.symptom === rule.id && at - attempt.at < hours * hour,
  );
  if (same.length < times) return undefined;
  const last = Math.max(...same.map((attempt) => attempt.at));
  const often = same.length === 1 ? 'once' : `${same.length} times`;
  return `the same was done about it ${often} in ${hours} h, last ${ago(at - last)}; it did not last`;
};

const ago = (ms: number): string => {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
};

const correlated: Find = ({ incident }, { action }) => {
  if (!incident || !isReboot(action)) return undefined;
  const { machines, of, kind, name, first, last } = incident;
  const seconds = Math.ceil((last - first) / 1000);
  return (
    `${machines.length} of the ${of} machines of ${kind} ${name} fell silent within ${seconds} s: ` +
    'look at what they have in common'
  );
};

const maintenance: Find = ({ maintenance: kept }, { action }) =>
  kept && isActing(action) ? `${kept.by} works on it: ${kept.reason}` : undefined;

const planned: Find = ({ scheduler }, { action }, rules) => {
  const state =
    scheduler &&
    [scheduler.state, ...scheduler.flags].find((each) => rules.plannedStates.includes(each));
  return state && isActing(action)
    ? `the scheduler has something planned or in progress: ${state.replaceAll('_', ' ')}`
    : undefined;
};

const underWay: Find = ({ underWay: what }, { action }) =>
  what !== null && isActing(action) ? what : undefined;

/** A machine that speaks is alive, whatever it says. */
const alive: Find = ({ observations }, { action }) => {
  const seen = observations.find(
    ({ cause }) => cause !== undefined && accessCauses.includes(cause),
  );
  return seen && isReboot(action) ? `it is alive; ${seen.check}: ${seen.text}` : undefined;
};

const usersAlive: Find = (symptoms, { action }, rules) => {
  if (action !== 'power-cycle' && action !== 'reboot') return undefined;
  const { holds, grounds } = factOf('users-alive', symptoms, rules);
  return holds === true && factOf('ssh-ok', symptoms, rules).holds === true
    ? `processes of users are alive on it; ${grounds.map(({ text }) => text).join(', ')}`
    : undefined;
};

const notConfirmed: Find = (_symptoms, { grounds }) => {
  const soft = grounds.find(({ isSoft }) => isSoft);
  return soft ? `not seen often enough to be sure; ${soft.text}` : undefined;
};

const flapping: Find = (_symptoms, { grounds }) => {
  const unsteady = grounds.find(({ isFlapping }) => isFlapping);
  return unsteady ? `it comes and goes; ${unsteady.text}` : undefined;
};

const finders: readonly (readonly [VetoCode, Find])[] = [
  ['human-reason', humanReason],
  ['note', note],
  ['maintenance', maintenance],
  ['planned', planned],
  ['off-on-purpose', offOnPurpose],
  ['job-running', jobRunning],
  ['jobs-unknown', jobsUnknown],
  ['users-alive', usersAlive],
  ['alive', alive],
  ['correlated', correlated],
  ['loop-guard', sameAgain],
  ['under-way', underWay],
  ['not-confirmed', notConfirmed],
  ['flapping', flapping],
];

/** All that forbids it, the weightiest first. */
export const vetoesOf = (symptoms: Symptoms, asked: Asked, rules: Rules): Veto[] =>
  finders.flatMap(([code, find]) => {
    const text = find(symptoms, asked, rules);
    return text === undefined ? [] : [{ code, text }];
  });
