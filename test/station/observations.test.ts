/** The latest observations of machines, in memory. */

import fc from 'fast-check';
import t from 'tap';
import { causes, verdicts } from '../../src/checks/observation.ts';
import type { Observation } from '../../src/checks/observation.ts';
import { sampleSeconds, samplesKept } from '../../src/core/values/samples.ts';
import { checksMax, Observations } from '../../src/station/observations/observations.ts';
import type { Changes } from '../../src/station/observations/observations.ts';
import { openStation, until } from './harness.ts';

const seen = 1_790_000_000_000;

const observed = (
  machine: string,
  check: string,
  over: Partial<Observation> = {},
): Observation => ({
  machine,
  check,
  verdict: 'ok',
  value: null,
  text: 'fine',
  observedAt: seen,
  durationMs: 1,
  ...over,
});

t.test('machines of odd names have what was observed of them', async (t) => {
  const observations = new Observations();
  const names = ['0', 'null', '1e3', 'constructor', '__proto__'];
  observations.record(names.map((name) => observed(name, 'ping', { text: name })));
  for (const name of names) t.equal(observations.of(name, 'ping')?.text, name);
  t.equal(observations.of('toString', 'ping'), undefined);
  t.equal(observations.of('0', 'constructor'), undefined);
});

t.test('what was observed earlier does not replace what is known', async (t) => {
  const observations = new Observations();
  observations.record([observed('n1', 'ssh', { text: 'new' })]);
  observations.record([observed('n1', 'ssh', { text: 'old', observedAt: seen - 1 })]);
  t.equal(observations.of('n1', 'ssh')?.text, 'new');
  t.equal(observations.version, 1);
});

t.test('listeners are told what changed at once, and the version grows', async (t) => {
  const observations = new Observations();
  const told: Changes[] = [];
  const stop = observations.changed((changes) => void told.push(changes));
  observations.record([observed('n1', 'ping'), observed('n2', 'ping')]);
  observations.record([]);
  observations.forget(['n2', 'n3']);
  stop();
  observations.record([observed('n1', 'ping', { observedAt: seen + 1 })]);
  t.match(
    told.map(({ version, observations: some, forgotten }) => [version, some.length, forgotten]),
    [
      [1, 2, []],
      [2, 0, ['n2']],
    ],
  );
  t.equal(observations.version, 3);
  t.equal(observations.versionOf('n1'), 3);
  t.equal(observations.versionOf('n2'), 0);
});

t.test('what is known of a machine goes on under its new name', async (t) => {
  const observations = new Observations();
  observations.record([observed('old', 'load', { value: 1.5 }), observed('new', 'ping')]);
  observations.rename('old', 'new');
  t.match(observations.allOf('new'), [{ machine: 'new', check: 'load', value: 1.5 }]);
  t.same(observations.allOf('old'), []);
  t.equal(observations.samplesOf('new', 'load').length, 1);
});

t.test('a place that is free is taken without what was there', async (t) => {
  const observations = new Observations();
  observations.record([observed('n1', 'load', { value: 7, soft: true, cause: 'timeout' })]);
  observations.forget(['n1']);
  observations.record([observed('n2', 'ping')]);
  t.same(observations.allOf('n2'), [observed('n2', 'ping')]);
  t.same(observations.samplesOf('n2', 'load'), []);
});

t.test('samples are bounded, spread over hours, and end with the latest', async (t) => {
  const observations = new Observations();
  const found = (at: number, value: number): void =>
    observations.record([observed('n1', 'load', { value, observedAt: at })]);
  const stepMs = sampleSeconds * 1000;
  const first = Math.ceil(seen / stepMs);
  for (let i = 0; i < 4 * samplesKept; i += 1) found((first + i / 2) * stepMs, i);
  const samples = observations.samplesOf('n1', 'load');
  t.equal(samples.length, samplesKept, 'a day');
  const last = first + 2 * samplesKept - 1;
  t.same(samples.at(-1), { at: last * stepMs, value: 4 * samplesKept - 1 }, 'the last of its time');
  t.same(
    samples.map(({ at }) => at),
    Array.from({ length: samplesKept }, (_, i) => (last - samplesKept + 1 + i) * stepMs),
    'one in each stretch, the oldest first',
  );
  found((last + 10) * stepMs, 7);
  const later = observations.samplesOf('n1', 'load');
  t.equal(later.length, samplesKept - 9, 'where nothing was found there is none');
  t.same(later.at(-1), { at: (last + 10) * stepMs, value: 7 });
  found((last + 10 + samplesKept) * stepMs, 8);
  t.same(observations.samplesOf('n1', 'load'), [
    { at: (last + 10 + samplesKept) * stepMs, value: 8 },
  ]);
});

