/** A network that is cut between a host and its station: what is said of it, and what goes on. */

import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Cable, obstacle } from './cable.ts';
import { Cluster, kill, until } from './cluster.ts';

const why = obstacle();
t.test('a host behind a cable that is cut', { skip: why ?? false }, async (t) => {
  const cable = await Cable.lay();
  const cluster = await Cluster.open(t, 1, {}, {}, cable);
  const host = cluster.hosts[0]!;
  const agent = cluster.agents.get(host)!;
  t.afterEach(async () => {
    cable.mend();
    await cluster.clear();
  });

  const hostIs = (state: string): Promise<boolean> =>
    until(`it is ${state}`, async () => (await cluster.host(host))?.state === state);

  const lines = (msg: RegExp): number =>
    agent.log.filter((line) => msg.test(line['msg'] as string)).length;
  const reports = (): number => lines(/^the station took the report$/);
  const silences = (): number => lines(/^the station gave no sign of life within 10 s$/);
  const failures = (): number => agent.log.filter(({ ending }) => ending === 'unreachable').length;

  const heard = async (): Promise<number> => (await cluster.client.getAgent(host)).heard!;
  const eventsSince = async (from: number): Promise<string[]> => {
    const { events } = await cluster.client.listEvents({ from, limit: 1000 });
    return events.map(({ type }) => type);
  };

  t.test('a cut of two seconds leaves no trace: the connection outlives it', async (t) => {
    await cluster.client.setVars({ keepalive_timeout: 30 });
    const fid = await cluster.one(host, 'worker');
    const pid = await cluster.start(fid);
    const [from, reported] = [await cluster.head(), reports()];
    cable.cut();
    const cut = Date.now();
    await pause(2000);
    t.ok((await heard()) <= cut, 'nothing comes through');
    const mended = Date.now();
    cable.mend();
    await until('it is heard again', async () => (await heard()) > mended);
    t.same(await eventsSince(from), []);
    t.equal(await cluster.pid(fid), pid);
    t.equal(reports(), reported);
    kill(pid);
    await cluster.returns(fid, pid);
  });

  t.test('a cut shorter than the timeout: the agent connects again, nobody was down', async (t) => {
    await cluster.client.setVars({ keepalive_timeout: 30 });
    const fid = await cluster.one(host, 'worker');
    const pid = await cluster.start(fid);
    const [from, reported, silent] = [await cluster.head(), reports(), silences()];
    cable.cut();
    await until('the agent notices', () => silences() > silent);
    cable.mend();
    await until('it reports again', () => reports() > reported);
    t.same(await eventsSince(from), []);
    t.equal(await cluster.pid(fid), pid);
    t.equal(cluster.runs(fid).length, 1);
    kill(pid);
    await cluster.returns(fid, pid);
  });

  /** A cut that lasts until the station has noticed it, and then as long as `meanwhile` takes. */
  const longCut = (name: string, meanwhile: () => Promise<void>): void => {
    t.test(name, async (t) => {
      await cluster.client.setVars({ keepalive_timeout: 3 });
      const [kept, killed] = (await cluster.add(host, 'worker', 2)) as [string, string];
      const pids = [await cluster.start(kept), await cluster.start(killed)] as const;
      const from = await cluster.head();
      cable.cut();
      await hostIs('down');
      const beneath = { state: 'inhibited', reason: 'its host is down; it was online' };
      t.match(await cluster.process(kept), beneath);
      t.match(await cluster.process(killed), beneath);
      t.equal(cluster.runs(kept)[0]?.pid, pids[0], 'it runs on where nobody sees it');
      kill(pids[1]);
      await meanwhile();
      t.equal((await cluster.host(host))?.state, 'down');
      t.match(await cluster.process(killed), beneath, 'nobody can know that it has died');
      cable.mend();
      await hostIs('up');
      await cluster.reaches(kept, 'online');
      t.equal(await cluster.pid(kept), pids[0]);
      t.equal((await cluster.process(kept)).generation, 1, 'it was not started again');
      t.equal(cluster.runs(kept).length, 1);
      await cluster.returns(killed, pids[1]);
      t.equal(cluster.runs(killed).length, 1, 'what had died was started again, once');
      const told = (await eventsSince(from)).filter((type) => /^Node(Up|Down)$/.test(type));
      t.same(told, ['NodeDown', 'NodeUp']);
    });
  };

  longCut('T52: a cut longer than the timeout, mended before the agent notices', async () => {});

  longCut('T52: a cut longer than the timeout, mended when the agent tries in vain', async () => {
    const silent = silences();
    await until('the agent notices', () => silences() > silent);
    const failed = failures();
    await until('it has tried in vain', () => failures() > failed);
  });
});
