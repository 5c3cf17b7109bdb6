/** What rules speak of: each fact holds, does not, or is not known, and tells what it stands on. */

import type { Cause } from '../observation.ts';
import type { FactName } from './fact-names.ts';
import type { Rules } from './rules.ts';
import type { Seen, Symptoms } from './symptoms.ts';

/** What a fact stands on. */
export interface Ground {
  readonly text: string;
  /** ms since the epoch */
  readonly observedAt: number;
  /** Since when it is so, ms since the epoch. */
  readonly since: number;
  readonly isSoft: boolean;
  readonly isFlapping: boolean;
}

export interface Fact {
  /** Null: not known. */
  readonly holds: boolean | null;
  readonly grounds: readonly Ground[];
}

const unknown: Fact = { holds: null, grounds: [] };

const groundOf = (seen: Seen): Ground => ({
  text: `${seen.check}: ${seen.text || seen.verdict}`,
  observedAt: seen.observedAt,
  since: seen.since,
  isSoft: seen.soft === true,
  isFlapping: seen.flapping === true,
});

const isFresh = (symptoms: Symptoms, rules: Rules, observedAt: number): boolean =>
  symptoms.at - observedAt <= rules.evidenceSeconds * 1000;

/** What a check found lately; what is older, or could not be found out, is not known. */
const seenOf = (symptoms: Symptoms, rules: Rules, check: string): Seen | undefined => {
  const seen = symptoms.observations.find((observation) => observation.check === check);
  return seen && isFresh(symptoms, rules, seen.observedAt) ? seen : undefined;
};

const isGood = (seen: Seen | undefined): boolean =>
  seen !== undefined && (seen.verdict === 'ok' || seen.verdict === 'warn');

const byCheck = (
  seen: Seen | undefined,
  test: (seen: Seen) => boolean,
  isAnswer: (seen: Seen) => boolean = ({ verdict }) =>
    verdict !== 'unknown' && verdict !== 'skipped',
): Fact => (seen && isAnswer(seen) ? { holds: test(seen), grounds: [groundOf(seen)] } : unknown);

/** The machine lives and speaks, but does not let us in. */
export const accessCauses: readonly Cause[] = [
  'auth-refused',
  'host-key-changed',
  'host-key-unknown',
  'password-asked',
];
/** Of the machine itself they tell nothing. */
export const wayCauses: readonly Cause[] = ['jump-host', 'dns', 'no-route'];
const silenceCauses: readonly Cause[] = ['silent', 'timeout'];
/** Whoever sends them lives. */
const deadServiceCauses: readonly Cause[] = ['refused', 'no-banner', 'reset', 'timeout', 'silent'];

const hasCause = (seen: Seen, causes: readonly Cause[]): boolean =>
  seen.cause !== undefined && causes.includes(seen.cause);

const ways = ['ping', 'tcp', 'ssh', 'agent'] as const;

/** Nothing that was asked answered, at least one says so by silence, and nothing else explains it. */
const silent = (symptoms: Symptoms, rules: Rules): Fact => {
  const seen = ways.flatMap((check) => seenOf(symptoms, rules, check) ?? []);
  const asked = seen.filter(({ verdict }) => verdict !== 'unknown' && verdict !== 'skipped');
  if (asked.some((each) => isGood(each)))
    return { holds: false, grounds: asked.filter((each) => isGood(each)).map(groundOf) };
  const others = seen.filter(
    (each) => each.cause !== undefined && !hasCause(each, [...silenceCauses, 'not-asked']),
  );
  if (others.length > 0) return { holds: false, grounds: others.map(groundOf) };
  const network = asked.filter(({ check }) => check !== 'agent');
  if (!network.some((each) => hasCause(each, silenceCauses))) return unknown;
  return { holds: true, grounds: asked.map(groundOf) };
};

const power = (symptoms: Symptoms, rules: Rules, state: 'on' | 'off'): Fact => {
  const seen = symptoms.power;
  if (!seen || seen.state === 'unknown' || !isFresh(symptoms, rules, seen.observedAt))
    return unknown;
  return {
    holds: seen.state === state,
    grounds: [powerGround(symptoms, `power is ${seen.state}`)],
  };
};

const powerGround = ({ power: seen, at }: Symptoms, text: string): Ground => ({
  text,
  observedAt: seen?.observedAt ?? at,
  since: 0,
  isSoft: false,
  isFlapping: false,
});

const bmcOk = (symptoms: Symptoms, rules: Rules): Fact => {
  const seen = symptoms.power;
  if (!seen || seen.isBmcReached === null || !isFresh(symptoms, rules, seen.observedAt))
    return unknown;
  const text = seen.isBmcReached ? 'its BMC answers' : 'its BMC does not answer';
  return { holds: seen.isBmcReached, grounds: [powerGround(symptoms, text)] };
};

