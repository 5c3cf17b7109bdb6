/** Independent processes whose owners must be heard from. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import {
  add,
  addedBy,
  given,
  load,
  newEngine,
  nodeUp,
  noon,
  report,
  scale,
  submit,
} from './scenario.ts';

const host = 'n1.example';
const loaded = [load(), nodeUp(host)];
const lease = (fid: Fid, seconds: number): Command => ({ type: 'LeaseProcess', fid, seconds });
const reason = 'its lease of 30 s was not renewed';
const expire = (fid: Fid): Command => ({ type: 'ExpireLease', fid, reason });

/** Fids are counted: two engines with one history give the same. */
const first = (role: string): Fid => {
  const engine = newEngine();
  for (const command of loaded) submit(engine, command);
  return addedBy(engine, add(host, role)).at(-1)!.fid;
};
const app = first('app');
const withApp = [...loaded, { ...add(host, 'app'), tokens: true } as Command];
const endpoints = (engine: Engine): string[] =>
  Array.from(engine.graph.all('process'), ({ endpoint }) => endpoint);

t.test('a lease is set once and changed by another', async (t) => {
  const engine = given(...withApp)
    .when(lease(app, 30))
    .then(t, [{ type: 'ProcessLeased', data: { fid: app, seconds: 30 } }]);
  t.equal(engine.graph.must('process', app).lease, 30);
  given(...withApp, lease(app, 30))
    .when(lease(app, 30))
    .thenNothing(t);
  given(...withApp, lease(app, 30))
    .when(lease(app, 60))
    .then(t, [{ type: 'ProcessLeased', data: { fid: app, seconds: 60 } }]);
});

t.test('a process is added under its lease in one commit, and nothing else is', async (t) => {
  const engine = newEngine();
  for (const command of loaded) submit(engine, command);
  const leased = { ...add(host, 'app'), tokens: true, lease: 30 } as Command;
  const events = addedBy(engine, leased);
  t.ok(events.length > 0);
  for (const { fid } of events) {
    const { role, lease: seconds } = engine.graph.must('process', fid);
    t.equal(seconds, role === 'app' ? 30 : null, 'what the role requires has none');
  }
  given(...loaded)
    .when({ ...add(host, 'solo'), lease: 30 } as Command)
    .thenRejected(t, { code: 'process-managed', subject: 'solo' });
});

t.test('only independent processes that exist have one', async (t) => {
  const managed = first('solo');
  for (const command of [lease(managed, 30), expire(managed)])
    given(...loaded, add(host, 'solo'))
      .when(command)
      .thenRejected(t, { code: 'process-managed', subject: managed });
  for (const command of [lease(app, 30), expire(app)])
    given(...loaded)
      .when(command)
      .thenRejected(t, { code: 'unknown-process', subject: app });
});

t.test('one that has run out fails and removes its process, token included', async (t) => {
  const { node } = given(...withApp).engine.graph.must('process', app);
  const [credential] = given(...withApp).engine.graph.many('speaks', app);
  const gone = [
    { type: 'CredentialRevoked', data: { id: credential!.id, why: 'owner-removed' } },
    { type: 'ProcessRemoved', data: { fid: app, node, cools_until: noon + 60_000 } },
  ] as const;
  const failed = {
    type: 'ProcessStateChanged',
    data: { fid: app, state: 'failed', reason },
  } as const;
  for (const states of [[], ['starting'], ['online']] as const)
    given(...withApp, lease(app, 30), ...states.map((state) => report(app, state)))
      .when(expire(app))
      .then(t, [failed, ...gone]);
  for (const state of ['offline', 'failed'] as const) {
    const engine = given(...withApp, lease(app, 30), report(app, state))
      .when(expire(app))
      .then(t, gone);
    t.same(endpoints(engine), []);
  }
});

t.test('without a lease nothing runs out', async (t) => {
  given(...withApp)
    .when(expire(app))
    .thenNothing(t);
  given(...withApp, report(app, 'online'))
    .when(expire(app))
    .thenNothing(t);
});

t.test('the lease goes with its process, and the next one has none', async (t) => {
  const engine = given(
    ...withApp,
    lease(app, 30),
    report(app, 'online'),
    expire(app),
    scale(host, 'app', 1),
  ).engine;
  t.match([...engine.graph.all('process')], [{ role: 'app', lease: null, state: 'unknown' }]);
});
