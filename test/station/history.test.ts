/** The past: rebuilt once for all who ask, in fair turns, and not for those who have gone. */

import { join } from 'node:path';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { pastLimits } from '../../src/station/fair-use/shares.ts';
import { Turns } from '../../src/station/fair-use/turns.ts';
import { Archive } from '../../src/station/replica/archive.ts';
import type { GraphAt } from '../../src/station/replica/archive.ts';
import { graphsKept, History } from '../../src/station/replica/history.ts';
import { openStation } from './harness.ts';

const nobodyLeaves = new AbortController().signal;

/** A history of some thirty commits, and which revisions of it were rebuilt. */
const remembered = async (t: Parameters<typeof openStation>[0]) => {
  const { station, ask, fill, directory } = await openStation(t, { snapshotEvery: 0 });
  await fill();
  for (let cpus = 1; cpus <= 30; cpus += 1)
    await ask('PUT', '/hosts/node2.halcyon.example/facts', {
      agent: 'agent of 10.0.0.2',
      address: '10.0.0.2',
      memory_mib: 1,
      cpus,
    });
  const archive = new Archive({
    log: station.log,
    directory: join(directory, 'snapshots'),
    warn: (message) => t.fail(message),
    trouble: () => undefined,
  });
  const rebuilt: number[] = [];
  /** Revisions of the graphs that were at hand for each. */
  const bases: number[][] = [];
  const counted = {
    at: (...args: Parameters<Archive['at']>) => {
      rebuilt.push(args[0]);
      bases.push((args[2] ?? []).map(({ head }) => head));
      return archive.at(...args);
    },
  } as Archive;
  const history = new History(counted, station.log, new Turns());
  return { station, ask, history, rebuilt, archive, bases };
};

t.test('all who ask for one moment at once are given one graph', async (t) => {
  const { history, rebuilt } = await remembered(t);
  const asked = Array.from({ length: 40 }, (_, i) =>
    history.at({ revision: revision(9) }, { principal: `token:${i}`, signal: nobodyLeaves }),
  );
  const [first, ...others] = await Promise.all(asked);
  t.equal(first!.head, 9);
  for (const other of others) if (other !== first) t.fail('another graph');
  t.same(rebuilt, [9]);
});

t.test('whoever asks for one moment is not behind all that another asks for', async (t) => {
  const { history, rebuilt } = await remembered(t);
  const ask = (principal: string, at: number) =>
    history.at({ revision: revision(at) }, { principal, signal: nobodyLeaves });
  await Promise.all([...[3, 4, 5, 6, 7].map((at) => ask('token:greedy', at)), ask('token:b', 20)]);
  t.ok(rebuilt.indexOf(20) <= 2, `rebuilt ${rebuilt.join(' ')}`);
});

t.test('what nobody waits for any more is not rebuilt', async (t) => {
  const { history, rebuilt } = await remembered(t);
  const leaving = new AbortController();
  const at = (value: number, signal: AbortSignal) =>
    history.at({ revision: revision(value) }, { principal: 'token:a', signal });
  const dropped = [3, 4, 5].map((value) => at(value, leaving.signal));
  const shared = at(4, nobodyLeaves);
  const ended = Promise.allSettled(dropped);
  leaving.abort(new Error('gone'));
  for (const one of await ended) t.match(one, { status: 'rejected', reason: { message: 'gone' } });
  t.equal((await shared).head, 4, 'somebody else did');
  t.notOk(rebuilt.includes(5));
  await t.rejects(at(6, leaving.signal), { message: 'gone' });
});

t.test('one more than a share of the past is refused, and what is at hand is not', async (t) => {
  const { history } = await remembered(t);
  const at = (value: number) =>
    history.at({ revision: revision(value) }, { principal: 'token:a', signal: nobodyLeaves });
  await at(30);
  const asked = Array.from({ length: pastLimits.each }, (_, i) => at(i + 1));
  await t.rejects(at(20), { code: 'too-many-requests' });
  t.equal((await at(30)).head, 30);
  await Promise.all(asked);
  t.equal((await at(20)).head, 20);
});

t.test('a moment near one that is at hand is made from that, and is the same', async (t) => {
  const { station, history, archive, bases } = await remembered(t);
  const turn = await new Turns().begin('test', nobodyLeaves);
  const at = async (value: number): Promise<GraphAt> =>
    history.at({ revision: revision(value) }, { principal: 'token:a', signal: nobodyLeaves });
  const digestOf = async (value: number): Promise<string> =>
    (await archive.at(revision(value), turn)).graph.digest();
  const { head } = station;
  const order = [12, 13, head - 1, 14, 5, 20, 6, 13, 1];
  for (const value of order) {
    const { graph, head: reached, at: time } = await at(value);
    t.equal(reached, value);
    t.equal(graph.digest(), await digestOf(value), `revision ${value}`);
    t.equal(time, (await archive.at(revision(value), turn)).at);
    t.same([...graph.rowsAfter('host')].length, graph.count('host'));
  }
  t.equal((await at(12)).graph.digest(), await digestOf(12), 'what it was made from is as it was');
  t.same(bases.slice(0, 4), [[], [12], [12, 13], [12, 13, head - 1]]);
});

t.test('of graphs of the past those stay at hand that were asked for last', async (t) => {
  const { history, rebuilt } = await remembered(t);
  const at = (value: number) =>
    history.at({ revision: revision(value) }, { principal: 'token:a', signal: nobodyLeaves });
  for (let value = 1; value <= graphsKept; value += 1) await at(value);
  await at(1);
  await at(graphsKept + 1);
  rebuilt.length = 0;
  await at(1);
  t.same(rebuilt, [], 'it was asked for again');
  await at(2);
  t.same(rebuilt, [2]);
});

t.test('a time is the last commit at or before it', async (t) => {
  const { station, history } = await remembered(t);
  const commits = await Array.fromAsync(station.log.read(revision(0)));
  const at = async (time: number): Promise<number> =>
    (await history.at({ time }, { principal: 'token:a', signal: nobodyLeaves })).head;
  for (const { at: time } of [commits[0]!, commits[12]!]) {
    const last = commits.findLast((commit) => commit.at <= time)!;
    t.equal(await at(time), last.revision);
  }
  t.equal(await at(commits[0]!.at - 1), 0);
  t.equal(await station.log.revisionAt(Number.MAX_SAFE_INTEGER), station.head);
});
