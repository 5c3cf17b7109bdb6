/** A machine to ask about: well, unless something else is said. */

import type { Cause, Value, Verdict } from '../../../src/checks/observation.ts';
import { experienceOf } from '../../../src/checks/suggestions/confidence.ts';
import type { Experience } from '../../../src/checks/suggestions/confidence.ts';
import type { Rules } from '../../../src/checks/suggestions/rules.ts';
import { suggest } from '../../../src/checks/suggestions/suggest.ts';
import type { Suggestion } from '../../../src/checks/suggestions/suggest.ts';
import type {
  PowerSeen,
  Scheduled,
  Seen,
  Symptoms,
} from '../../../src/checks/suggestions/symptoms.ts';
import { builtInRules } from '../../../src/checks/suggestions/table.ts';

export const machine = 'n0007.savio3';
/** Now; everything was seen a moment ago. */
export const now = 1_800_000_000_000;
export const minute = 60_000;
export const hour = 60 * minute;

export const untried = experienceOf([]);

/** What a check found two hours ago, and ever since. */
export const seen = (
  check: string,
  verdict: Verdict,
  more: {
    cause?: Cause;
    value?: Value;
    text?: string;
    since?: number;
    soft?: true;
    flapping?: true;
  } = {},
): Seen => ({
  machine,
  check,
  verdict,
  value: more.value ?? null,
  text: more.text ?? more.cause ?? verdict,
  ...(more.cause === undefined ? {} : { cause: more.cause }),
  ...(more.soft === undefined ? {} : { soft: more.soft }),
  ...(more.flapping === undefined ? {} : { flapping: more.flapping }),
  observedAt: now - minute / 2,
  durationMs: 12,
  since: more.since ?? now - 2 * hour,
});

export const alive = [
  seen('ping', 'ok'),
  seen('ssh', 'ok'),
  seen('users', 'ok', { value: '' }),
  seen('dstate', 'ok', { value: 0 }),
];
export const dead = [
  seen('ping', 'fail', { cause: 'silent' }),
  seen('ssh', 'fail', { cause: 'timeout' }),
  seen('agent', 'fail', { cause: 'silent' }),
];

export const power = (state: PowerSeen['state'], more: Partial<PowerSeen> = {}): PowerSeen => ({
  state,
  isBmcReached: state !== 'unknown',
  observedAt: now - minute,
  offOnPurpose: null,
  ...more,
});

export const scheduled = (reason: string, more: Partial<Scheduled> = {}): Scheduled => ({
  state: 'down',
  flags: [],
  reason,
  author: reason === '' ? '' : 'slurm',
  since: now - 2 * hour,
  jobs: [],
  observedAt: now - minute / 2,
  ...more,
});

export const symptoms = (more: Partial<Symptoms> = {}): Symptoms => ({
  machine,
  at: now,
  hardware: '64 cpus',
  observations: alive,
  scheduler: null,
  power: power('on'),
  maintenance: null,
  notes: [],
  attempts: [],
  underWay: null,
  incident: null,
  ...more,
});

/** What is suggested about a machine that is well but for this. */
export const about = (
  more: Partial<Symptoms>,
  experience: Experience = untried,
  rules: Rules = builtInRules,
): Suggestion => suggest(symptoms(more), experience, rules);
