/** What came of attempts moves confidence, on hardware of the same make first. */

import t from 'tap';
import { experienceOf } from '../../../src/checks/suggestions/confidence.ts';
import type { Attempt } from '../../../src/checks/suggestions/symptoms.ts';
import { about, dead, hour, now } from './played-machine.ts';

const cycled = (outcome: Attempt['outcome'], more: Partial<Attempt> = {}): Attempt => ({
  machine: 'n0001.savio3',
  hardware: '64 cpus',
  symptom: 'silent-power-on',
  action: 'power-cycle',
  at: now - 100 * hour,
  outcome,
  ...more,
});

const times = (count: number, attempt: Attempt): Attempt[] =>
  Array.from({ length: count }, () => attempt);

const confidence = (attempts: readonly Attempt[]): number =>
  about({ observations: dead }, experienceOf(attempts)).confidence;

t.test('what worked is trusted more, and what failed less', async (t) => {
  t.equal(confidence([]), 0.8);
  t.equal(confidence(times(4, cycled('worked'))), 0.9);
  t.equal(confidence(times(4, cycled('failed'))), 0.4);
});

t.test('what nobody can know yet does not count', async (t) => {
  t.equal(confidence(times(9, cycled('pending'))), 0.8);
});

t.test('at most 0.95 before it was tried 20 times, and more after that', async (t) => {
  t.equal(confidence(times(19, cycled('worked'))), 0.95);
  t.equal(confidence(times(60, cycled('worked'))), 0.99);
});

t.test('hardware of the same make counts alone once there is enough of it', async (t) => {
  const others = times(20, cycled('failed', { hardware: '8 cpus' }));
  t.equal(confidence([...others, cycled('worked')]), 0.17);
  t.equal(confidence([...others, ...times(4, cycled('worked'))]), 0.9);
});

t.test(
  '47: what was done about it in the last 24 h is not done again, and somebody is asked',
  async (t) => {
    const again = about({
      observations: dead,
      attempts: [cycled('worked', { machine: 'n0007.savio3', at: now - 3 * hour })],
    });
    t.equal(again.action, 'none');
    t.strictSame(
      again.vetoes.map(({ code }) => code),
      ['loop-guard'],
    );
    t.match(again.vetoes[0]?.text, /once in 24 h, last 3 h ago/);
    t.strictSame(again.forbidden, { action: 'power-cycle', confidence: 0.8 });
    t.strictSame(again.alternatives, ['hand-over']);
    t.equal(about({ observations: dead, attempts: [cycled('failed')] }).action, 'power-cycle');
  },
);

t.test('35: how often it was tried and worked is told', async (t) => {
  const tried = [...times(17, cycled('worked')), ...times(4, cycled('failed'))];
  t.strictSame(about({ observations: dead }, experienceOf(tried)).history, {
    tried: 21,
    worked: 17,
    lastWorked: now - 100 * hour,
  });
});
