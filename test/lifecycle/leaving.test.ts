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

t.test('T44: a running independent process keeps its node and host; the rest leaves', async (t) => {
  for (const [command, subject] of [
    [`cluster node remove ${first}`, 'node'],
    [`system node remove ${second}`, 'host'],
  ] as const) {
    const host = command.endsWith(first) ? first : second;
    await cluster.add(host, 'worker', 2);
    const owned = await cluster.one(host, 'owned');
    t.equal((await cluster.halctl('cluster start')).code, 0);
    await cluster.client.reportState(owned, { state: 'online' });
    const partial = await cluster.halctl(command);
    t.equal(partial.code, 1, command);
    t.match(partial.err, owned);
    t.match(partial.out, /only its owner can end it/);
    t.same(cluster.runs(), [], 'what can leave has left');
    t.same(
      (await cluster.processes()).map(({ fid, state }) => [fid, state]),
      [[owned, 'online']],
    );
    t.match(await cluster.host(host), { state: 'up', processes: 1 }, 'the host remains');
    const refused = await cluster.halctl(`${command} --json`);
    t.equal(refused.code, 4, 'said again: there is nothing to remove but what refuses');
    t.match(refused.err, owned);
    await cluster.client.reportState(owned, { state: 'offline' });
    const removed = await cluster.halctl(command);
    t.equal(removed.code, 0, removed.err);
    if (subject === 'node') t.match(await cluster.host(host), { state: 'up', node: null });
    else t.equal(await cluster.host(host), undefined);
  }
  await cluster.killAgent(second);
  cluster.dropToken(second);
  await cluster.startAgent(second);
});

t.test(
  'T40, T45: what a host that was removed while it was down still runs is ended',
  async (t) => {
    const fids = await cluster.add(second, 'worker', 2);
    t.equal((await cluster.halctl(`cluster node start ${second}`)).code, 0);
    await cluster.killAgent(second);
    await until('its host is down', async () => (await cluster.host(second))?.state === 'down');
    const removed = await cluster.halctl(`system node remove ${second} --json`);
    t.equal(removed.code, 0, removed.err);
    const { state, warnings } = JSON.parse(removed.out) as { state: string; warnings: string[] };
    t.equal(state, 'succeeded');
    for (const fid of fids)
      t.ok(
        warnings.some(
          (warning) => warning.includes(fid) && warning.includes('could not be stopped'),
        ),
        fid,
      );
    t.equal(await cluster.host(second), undefined);
    t.equal(cluster.runs().length, 2, 'nobody could end them');

    const agent = cluster.launchAgent(second);
    await until('they are ended', () => cluster.runs().length === 0);
    await agent.says(/was removed from the cluster/);
    t.equal(await cluster.host(second), undefined, 'its old token makes no host');
    const facts = { agent: 'x', memory_mib: 1, cpus: 1 };
    t.equal(await cluster.asAgent(second, facts), 401, 'nor does it by other means');
    await cluster.killAgent(second);
    cluster.dropToken(second);
    await cluster.startAgent(second);
    t.match(await cluster.host(second), { state: 'up', node: null });
  },
);

t.test('T40: a text warning tells of what could not be stopped; the exit code is 0', async (t) => {
  const fid = await cluster.one(second, 'worker');
  await cluster.start(fid);
  await cluster.killAgent(second);
  await until('its host is down', async () => (await cluster.host(second))?.state === 'down');
  const removed = await cluster.halctl(`cluster process remove ${fid}`);
  t.match(removed, { code: 0, out: `Removed ${fid}.` });
  t.match(removed.err, /^Warning: .* could not be stopped/);
  t.match(removed.err, fid);
  await cluster.startAgent(second);
  await until('its agent ends it when it is back', () => cluster.runs(fid).length === 0);
});

t.test('many nodes leave by a nodeset, with a summary', async (t) => {
  const owned = await cluster.one(second, 'owned');
  for (const host of [first, second]) await cluster.one(host, 'worker');
  t.equal((await cluster.halctl('cluster start')).code, 0);
  await cluster.client.reportState(owned, { state: 'online' });
  const nodeset = "'n[1-2].example'";
  const partial = await cluster.halctl(`cluster node remove ${nodeset}`);
  t.equal(partial.code, 1);
  t.match(partial.out, /^Removed 1 host: n1\.example\.\n$/);
  t.match(partial.err, /n2\.example: .* refused to leave/);
  t.match(partial.err, /1 of 2 hosts failed/);
  await cluster.client.reportState(owned, { state: 'offline' });
  t.equal((await cluster.halctl(`cluster node remove ${second}`)).code, 0);
  for (const host of [first, second]) await cluster.one(host, 'worker');
  const all = await cluster.halctl(`cluster node remove ${nodeset} --json`);
  t.equal(all.code, 0, all.err);
  t.match(JSON.parse(all.out), {
    results: [
      { host: first, ok: true, reply: { state: 'succeeded' } },
      { host: second, ok: true, reply: { state: 'succeeded' } },
    ],
  });
  const fids = await cluster.add(first, 'worker', 3);
  const processes = await cluster.halctl(`cluster process remove ${fids.join(' ')}`);
  t.match(processes, { code: 0, out: `Removed 3 processes: ${fids.join(', ')}.` });
});

t.test('T37: a confd whose stop would lose the quorum is refused, unless forced', async (t) => {
  const [one, two, three] = (await cluster.add(first, 'voter', 3)) as [string, string, string];
  for (const fid of [one, two]) await cluster.start(fid);
  const refused = await cluster.halctl(`cluster process stop ${one}`);
  t.match(refused, { code: 4, err: /quorum would be lost: 1 of 3 confds/ });
  t.match(await cluster.halctl(`cluster node stop ${first}`), { code: 4, err: /quorum-lost/ });
  t.match(await cluster.halctl(`cluster node remove ${first}`), { code: 1, err: /quorum/ });
  t.equal(await cluster.find(three), undefined, 'the one that did not serve could leave');
  t.equal((await cluster.halctl(`cluster process stop ${one} --force`)).code, 0);
  t.equal((await cluster.process(one)).state, 'offline');
  t.equal((await cluster.halctl(`cluster node remove ${first} --force`)).code, 0);
});

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