t.test('there is an end to how many checks are kept', async (t) => {
  const observations = new Observations();
  for (let i = 0; i < checksMax; i += 1) observations.record([observed('n1', `c${i}`)]);
  t.throws(() => observations.record([observed('n1', 'one-more')]), RangeError);
});

const some = fc.record({
  machine: fc.constantFrom('n1', 'n2', 'n3'),
  check: fc.constantFrom('ping', 'df/tmp'),
  verdict: fc.constantFrom(...verdicts),
  value: fc.oneof(fc.constant(null), fc.boolean(), fc.string(), fc.double({ noNaN: true })),
  text: fc.string(),
  cause: fc.option(fc.constantFrom(...causes), { nil: undefined }),
  observedAt: fc.integer({ min: seen, max: seen + 5 }),
  durationMs: fc.nat(1000),
  soft: fc.option(fc.constant(true as const), { nil: undefined }),
  flapping: fc.option(fc.constant(true as const), { nil: undefined }),
});

t.test('what is asked for is what was recorded last', async () => {
  const step = fc.oneof(some, fc.constantFrom('n1', 'n2', 'n3'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const observations = new Observations();
      const model = new Map<string, Observation>();
      for (const each of steps) {
        if (typeof each === 'string') {
          observations.forget([each]);
          for (const key of model.keys()) if (key.startsWith(`${each} `)) model.delete(key);
          continue;
        }
        const given = JSON.parse(JSON.stringify(each)) as Observation;
        observations.record([given]);
        const key = `${each.machine} ${each.check}`;
        if ((model.get(key)?.observedAt ?? 0) <= each.observedAt) model.set(key, given);
      }
      for (const machine of ['n1', 'n2', 'n3'])
        for (const check of ['ping', 'df/tmp']) {
          const known = observations.of(machine, check);
          const wanted = model.get(`${machine} ${check}`);
          const sorted = (one: object | undefined): string =>
            JSON.stringify(Object.entries(one ?? {}).sort());
          if (sorted(known) !== sorted(wanted)) return false;
        }
      return true;
    }),
  );
});

t.test('ten thousand machines by sixteen checks take little memory', async (t) => {
  const before = process.memoryUsage();
  const observations = new Observations();
  const start = performance.now();
  for (let check = 0; check < 16; check += 1)
    observations.record(
      Array.from({ length: 10_000 }, (_, i) =>
        observed(`n${i}.savio3`, `check-${check}`, { value: i, text: `load ${i} of ${check}` }),
      ),
    );
  const took = performance.now() - start;
  const after = process.memoryUsage();
  const mib =
    (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20;
  t.comment(`${Math.round(mib)} MiB, ${Math.round(took)} ms`);
  t.ok(mib < 220, `${Math.round(mib)} MiB`);
  t.equal(observations.of('n9999.savio3', 'check-15')?.value, 9999);
});

t.test('a station forgets machines that leave, and knows those that are renamed', async (t) => {
  const { ask, station } = await openStation(t);
  const { observations } = station;
  for (const fqdn of ['gone.example', 'old.example']) await ask('POST', '/hosts', { fqdn });
  observations.record([observed('gone.example', 'ping'), observed('old.example', 'ping')]);
  t.match(await ask('DELETE', '/hosts/gone.example'), { status: 200 });
  t.match(await ask('POST', '/hosts/old.example/rename', { to: 'new.example' }), { status: 200 });
  await until('its new name', () => observations.of('new.example', 'ping') !== undefined);
  t.same([...observations.machines], ['new.example']);
});
