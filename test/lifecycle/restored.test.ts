/** What facts declare and somebody removed: named, and there again after the next load. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Cluster, kill, patientVars, quickVars, until } from './cluster.ts';

// What ignores SIGTERM stays until the test ends it.
const cluster = await Cluster.open(t, 2, { ...patientVars, process_stop_timeout: 3600 });
const [first, second] = cluster.hosts as [string, string];
const dumped = await cluster.halctl('cluster dump -f dumped');
t.equal(dumped.code, 0, dumped.err);
writeFileSync(
  join(cluster.folder, 'facts.yaml'),
  JSON.stringify({
    cluster: 'test',
    vars: { ...quickVars, process_stop_timeout: 3600 },
    hosts: [
      { fqdn: first, roles: ['stubborn'] },
      { fqdn: second, roles: [{ name: 'worker', overrides: { multiplicity: 3 } }] },
    ],
  }),
);
const files = '-f facts.yaml -r dumped/roles';
const bootstrap = () => cluster.halctl(`cluster bootstrap ${files} --yes`);
const fidsOf = async (role: string): Promise<string[]> =>
  (await cluster.processes()).filter((one) => one.role === role).map(({ fid }) => fid);

t.test('a node that was removed is there again after a bootstrap of the same facts', async (t) => {
  const loaded = await bootstrap();
  t.equal(loaded.code, 0, loaded.err);
  t.equal((await cluster.halctl(`cluster node remove ${second}`)).code, 0);
  t.same(await fidsOf('worker'), []);

  const status = await cluster.halctl('cluster status --only-problems');
  t.match(status.out, /Missing: worker \(none of its processes is there\)/);
  t.match(status.out, second);
  t.notMatch(status.out, first);
  const { hosts } = JSON.parse((await cluster.halctl('cluster status --json')).out);
  const missing = [{ role: 'worker', declared: 3, present: 0 }];
  t.match(hosts[1], { fqdn: second, missing });

  const { head } = await cluster.client.log();
  const plan = await cluster.halctl(`cluster load ${files} --dry-run`);
  t.match(plan.out, `+ missing role worker of ${second}  declared=3  present=0`);
  t.match(plan.out, /\+ process 0x72\w+:0x\w+ +host=n2.example +role=worker/);
  t.equal((await cluster.client.log()).head, head);

  const again = await bootstrap();
  t.equal(again.code, 0, again.err);
  t.match(again.out, /processes added: +3/);
  t.match(again.out, 'Done: 4 of 4 processes online.');
  t.equal((await fidsOf('worker')).length, 3);
  t.notMatch((await cluster.halctl('cluster status')).out, 'Missing');
  t.match(await bootstrap(), { code: 0, out: 'Already loaded' });
});

t.test('a load says what it adds again before it does, and adds only that', async (t) => {
  const [gone, ...kept] = (await fidsOf('worker')) as [string, ...string[]];
  t.equal((await cluster.halctl(`cluster process remove ${gone}`)).code, 0);
  const loaded = await cluster.halctl(`cluster load ${files}`);
  t.equal(loaded.code, 0, loaded.err);
  t.match(loaded.err, `+ missing role worker of ${second}  declared=3  present=2`);
  t.match(loaded.out, /processes added: +1/);
  const now = await fidsOf('worker');
  t.equal(now.length, 3);
  t.same(now.slice(0, 2), kept);
});

t.test('what is being removed cannot be there again: a bootstrap says so and fails', async (t) => {
  const [fid] = (await fidsOf('stubborn')) as [string];
  await until('it ignores SIGTERM', () => cluster.runs(fid).length === 2);
  t.equal((await cluster.halctl(`cluster node remove ${first} --no-wait`)).code, 0);
  const refused = await bootstrap();
  t.equal(refused.code, 1, refused.out);
  t.match(refused.out, `stubborn of ${first}: its node is being removed; load again`);
  t.match(refused.out, `Not there: ${first}: its node is being removed`);
  for (const { pid } of cluster.runs(fid)) kill(pid);
  await until('the node is gone', async () => (await cluster.host(first))?.node === null);
  const again = await bootstrap();
  t.equal(again.code, 0, again.err);
  t.equal((await fidsOf('stubborn')).length, 1);
  await cluster.abandon();
});
