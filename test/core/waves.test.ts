/** A cluster that is too large to be started or stopped by one commit. */

import t from 'tap';
import { eventsPerCommit } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { ordersPerWave } from '../../src/core/rules/run-processes.ts';
import { PlayedCluster } from './played-cluster.ts';
import { scale, wantCluster } from './scenario.ts';

const [hosts, each] = [20, 3000];
const count = hosts * each;

/** The commits of a command and of all waves that follow it. */
const waves = (c: PlayedCluster, state: 'online' | 'offline'): Commit[] => {
  const commits = [c.commit(wantCluster(state))!];
  while (c.graph.indexes.deadlines.next()?.kind === 'cluster-advance')
    commits.push(c.commit({ type: 'FireDeadlines' })!);
  return commits;
};

const ordered = (commits: readonly Commit[], type: string): number[] =>
  commits.map(({ events }) => events.filter((event) => event.type === type).length);

const large = (): PlayedCluster => {
  const names = Array.from({ length: hosts }, (_, i) => `n${i + 1}.example`);
  const c = new PlayedCluster(Object.fromEntries(names.map((name) => [name, ['late']])));
  for (const name of names) c.commit(scale(name, 'late', each));
  return c;
};

t.test(`${count} processes are started and stopped in waves`, async (t) => {
  t.ok(count > eventsPerCommit, 'more than one commit holds');
  const c = large();
  const starts = ordered(waves(c, 'online'), 'ProcessStarting');
  t.equal(
    starts.reduce((a, b) => a + b),
    count,
    'each once',
  );
  t.strictSame(starts, [18_000, 18_000, 18_000, 6000]);
  t.ok(starts.every((number) => number <= ordersPerWave));
  t.equal(c.graph.processCounts().get('starting'), count);
  const stops = ordered(waves(c, 'offline'), 'ProcessStopOrdered');
  t.strictSame(stops, [18_000, 18_000, 18_000, 6000]);
  t.equal(c.graph.processCounts().get('quiescing'), count);
});

t.test('a stop between two waves of a start counts for all nodes', async (t) => {
  const c = large();
  c.commit(wantCluster('online'));
  c.commit({ type: 'FireDeadlines' });
  waves(c, 'offline');
  t.equal(c.graph.processCounts().get('starting') ?? 0, 0);
  t.equal(c.graph.processCounts().get('quiescing'), 36_000);
  t.equal(c.graph.processCounts().get('unknown'), 24_000, 'these were never started');
  t.notOk([...c.graph.all('deadline')].some(({ kind }) => kind === 'cluster-advance'));
});