/** What was asked and is no sign of life by itself; the scheduler's view is what is to be explained. */
const isHealth = ({ check, verdict }: Seen): boolean =>
  check !== 'scheduler' && verdict !== 'skipped';

const checksPass = (symptoms: Symptoms, rules: Rules): Fact => {
  const health = symptoms.observations.filter(isHealth);
  const bad = health.filter(({ verdict }) => verdict === 'fail');
  if (bad.length > 0) return { holds: false, grounds: bad.map(groundOf) };
  const known = health.filter(
    (seen) => seen.verdict !== 'unknown' && isFresh(symptoms, rules, seen.observedAt),
  );
  if (known.length < health.length || !known.some(({ check }) => check === 'ssh')) return unknown;
  const [last] = known.toSorted((a, b) => b.since - a.since).map(groundOf);
  return last
    ? { holds: true, grounds: [{ ...last, text: `all ${known.length} checks pass` }] }
    : unknown;
};

const justBooted = (symptoms: Symptoms, rules: Rules): Fact =>
  byCheck(
    seenOf(symptoms, rules, 'uptime'),
    ({ value }) => typeof value === 'number' && value < rules.bootSeconds,
  );

const not = (fact: Fact): Fact =>
  fact.holds === null ? fact : { holds: !fact.holds, grounds: fact.grounds };

type Find = (symptoms: Symptoms, rules: Rules) => Fact;

/** The names stand in the value, apart by commas or spaces; none where it is empty or 0. */
const someUsers = ({ value }: Seen): boolean =>
  typeof value === 'number' ? value > 0 : typeof value === 'string' && value.trim() !== '';

const usersAlive: Find = (symptoms, rules) => byCheck(seenOf(symptoms, rules, 'users'), someUsers);

const stuck: Find = (symptoms, rules) =>
  byCheck(seenOf(symptoms, rules, 'dstate'), ({ verdict, value }) =>
    typeof value === 'number' ? value > 0 : verdict === 'fail',
  );

const findings: Readonly<Record<FactName, Find>> = {
  silent,
  'ping-ok': (symptoms, rules) => byCheck(seenOf(symptoms, rules, 'ping'), isGood),
  'ssh-ok': (symptoms, rules) => byCheck(seenOf(symptoms, rules, 'ssh'), isGood),
  'ssh-dead': (symptoms, rules) =>
    byCheck(
      seenOf(symptoms, rules, 'ssh'),
      (seen) => !isGood(seen) && hasCause(seen, deadServiceCauses),
      () => true,
    ),
  'no-access': (symptoms, rules) =>
    byCheck(
      seenOf(symptoms, rules, 'ssh'),
      (seen) => hasCause(seen, accessCauses),
      () => true,
    ),
  'no-way': (symptoms, rules) => {
    const seen = (['ssh', 'ping', 'tcp'] as const)
      .flatMap((check) => seenOf(symptoms, rules, check) ?? [])
      .find((each) => hasCause(each, wayCauses));
    return seen ? { holds: true, grounds: [groundOf(seen)] } : { holds: false, grounds: [] };
  },
  'power-on': (symptoms, rules) => power(symptoms, rules, 'on'),
  'power-off': (symptoms, rules) => power(symptoms, rules, 'off'),
  'power-unknown': (symptoms, rules) =>
    power(symptoms, rules, 'on').holds === null
      ? { holds: true, grounds: [powerGround(symptoms, 'nobody knows whether it has power')] }
      : { holds: false, grounds: [] },
  'bmc-ok': bmcOk,
  'agent-ok': (symptoms, rules) => byCheck(seenOf(symptoms, rules, 'agent'), isGood),
  'users-alive': usersAlive,
  'no-users': (symptoms, rules) => not(usersAlive(symptoms, rules)),
  'stuck-processes': stuck,
  'no-stuck-processes': (symptoms, rules) => not(stuck(symptoms, rules)),
  'gpu-mismatch': (symptoms, rules) =>
    byCheck(seenOf(symptoms, rules, 'gpu'), ({ verdict }) => verdict === 'fail'),
  'checks-pass': checksPass,
  'just-booted': justBooted,
  'console-moved': (symptoms, rules) => byCheck(seenOf(symptoms, rules, 'console'), isGood),
};

/** Whether a fact holds, and by what. */
export const factOf = (name: FactName, symptoms: Symptoms, rules: Rules): Fact =>
  findings[name](symptoms, rules);
