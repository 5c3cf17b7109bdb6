/** Numbers that checks found, over a restart of the station. */

import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sampleSeconds, samplesKept } from '../../src/core/values/samples.ts';
import { Observations } from '../../src/station/observations/observations.ts';
import { readSamples, writeSamples } from '../../src/station/observations/sample-file.ts';
import { openStation, temporary, until } from './harness.ts';
import type { InProcess, Json } from './harness.ts';

const stepMs = sampleSeconds * 1000;
const now = Math.floor(Date.now() / stepMs) * stepMs;

const found = (machine: string, check: string, observedAt: number, value: number) => ({
  ...{ machine, check, verdict: 'ok' as const, value, text: '', observedAt, durationMs: 0 },
});

const filled = (machines: number, steps: number): Observations => {
  const observations = new Observations();
  for (let i = 0; i < machines; i += 1)
    for (let step = 0; step < steps; step += 1)
      observations.record([
        found(`n${i}.höst.example`, 'load', now - step * stepMs, 0),
        found(`n${i}.höst.example`, 'df/tmp', now - (steps - step) * stepMs, i + step),
      ]);
  return observations;
};

const resumed = async (path: string, into = new Observations()): Promise<Observations> => {
  await readSamples(path, (series) => into.resume(series));
  return into;
};

t.test('what is written is read, for however many machines', async (t) => {
  const path = join(temporary(t), 'samples.bin');
  for (const machines of [0, 1, 2000]) {
    const observations = filled(machines, 3);
    await writeSamples(path, observations.series());
    t.equal(statSync(path).mode & 0o777, 0o600);
    const again = await resumed(path);
    for (let i = 0; i < machines; i += 1)
      for (const check of ['load', 'df/tmp']) {
        const machine = `n${i}.höst.example`;
        const samples = again.samplesOf(machine, check);
        if (JSON.stringify(samples) !== JSON.stringify(observations.samplesOf(machine, check)))
          t.fail(`${machine} ${check}`);
      }
    t.equal([...again.series()].length, 2 * machines);
  }
});

t.test('a file that is not whole is none, wherever it is cut or changed', async (t) => {
  const path = join(temporary(t), 'samples.bin');
  await writeSamples(path, filled(2, 2).series());
  const whole = readFileSync(path);
  const isRefused = async (what: string): Promise<void> => {
    const taken: unknown[] = [];
    await t.rejects(
      readSamples(path, (series) => taken.push(series)),
      what,
    );
    t.equal(taken.length, 0, what);
  };
  for (const length of [0, 5, 8, 20, 700, whole.length - 1]) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    await isRefused(`cut at ${length}`);
  }
  for (const at of [0, 9, 700, whole.length - 1, whole.length - 12]) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    writeFileSync(path, changed);
    await isRefused(`changed at ${at}`);
  }
});

t.test('what was found since the start stays, and what was before it is added', async (t) => {
  const path = join(temporary(t), 'samples.bin');
  const before = new Observations();
  for (const [step, value] of [
    [samplesKept + 5, 1],
    [3, 2],
    [1, 3],
  ] as const)
    before.record([found('n1', 'load', now - step * stepMs, value)]);
  await writeSamples(path, before.series());
  const since = new Observations();
  since.record([found('n1', 'load', now - stepMs, 30), found('n1', 'load', now, 40)]);
  const { at } = since.samplesOf('n1', 'load')[0]!;
  t.equal(at, now - stepMs);
  t.same((await resumed(path, since)).samplesOf('n1', 'load'), [
    { at: now - 3 * stepMs, value: 2 },
    { at: now - stepMs, value: 30 },
    { at: now, value: 40 },
  ]);
});

const pointsOf = async ({ ask }: InProcess): Promise<Json> => {
  const { body } = await ask('GET', '/hosts/n1.example/measurements');
  return body.series.map(({ check, points }: Json) => [check, points]);
};

t.test('the numbers of the last day are there after a restart', async (t) => {
  const directory = temporary(t);
  const first = await openStation(t, { directory });
  await first.ask('POST', '/hosts', { fqdn: 'n1.example' });
  await first.close();
  t.notOk(existsSync(join(directory, 'samples.bin')), 'there was none');

  const second = await openStation(t, { directory, admin: first.admin });
  const { observations } = second.station;
  observations.record([found('n1.example', 'load', now - stepMs, 1.5)]);
  observations.record([
    found('n1.example', 'load', now, 2.5),
    found('gone.example', 'load', now, 1),
  ]);
  const told = await pointsOf(second);
  t.same(told, [
    [
      'load',
      [
        [now - stepMs, 1.5],
        [now, 2.5],
      ],
    ],
  ]);
  await second.close();

  const third = await openStation(t, { directory, admin: first.admin });
  await until('the numbers', async () => (await pointsOf(third)).length > 0);
  t.same(await pointsOf(third), told);
  t.same(third.station.observations.samplesOf('gone.example', 'load'), [], 'there is no such host');
  await third.close();

  writeFileSync(join(directory, 'samples.bin'), 'garbage');
  const fourth = await openStation(t, { directory, admin: first.admin });
  await until('a warning', () => fourth.logged.some((line) => /before the start/.test(line)));
  t.same(await pointsOf(fourth), []);
});
