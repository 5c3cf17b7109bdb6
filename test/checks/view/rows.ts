/** Machines of the tests: plain ones, and generated ones with whatever machines may print. */

import fc from 'fast-check';
import type { CheckDescription } from '../../../src/checks/check.ts';
import { causes, verdicts } from '../../../src/checks/observation.ts';
import type { Observation } from '../../../src/checks/observation.ts';
import { rowOf } from '../../../src/checks/view/state.ts';
import type { FleetRow, MachineFacts } from '../../../src/checks/view/row.ts';

/** When it is, in the tests: 2026-11-21T10:00:00Z. */
export const now = Date.UTC(2026, 10, 21, 10);

const described = (
  id: string,
  type: CheckDescription['type'],
  parent?: string,
): CheckDescription => ({
  id,
  ...(parent === undefined ? {} : { parent }),
  title: id,
  description: `What ${id} finds.`,
  type,
  needs: 'probe',
  timeoutSeconds: 5,
  periodSeconds: 60,
});

export const checks: readonly CheckDescription[] = [
  described('agent', 'bool'),
  described('df/scratch', 'bytes', 'df'),
  described('df/tmp', 'bytes', 'df'),
  described('ipmi', 'bool'),
  described('load', 'count'),
  described('memory', 'ratio'),
  described('ping', 'bool'),
  described('power', 'enum'),
  described('ssh', 'bool'),
  described('uptime', 'seconds'),
];

export const seen = (
  check: string,
  verdict: Observation['verdict'],
  more: Partial<Observation> = {},
): Omit<Observation, 'machine'> => ({
  check,
  verdict,
  value: null,
  text: '',
  observedAt: now - 30_000,
  durationMs: 12,
  ...more,
});

export const facts = (
  machine: string,
  more: Partial<Omit<MachineFacts, 'checks'>> = {},
  ...found: readonly Omit<Observation, 'machine'>[]
): MachineFacts => ({
  machine,
  host: 'unknown',
  hostReason: '',
  hostSince: now - 3_600_000,
  node: null,
  roles: [],
  project: null,
  enclosure: null,
  maintenance: null,
  scheduler: null,
  note: null,
  checks: found.map((one) => ({ ...one, machine })),
  ...more,
});

export const row = (...given: Parameters<typeof facts>): FleetRow => rowOf(facts(...given));

/** Words as machines and people write them, with all that does harm. */
export const foreign = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '<img onerror=alert(1)>',
    '=HYPERLINK("http://x","y")',
    ' +1+cmd|calc',
    '@SUM(A1)',
    '\u001b]0;owned\u0007',
    '\u009b31mred',
    '\u202egnp.exe',
    'two\nlines',
    'a\tb,"c"',
    '\ud800',
    '-2+3',
  ),
);

const names = fc.oneof(
  fc
    .tuple(fc.constantFrom('n', 'gpu-a', 'R1U'), fc.integer({ min: 0, max: 120 }), fc.boolean())
    .map(
      ([prefix, number, padded]) =>
        `${prefix.toLowerCase()}${padded ? String(number).padStart(4, '0') : number}.savio3`,
    ),
  fc.constantFrom('0', 'null', '1e3', 'constructor', 'tostring', 'ssh', '0154.savio2'),
);

const observation = (check: CheckDescription): fc.Arbitrary<Omit<Observation, 'machine'>> =>
  fc
    .record({
      verdict: fc.constantFrom(...verdicts),
      value: fc.oneof(
        fc.constant(null),
        fc.boolean(),
        fc.integer({ min: 0, max: 3 }),
        fc.double({ min: 0, max: 1e12, noNaN: true }).map((one) => one + 0),
        foreign,
      ),
      text: foreign,
      cause: fc.option(fc.constantFrom(...causes), { nil: undefined }),
      observedAt: fc.integer({ min: now - 1e9, max: now }),
      durationMs: fc.integer({ min: 0, max: 10_000 }),
      soft: fc.constantFrom(true as const, undefined),
      flapping: fc.constantFrom(true as const, undefined),
    })
    .map(({ cause, soft, flapping, ...rest }) => ({
      check: check.id,
      ...rest,
      ...(cause ? { cause } : {}),
      ...(soft ? { soft } : {}),
      ...(flapping ? { flapping } : {}),
    }));

const machine = fc
  .tuple(
    names,
    fc.constantFrom('up', 'down', 'unknown'),
    foreign,
    fc.tuple(...checks.map((check) => fc.option(observation(check), { nil: undefined }))),
  )
  .map(([name, host, reason, found]) =>
    row(name, { host, hostReason: reason }, ...found.filter((one) => one !== undefined)),
  );

/** A fleet, each machine once. */
export const fleets = fc.uniqueArray(machine, {
  maxLength: 30,
  selector: ({ machine: name }) => name,
});
