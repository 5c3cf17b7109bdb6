/** Processes, nodes and hosts leave a running cluster. */

import t from 'tap';
import { Cluster, until } from './cluster.ts';

const cluster = await Cluster.open(t);
const [first, second] = cluster.hosts as [string, string];
t.afterEach(async () => cluster.clear());

t.test('T39: a managed process that is online is stopped, then gone', async (t) => {
  const [fid, other] = (await cluster.add(first, 'worker', 2)) as [string, string];
  await cluster.start(fid);
  const pid = await cluster.start(other);
  const { endpoint } = await cluster.process(fid);
  const removed = await cluster.halctl(`cluster process remove ${fid}`);
  t.match(removed, { code: 0, out: `Removed ${fid}.` });
  t.same(cluster.runs(fid), []);
  t.equal(await cluster.find(fid), undefined);
  t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 3);
  t.equal((await cluster.events('ProcessStopOrdered', fid)).length, 1, 'it was stopped first');
  t.equal(await cluster.pid(other), pid);
  const next = await cluster.process(await cluster.one(first, 'worker'));
  t.equal(next.state, 'unknown');
  t.not(next.endpoint, endpoint, 'its endpoint cools down');
  t.not(next.fid, fid, 'its fid is never used again');

  t.equal((await cluster.halctl('cluster vars set endpoint_cooldown=1')).code, 0);
  const { endpoint: cooling } = await cluster.process(other);
  t.equal((await cluster.halctl(`cluster process remove ${other}`)).code, 0);
  await until('it has cooled down', async () => {
    const { events } = await cluster.client.listEvents({ limit: 10, types: ['EndpointsCooled'] });
    return events.some(({ data }) => (data as { endpoints: string[] }).endpoints.includes(cooling));
  });
  t.equal((await cluster.process(await cluster.one(first, 'worker'))).endpoint, cooling);
});

t.test('T40: a managed process that ignores SIGTERM is removed all the same', async (t) => {
  const fid = await cluster.one(first, 'stubborn');
  await cluster.start(fid);
  await until('it ignores SIGTERM', () => cluster.runs(fid).length === 2);
  t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 0);
  t.equal(await cluster.find(fid), undefined);
  t.same(cluster.runs(fid), []);
});

t.test('T41: an independent process is removed only when its owner has ended it', async (t) => {
  const fid = await cluster.one(first, 'owned');
  for (const state of ['starting', 'online'] as const) {
    await cluster.client.reportState(fid, { state });
    const refused = await cluster.halctl(`cluster process remove ${fid}`);
    t.match(refused, { code: 4, err: /process-busy/ }, state);
    t.equal((await cluster.process(fid)).state, state);
  }
  await cluster.client.reportState(fid, { state: 'offline' });
  t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 0);
  const failed = await cluster.one(first, 'owned');
  await cluster.client.reportState(failed, { state: 'failed' });
  t.equal((await cluster.halctl(`cluster process remove ${failed}`)).code, 0);
  t.same(await cluster.processes(), []);
});

t.test('T42: what was never started can be removed', async (t) => {
  for (const role of ['owned', 'worker']) {
    const fid = await cluster.one(first, role);
    t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 0, role);
    t.equal(await cluster.find(fid), undefined);
  }
});

t.test('removing during start', async (t) => {
  const fid = await cluster.one(first, 'slow');
  const start = cluster.halctl(`cluster process start ${fid}`);
  await until('it runs', () => cluster.runs(fid).length > 0);
  t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 0);
  t.same(cluster.runs(fid), []);
  t.equal(await cluster.find(fid), undefined);
  const { code, err } = await start;
  t.equal(code, 1, `a start that came to nothing: ${err}`);
});

