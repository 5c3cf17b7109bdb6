/** What is done next, in every situation there is. */

import t from 'tap';
import { nextStep } from '../../../src/agent/supervision/next-step.ts';
import type { Situation, Step } from '../../../src/agent/supervision/next-step.ts';
import { isBefore } from '../../../src/agent/supervision/run-record.ts';
import type { Phase } from '../../../src/agent/supervision/run-record.ts';

const phases: Phase[] = ['prepared', 'intent', 'running', 'ended', 'refused'];
const generations = [1, 2, 3];

const situations: Situation[] = [];
for (const forgotten of [false, true])
  for (const run of [undefined, false, true])
    for (const wanted of run === undefined ? [0] : generations)
      for (const phase of [undefined, ...phases])
        for (const generation of phase === undefined ? [0] : generations)
          situations.push({
            forgotten,
            wanted: run === undefined ? undefined : { run, generation: wanted },
            record: phase === undefined ? undefined : { phase, generation },
          });

const all = (step: Step): Situation[] => situations.filter((one) => nextStep(one) === step);

t.test('a generation that has had its start is never started again', async (t) => {
  for (const { wanted, record } of all('start')) {
    t.ok(wanted!.run);
    if (record !== undefined && !isBefore(record.phase))
      t.ok(wanted!.generation > record.generation, JSON.stringify({ wanted, record }));
  }
});

t.test('nothing is started or erased while something runs', async (t) => {
  for (const step of ['start', 'erase', 'rest'] as const)
    for (const { record } of all(step)) t.not(record?.phase, 'running');
});

t.test('what is forgotten is stopped and erased, and nothing else', async (t) => {
  for (const one of situations.filter(({ forgotten }) => forgotten))
    t.equal(nextStep(one), one.record?.phase === 'running' ? 'stop' : 'erase');
});

t.test('what runs is left alone only as it is wanted, or as long as nobody has said', async (t) => {
  const running = situations.filter(({ record }) => record?.phase === 'running');
  for (const one of running.filter(({ forgotten }) => !forgotten)) {
    const { wanted, record } = one;
    const fits = wanted === undefined || (wanted.run && wanted.generation <= record!.generation);
    t.equal(nextStep(one), fits ? 'nothing' : 'stop');
  }
});
