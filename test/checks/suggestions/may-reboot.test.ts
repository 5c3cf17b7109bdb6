/** Whether a machine may be rebooted now. */

import t from 'tap';
import { mayReboot } from '../../../src/checks/suggestions/may-reboot.ts';
import { suggest } from '../../../src/checks/suggestions/suggest.ts';
import type { Symptoms } from '../../../src/checks/suggestions/symptoms.ts';
import { builtInRules } from '../../../src/checks/suggestions/table.ts';
import { dead, scheduled, seen, symptoms, untried } from './played-machine.ts';

const vetoes = (more: Partial<Symptoms>, drains = false): string[] => {
  const given = symptoms(more);
  const suggestion = suggest(given, untried, builtInRules);
  return mayReboot(given, suggestion, builtInRules, drains).vetoes.map(({ code }) => code);
};

const running = scheduled('', { state: 'mixed', jobs: ['812'] });

t.test('what is suggested may be done', async (t) => {
  t.strictSame(vetoes({ observations: dead }), []);
});

t.test('39: what was suggested may not be done once a job runs there', async (t) => {
  t.strictSame(vetoes({ observations: dead, scheduler: running }), ['job-running']);
});

t.test('each reason against it is told, not only the first', async (t) => {
  const codes = vetoes({
    observations: dead,
    scheduler: { ...running, reason: 'dead disk -jwhite', author: 'jwhite' },
    maintenance: { reason: 'replacing a fan', by: 'ada' },
  });
  t.strictSame(codes, ['human-reason', 'maintenance', 'job-running']);
});

t.test('a machine that is well may not be rebooted without a reason', async (t) => {
  t.strictSame(vetoes({}), ['no-suggestion']);
});

t.test('38: nor one on which processes of users live', async (t) => {
  const observations = [seen('ssh', 'ok'), seen('users', 'ok', { value: 'ada' })];
  t.strictSame(vetoes({ observations, scheduler: scheduled('Not responding') }), [
    'users-alive',
    'no-suggestion',
  ]);
});

t.test('19: nor one that lives and does not let us in', async (t) => {
  const observations = [seen('ping', 'ok'), seen('ssh', 'fail', { cause: 'auth-refused' })];
  t.strictSame(vetoes({ observations }), ['alive', 'no-suggestion']);
});

t.test(
  '61: a job that runs is no reason against it where the machine is drained first',
  async (t) => {
    const observations = [seen('ssh', 'ok'), seen('gpu', 'fail')];
    t.strictSame(vetoes({ observations, scheduler: running }, true), []);
    t.strictSame(vetoes({ observations, scheduler: running }, false), ['job-running']);
  },
);
