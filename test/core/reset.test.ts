/** A reset: back to known ground, with what runs going on. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import type { Command } from '../../src/core/commands/index.ts';
import {
  addedBy,
  add,
  commitOf,
  given,
  load,
  nodeUp,
  noon,
  observe,
  override,
  rejectionOf,
  report,
  setVars,
  wantCluster,
  wantNode,
} from './scenario.ts';

const host = 'n1.example';
const reset: Command = { type: 'ResetCluster', reason: 'new start' };

t.test(
  'wishes and failures are forgotten, what runs goes on, and a start begins anew',
  async (t) => {
    const { engine } = given(load(), nodeUp(host), setVars({ process_max_start_attempts: 3 }));
    const [runs, failed, paused] = [1, 2, 3].map(
      () => addedBy(engine, add(host, 'solo')).at(-1)!.fid,
    );
    const [independent] = addedBy(engine, add(host, 'app')).map(({ fid }) => fid);
    commitOf(engine, wantCluster('online'));
    commitOf(engine, wantNode(engine.graph.must('process', runs!).node, 'online'));
    commitOf(engine, observe(runs!, 1, 'online', { pid: 7 }));
    commitOf(engine, override(failed!, 'failed'));
    commitOf(engine, observe(paused!, 1, 'exited'));
    commitOf(engine, observe(paused!, 2, 'exited'), { at: noon + 5 });
    t.ok(engine.graph.get('deadline', `process-retry/${paused}`), 'it waits for its next attempt');
    commitOf(engine, report(independent!, 'failed'));

    const { events } = commitOf(engine, reset);
    t.strictSame(
      events.map(({ type }) => type),
      ['ClusterReset'],
    );
    const state = (fid: string | undefined): string => engine.graph.must('process', fid!).state;
    t.strictSame([runs, failed, paused, independent].map(state), [
      'online',
      'unknown',
      'offline',
      'unknown',
    ]);
    t.equal(engine.graph.get('deadline', `process-retry/${paused}`), undefined);
    t.equal([...engine.graph.all('cluster')][0]!.wanted, null);
    t.notOk([...engine.graph.all('process')].some(({ wanted }) => wanted !== null));

    commitOf(engine, observe(runs!, 1, 'exited'));
    t.equal(state(runs), 'offline', 'nothing is wanted, so nothing is restarted');
    commitOf(engine, wantCluster('online'));
    t.strictSame([runs, failed, paused, independent].map(state), [
      'starting',
      'starting',
      'starting',
      'unknown',
    ]);
    t.equal(engine.graph.must('process', failed!).attempt, 1);
  },
);

t.test('a reset where there is nothing to reset, or nothing loaded, changes nothing', async (t) => {
  given(load()).when(reset).thenNothing(t);
  t.match(rejectionOf(given().engine, reset), { code: 'cluster-not-loaded' });
});

t.test('only an administrator resets, and it is recorded who did it and why', async (t) => {
  const { ask, fill, tokenOf, station } = await openStation(t);
  await fill();
  await ask('POST', '/cluster/start');
  const body = { reason: 'new start' };
  const operator = await tokenOf('operator');
  t.equal((await ask('POST', '/cluster/reset', body, { token: operator })).status, 403);
  t.equal((await ask('POST', '/cluster/reset', {})).status, 400);
  const { head } = station;
  t.match((await ask('POST', '/cluster/reset?dry_run=true', body)).body, { dry_run: true });
  t.equal(station.head, head);
  t.match((await ask('POST', '/cluster/reset', body)).body, { changed: true, revision: head + 1 });
  const { body: page } = await ask('GET', '/events?type=ClusterReset');
  t.match(page.events, [{ type: 'ClusterReset', data: body, actor: /^token:/ }]);
});
