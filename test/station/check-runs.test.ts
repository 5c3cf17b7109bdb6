/** Runs of checks are bounded, end, and are asked again where the process that looks was lost. */

import t from 'tap';
import { CheckRuns, runLimits, runMs, runsKept } from '../../src/station/checks/runs.ts';
import type { Observation } from '../../src/checks/observation.ts';
import { HandTime } from './hand-time.ts';

const found = (machine: string, check: string): Observation => ({
  ...{ machine, check, verdict: 'ok', value: null, text: '', observedAt: 0, durationMs: 0 },
});

const answer = (runs: CheckRuns, machine: string, check: string): void =>
  runs.take({ version: 1, observations: [found(machine, check)], forgotten: [] });

t.test('so many are under way for one, and one more is refused', async (t) => {
  const runs = new CheckRuns({ time: new HandTime(), ask: () => true });
  for (let i = 0; i < runLimits.each; i += 1) runs.begin('token:a', ['n1'], ['ping']);
  t.throws(() => runs.begin('token:a', ['n1'], ['ping']), { code: 'too-many-requests' });
  runs.begin('token:b', ['n1'], ['ping']);
  answer(runs, 'n1', 'ping');
  runs.begin('token:a', ['n1'], ['ping']);
});

t.test('a run ends by its time where nobody answers, and the latest are remembered', async (t) => {
  const time = new HandTime();
  const runs = new CheckRuns({ time, ask: () => true });
  const { id } = runs.begin('token:a', ['n1', 'n2'], ['ping', 'ssh']);
  answer(runs, 'n1', 'ping');
  t.match(runs.of(id), { pending: 3, ended: null });
  await time.pass(runMs + 1);
  runs.tick();
  t.match(runs.of(id), { pending: 3, ended: Number });
  for (let i = 0; i <= runsKept + 1; i += 1) {
    runs.begin('token:a', ['n1'], ['ping']);
    answer(runs, 'n1', 'ping');
  }
  t.equal(runs.of(id), undefined);
});

t.test(
  'what was lost is asked again, what was answered is not, and what left is not waited for',
  async (t) => {
    const asked: string[] = [];
    let canAsk = false;
    const runs = new CheckRuns({
      time: new HandTime(),
      ask: (machine) => canAsk && asked.push(machine) > 0,
    });
    const { id } = runs.begin('token:a', ['n1', 'n2', 'n3'], ['ping']);
    runs.tick();
    t.same(asked, [], 'nobody can be asked yet');
    canAsk = true;
    runs.tick();
    t.same(asked, ['n1', 'n2', 'n3']);
    answer(runs, 'n1', 'ping');
    runs.lost();
    runs.tick();
    t.same(asked.slice(3), ['n2', 'n3']);
    answer(runs, 'n2', 'ping');
    runs.take({ version: 2, observations: [], forgotten: ['n3'] });
    t.match(runs.of(id), { pending: 0, ended: Number });
  },
);
