/** What holds of suggestions whatever is known of a machine. */

import fc from 'fast-check';
import t from 'tap';
import { causes, verdicts } from '../../../src/checks/observation.ts';
import { isReboot } from '../../../src/checks/suggestions/actions.ts';
import { confidenceOf, experienceOf } from '../../../src/checks/suggestions/confidence.ts';
import { mayReboot } from '../../../src/checks/suggestions/may-reboot.ts';
import { suggest } from '../../../src/checks/suggestions/suggest.ts';
import type { Attempt, Seen, Symptoms } from '../../../src/checks/suggestions/symptoms.ts';
import { builtInRules } from '../../../src/checks/suggestions/table.ts';
import { hour, machine, minute, now, untried } from './played-machine.ts';

const observation: fc.Arbitrary<Seen> = fc
  .record({
    check: fc.constantFrom(
      'ping',
      'ssh',
      'tcp',
      'agent',
      'users',
      'uptime',
      'gpu',
      'console',
      'df/tmp',
    ),
    verdict: fc.constantFrom(...verdicts),
    cause: fc.option(fc.constantFrom(...causes), { nil: undefined }),
    value: fc.constantFrom(null, 0, 3, 'ada', '', true),
    age: fc.integer({ min: 0, max: 2 * hour }),
    since: fc.integer({ min: 0, max: 9 * hour }),
    soft: fc.option(fc.constant(true as const), { nil: undefined, freq: 5 }),
  })
  .map(({ check, verdict, cause, value, age, since, soft }) => ({
    machine,
    check,
    verdict,
    value,
    text: verdict,
    ...(cause === undefined ? {} : { cause }),
    ...(soft === undefined ? {} : { soft }),
    observedAt: now - age,
    durationMs: 1,
    since: now - age - since,
  }));

const attempt: fc.Arbitrary<Attempt> = fc
  .record({
    symptom: fc.constantFrom(...builtInRules.rules.map(({ id }) => id)),
    action: fc.constantFrom('power-cycle' as const, 'reboot' as const, 'resume' as const),
    age: fc.integer({ min: 0, max: 900 * hour }),
    outcome: fc.constantFrom('worked' as const, 'failed' as const, 'pending' as const),
  })
  .map(({ age, ...rest }) => ({ machine, hardware: 'x', at: now - age, ...rest }));

const symptoms: fc.Arbitrary<Symptoms> = fc.record({
  machine: fc.constant(machine),
  at: fc.constant(now),
  hardware: fc.constant('x'),
  observations: fc.uniqueArray(observation, { selector: ({ check }) => check }),
  scheduler: fc.option(
    fc.record({
      state: fc.constantFrom('idle', 'down', 'allocated', 'mixed'),
      flags: fc.subarray(['drain', 'not_responding', 'maint', 'reboot_issued']),
      reason: fc.constantFrom(
        ...['', 'Not responding', 'Kill task failed', 'NHC: check_hw_ib', 'dead disk -jwhite'],
      ),
      author: fc.constantFrom('', 'root', 'slurm', 'ada'),
      since: fc.constant(now - 2 * hour),
      jobs: fc.constantFrom(null, [], ['812']),
      observedAt: fc.constant(now - minute),
    }),
    { nil: null },
  ),
  power: fc.option(
    fc.record({
      state: fc.constantFrom('on' as const, 'off' as const, 'unknown' as const),
      isBmcReached: fc.constantFrom(true, false, null),
      observedAt: fc.constant(now - minute),
      offOnPurpose: fc.option(fc.constant('asked'), { nil: null }),
    }),
    { nil: null },
  ),
  maintenance: fc.option(fc.constant({ reason: 'fan', by: 'ada' }), { nil: null }),
  notes: fc.constant([]),
  attempts: fc.array(attempt, { maxLength: 3 }),
  underWay: fc.option(fc.constant('rebooting'), { nil: null }),
  incident: fc.constant(null),
});

t.test('43: the same symptoms, experience and rules give the same suggestion', async () => {
  fc.assert(
    fc.property(symptoms, fc.array(attempt), (given, tried) => {
      const once = JSON.stringify(suggest(given, experienceOf(tried), builtInRules));
      const again = suggest(
        structuredClone(given),
        experienceOf(tried),
        structuredClone(builtInRules),
      );
      return once === JSON.stringify(again);
    }),
  );
});

t.test('a veto always wins: nothing is suggested, and nothing may be rebooted', async () => {
  fc.assert(
    fc.property(symptoms, fc.array(attempt), fc.boolean(), (given, tried, drains) => {
      const suggestion = suggest(given, experienceOf(tried), builtInRules);
      if (
        suggestion.vetoes.length > 0 &&
        (suggestion.action !== 'none' || suggestion.confidence > 0)
      )
        return false;
      const { vetoes } = mayReboot(given, suggestion, builtInRules, drains);
      return isReboot(suggestion.action) || vetoes.length > 0;
    }),
    { numRuns: 500 },
  );
});

t.test('whoever is alive, kept, or has a job is never rebooted by a suggestion', async () => {
  fc.assert(
    fc.property(symptoms, (given) => {
      const { action } = suggest(given, untried, builtInRules);
      if (!isReboot(action)) return true;
      const isSpeaking = given.observations.some(({ cause }) =>
        ['auth-refused', 'host-key-changed', 'host-key-unknown', 'password-asked'].includes(
          cause ?? '',
        ),
      );
      const hasJob = (given.scheduler?.jobs?.length ?? 0) > 0 && action !== 'drain-reboot';
      const isOurs = action !== 'power-on' || given.power?.offOnPurpose === null;
      return !isSpeaking && !given.maintenance && given.underWay === null && isOurs
        ? !hasJob || action === 'power-on'
        : false;
    }),
    { numRuns: 1000 },
  );
});

const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
const tally = fc
  .tuple(fc.nat(200), fc.nat(200))
  .map(([a, b]) => ({ tried: Math.max(a, b), worked: Math.min(a, b), lastWorked: null }));
const prior = fc.double({ min: 0, max: 1, noNaN: true });

t.test('more evidence against something never raises confidence in it', async () => {
  fc.assert(
    fc.property(prior, tally, weights, prior, (word, tried, against, more) => {
      const before = confidenceOf(word, tried, against);
      return confidenceOf(word, tried, [...against, more]) <= before;
    }),
  );
});

t.test('a failure lowers confidence, a success raises it, and neither leaves 0 to 1', async () => {
  fc.assert(
    fc.property(prior, tally, weights, (word, tried, against) => {
      const now = confidenceOf(word, tried, against);
      const failed = confidenceOf(word, { ...tried, tried: tried.tried + 1 }, against);
      return failed <= now && now >= 0 && now <= 1;
    }),
  );
});

t.test('nothing is all but certain before it was tried 20 times', async () => {
  fc.assert(
    fc.property(prior, fc.nat(19), (word, tried) => {
      return confidenceOf(word, { tried, worked: tried, lastWorked: null }, []) <= 0.95;
    }),
  );
});
