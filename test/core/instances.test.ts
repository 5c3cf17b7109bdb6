/** Runs of independent processes: what an older one says late is not taken for the present one's. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { instancesMax } from '../../src/core/values/instance.ts';
import { add, addedBy, given, load, newEngine, nodeUp, report, submit } from './scenario.ts';

const host = 'n1.example';
const withApp: readonly Command[] = [load(), nodeUp(host), add(host, 'app')];
const app = ((): Fid => {
  const engine = newEngine();
  submit(engine, withApp[0]!);
  submit(engine, withApp[1]!);
  return addedBy(engine, withApp[2]!).at(-1)!.fid;
})();

const says = (instance: string, state: Parameters<typeof report>[1]): Command =>
  ({ ...report(app, state), instance }) as Command;
const renews = (instance: string): Command => ({
  type: 'LeaseProcess',
  fid: app,
  seconds: 30,
  instance,
});
const began = (instance: string) =>
  ({ type: 'ProcessInstanceBegan', data: { fid: app, instance } }) as const;
const became = (state: 'starting' | 'online' | 'offline' | 'failed') =>
  ({ type: 'ProcessStateChanged', data: { fid: app, state, reason: '' } }) as const;
const older = { code: 'older-instance', subject: app } as const;

t.test('whatever an older run says late is refused', async (t) => {
  const history = [...withApp, says('first', 'online'), says('second', 'online')];
  for (const state of ['starting', 'online', 'offline', 'failed'] as const)
    given(...history)
      .when(says('first', state))
      .thenRejected(t, older);
  given(...history)
    .when(renews('first'))
    .thenRejected(t, older);
  given(...history)
    .when(renews('second'))
    .then(t, [{ type: 'ProcessLeased', data: { fid: app, seconds: 30 } }]);
  given(...history)
    .when(says('second', 'offline'))
    .then(t, [became('offline')]);
});

t.test('it stays refused when the present run has ended', async (t) => {
  const history = ['online', 'offline'].flatMap((state) =>
    ['first', 'second'].map((run) => says(run, state as 'online')),
  );
  given(...withApp, history[0]!, history[2]!, history[1]!, history[3]!)
    .when(says('first', 'failed'))
    .thenRejected(t, older);
});

t.test('a run begins by starting or online, and with any word where it is the first', async (t) => {
  for (const state of ['starting', 'online'] as const)
    given(...withApp, says('first', 'starting'))
      .when(says('second', state))
      .then(t, [began('second'), ...(state === 'starting' ? [] : [became(state)])]);
  for (const state of ['offline', 'failed'] as const)
    given(...withApp, says('first', 'online'))
      .when(says('never begun', state))
      .thenRejected(t, older);
  given(...withApp)
    .when(says('first', 'failed'))
    .then(t, [began('first'), became('failed')]);
  given(...withApp)
    .when(renews('first'))
    .then(t, [{ type: 'ProcessLeased', data: { fid: app, seconds: 30 } }]);
});

t.test('who does not say which run it is, is taken as ever', async (t) => {
  given(...withApp, says('first', 'online'))
    .when(report(app, 'offline'))
    .then(t, [became('offline')]);
  given(...withApp, says('first', 'online'), report(app, 'offline'))
    .when(says('first', 'online'))
    .then(t, [became('online')]);
});

t.test('a report that changes nothing leaves no trace', async (t) => {
  given(...withApp, says('first', 'online'))
    .when(says('first', 'online'))
    .thenNothing(t);
});

t.test('so many runs are known, and no more are kept', async (t) => {
  const runs = Array.from({ length: instancesMax + 1 }, (_, i) => `run ${i}`);
  const history = [...withApp, ...runs.map((run) => says(run, 'online'))];
  const { engine } = given(...history);
  t.same(engine.graph.must('process', app).instances, runs.slice(1).toReversed());
  given(...history)
    .when(says(runs[1]!, 'online'))
    .thenRejected(t, older);
  given(...history)
    .when(says(runs[0]!, 'online'))
    .then(t, [began(runs[0]!)]);
});
