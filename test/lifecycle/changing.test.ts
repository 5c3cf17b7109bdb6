/** Scaling, settings, overrides, and dry runs of everything. */

import t from 'tap';
import { Cluster, patientVars } from './cluster.ts';

const cluster = await Cluster.open(t, 1, patientVars);
const [host] = cluster.hosts as [string];
t.afterEach(async () => cluster.clear());

const scale = (to: number, flags = ''): ReturnType<Cluster['halctl']> =>
  cluster.halctl(`cluster process scale --host ${host} --role worker --to ${to} ${flags}`);

t.test('scaling adds what is missing and removes the youngest', async (t) => {
  t.equal((await scale(3)).code, 0);
  const fids = (await cluster.processes()).map(({ fid }) => fid);
  t.equal(fids.length, 3);
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const pid = await cluster.pid(fids[0]!);
  t.equal((await scale(3)).code, 0, 'as many as there are');
  t.equal((await scale(1)).code, 0);
  t.equal((await cluster.processes()).length, 1, 'it waits until they are gone');
  t.same(
    cluster.runs().map((run) => run.pid),
    [pid],
    'the oldest stays and was left alone',
  );
  t.equal((await scale(0)).code, 0);
  t.same(await cluster.processes(), []);
  t.same(cluster.runs(), []);
});

t.test('T54: settings that make no sense are refused, all of them', async (t) => {
  const before = JSON.stringify((await cluster.client.vars()).items);
  for (const wrong of [
    'recovery_max_retries=0',
    'process_stop_timeout=-1',
    'process_max_start_attempts=0',
    'keepalive_frequency=60',
    'keepalive_timeout=1',
    'process_start_timeout=100000000',
    'process_start_timeout=10 process_stop_timeout=0',
  ]) {
    const { code, err } = await cluster.halctl(`cluster vars set ${wrong}`);
    t.equal(code, 4, `${wrong}: ${err}`);
    t.match(err, /invalid-var/);
  }
  const unknown = await cluster.halctl('cluster vars set keepalive_frequncy=1');
  t.match(unknown, { code: 3, err: /unknown-var/ });
  t.equal((await cluster.halctl('cluster vars set keepalive_timeout')).code, 2);
  t.equal(JSON.stringify((await cluster.client.vars()).items), before);
});

t.test('a setting counts at once', async (t) => {
  const fid = await cluster.one(host, 'crasher');
  t.equal((await cluster.halctl('cluster vars set process_max_start_attempts=1')).code, 0);
  const { code } = await cluster.halctl(`cluster process start ${fid}`);
  t.equal(code, 1);
  t.match((await cluster.process(fid)).reason, /given up after 2 attempts/);
  const again = await cluster.halctl('cluster vars set process_max_start_attempts=2');
  t.equal(again.code, 0);
});

t.test('an operator who knows better sets a state; it is recorded who and why', async (t) => {
  const fid = await cluster.one(host, 'worker');
  const set = await cluster.halctl(`cluster update ${fid}=failed --reason 'its disk is gone'`);
  t.equal(set.code, 0, set.err);
  t.match(await cluster.process(fid), { state: 'failed', reason: 'its disk is gone' });
  const { out } = await cluster.halctl(`why ${fid}`);
  t.match(out, /its disk is gone/);
  t.equal((await cluster.halctl(`cluster update ${fid}=starting --reason x`)).code, 4);
});

t.test('dry runs change nothing', async (t) => {
  const fid = await cluster.one(host, 'worker');
  const pid = await cluster.start(fid);
  const head = await cluster.head();
  // Agents may have something to report meanwhile: of this machine, which has other tests to run.
  // And endpoints of tests before may be free again.
  const asked = async (): Promise<string[]> => {
    const { events } = await cluster.client.listEvents({ from: head + 1, limit: 1000 });
    return events
      .filter(({ actor, type }) => !actor.startsWith('agent:') && type !== 'EndpointsCooled')
      .map(({ type }) => type);
  };
  for (const command of [
    'cluster stop',
    'cluster start',
    `cluster node stop ${host}`,
    `cluster node start ${host}`,
    `cluster node remove ${host}`,
    `cluster process stop ${fid}`,
    `cluster process start ${fid}`,
    `cluster process restart ${fid}`,
    `cluster process remove ${fid}`,
    `cluster process scale --host ${host} --role worker --to 0`,
    `cluster process scale --host ${host} --role worker --to 5`,
    `cluster update ${fid}=offline --reason x`,
    'cluster vars set keepalive_timeout=100',
    `system node remove ${host}`,
  ]) {
    const { code, err } = await cluster.halctl(`${command} --dry-run`);
    t.equal(code, 0, `${command} ${err}`);
    t.same(await asked(), [], command);
  }
  t.same(
    cluster.runs().map((run) => run.pid),
    [pid],
  );
});