t.test('two removals at once', async (t) => {
  const fid = await cluster.one(first, 'worker');
  await cluster.start(fid);
  const both = await Promise.all([1, 2].map(() => cluster.halctl(`cluster process remove ${fid}`)));
  t.ok(
    both.every(({ code }) => code === 0 || code === 3),
    JSON.stringify(both),
  );
  t.equal(await cluster.find(fid), undefined);
  t.same(cluster.runs(fid), []);
});

t.test('what others require is not removed, unless forced', async (t) => {
  await cluster.one(first, 'user');
  const [base] = (await cluster.processes()).filter(({ role }) => role === 'base');
  const refused = await cluster.halctl(`cluster process remove ${base!.fid}`);
  t.match(refused, { code: 4, err: /process-required/ });
  t.equal((await cluster.halctl(`cluster process remove ${base!.fid} --force`)).code, 0);
});

t.test(
  'T44: a node with a running independent process is refused, and that one named',
  async (t) => {
    const fids = await cluster.add(first, 'worker', 2);
    const owned = await cluster.one(first, 'owned');
    t.equal((await cluster.halctl('cluster start')).code, 0);
    await cluster.client.reportState(owned, { state: 'online' });
    for (const command of [`cluster node remove ${first}`, `system node remove ${first}`]) {
      const refused = await cluster.halctl(command);
      t.equal(refused.code, 4, command);
      t.match(refused.err, owned);
      for (const fid of fids) t.equal((await cluster.process(fid)).state, 'online');
    }
    await cluster.client.reportState(owned, { state: 'offline' });
    const removed = await cluster.halctl(`cluster node remove ${first}`);
    t.equal(removed.code, 0, removed.err);
    t.same(cluster.runs(), []);
    t.match(await cluster.host(first), { state: 'up', node: null, processes: 0 }, 'the host stays');
  },
);

t.test('a node leaves in the order of a stop, and its host can become one again', async (t) => {
  await cluster.one(first, 'user');
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const before = (await cluster.host(first))!.node!;
  t.equal((await cluster.halctl(`cluster node remove ${first}`)).code, 0);
  const { events } = await cluster.client.listEvents({ limit: 1000, types: ['ProcessRemoved'] });
  const [last, earlier] = events.reverse().map(({ data }) => (data as { fid: string }).fid);
  const [user] = await cluster.events('ProcessStopOrdered', earlier!);
  t.ok(user, 'who required was stopped first');
  t.not(last, earlier);
  const fid = await cluster.one(first, 'worker');
  await cluster.start(fid);
  t.not((await cluster.host(first))!.node, before);
});

t.test('T45: a host leaves with all that it has; its agent needs a new token', async (t) => {
  const fid = await cluster.one(second, 'worker');
  await cluster.start(fid);
  t.equal((await cluster.halctl(`cluster process stop ${fid}`)).code, 0);
  const { created } = (await cluster.host(second))!;
  const removed = await cluster.halctl(`system node remove ${second}`);
  t.match(removed, { code: 0, out: `Removed ${second}.` });
  t.equal(await cluster.host(second), undefined);
  t.same(await cluster.processes(), []);
  await cluster.killAgent(second);
  const stranger = cluster.launchAgent(second);
  await stranger.says(/"ending":"(denied)"/);
  t.equal(await cluster.host(second), undefined);
  await cluster.killAgent(second);
  cluster.dropToken(second);
  await cluster.startAgent(second);
  const host = (await cluster.host(second))!;
  t.match(host, { state: 'up', node: null, processes: 0, roles: [] });
  t.ok(host.created > created, 'it is a new host');
  await cluster.start(await cluster.one(second, 'worker'));
});

t.test('a host leaves although its processes run', async (t) => {
  await cluster.add(second, 'worker', 2);
  t.equal((await cluster.halctl(`cluster node start ${second}`)).code, 0);
  t.equal((await cluster.halctl(`system node remove ${second}`)).code, 0);
  t.same(cluster.runs(), []);
  t.equal(await cluster.host(second), undefined);
  await cluster.killAgent(second);
  cluster.dropToken(second);
  await cluster.startAgent(second);
});
