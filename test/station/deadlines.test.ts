/** Deadlines at the beginning of a term: nobody knows what the clock did before. */

import t from 'tap';
import type { Engine } from '../../src/core/engine.ts';
import { varOf } from '../../src/core/graph/vars.ts';
import { Deadlines } from '../../src/station/duties/deadlines.ts';
import {
  add,
  addedBy,
  load,
  newEngine,
  nodeUp,
  noon,
  observe,
  submit,
  wantProcess,
} from '../core/scenario.ts';
import { HandTime } from './hand-time.ts';

const host = 'n1.example';
const day = 24 * 3_600_000;

/** A process that was told to stop at noon, and a station that has heard its agent, at another time. */
const stoppingAt = (time: HandTime) => {
  const engine: Engine = newEngine();
  submit(engine, load());
  submit(engine, nodeUp(host));
  const { fid } = addedBy(engine, add(host, 'solo')).at(-1)!;
  submit(engine, wantProcess(fid, 'online', true));
  submit(engine, observe(fid, 1, 'online', { pid: 1 }));
  submit(engine, wantProcess(fid, 'offline'));
  const deadlines = new Deadlines({
    graph: () => engine.graph,
    now: time.now,
    time,
    agents: { away: new Set(), isNew: false },
    own: {
      attempt: async (command) => submit(engine, command, { at: time.now() }).kind === 'committed',
    },
  });
  const state = (): string => engine.graph.must('process', fid).state;
  return { deadlines, state, limitMs: varOf(engine.graph, 'process_stop_timeout') * 1000 };
};

t.test('a process that stops is given its time by a station whose clock is ahead', async (t) => {
  const time = new HandTime(noon + 3 * day);
  const { deadlines, state, limitMs } = stoppingAt(time);
  t.equal(state(), 'quiescing');
  deadlines.start();
  await time.pass(2_000);
  t.equal(state(), 'quiescing', 'its agent is there, and has said nothing of it yet');
  await time.pass(limitMs - 3_000);
  t.equal(state(), 'quiescing');
  await time.pass(3_000);
  t.equal(state(), 'failed', 'not for ever');
  await deadlines.stop();
});

t.test('what comes due after the first look is not put off', async (t) => {
  const time = new HandTime(noon);
  const { deadlines, state, limitMs } = stoppingAt(time);
  deadlines.start();
  await time.pass(limitMs - 1_000);
  t.equal(state(), 'quiescing');
  await time.pass(2_000);
  t.equal(state(), 'failed');
  await deadlines.stop();
});

t.test('each term begins so', async (t) => {
  const time = new HandTime(noon);
  const { deadlines, state, limitMs } = stoppingAt(time);
  deadlines.start();
  await time.pass(1_000);
  await deadlines.stop();
  await time.pass(day);
  deadlines.start();
  await time.pass(2_000);
  t.equal(state(), 'quiescing', 'another station led meanwhile, or none');
  await time.pass(limitMs);
  t.equal(state(), 'failed');
  await deadlines.stop();
});
