/** From facts to a running cluster in one command, whose exit code tells the truth. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Cluster, patientVars, quickVars } from './cluster.ts';

const cluster = await Cluster.open(t, 2, patientVars);
const [first, second] = cluster.hosts as [string, string];
const roles = await cluster.halctl('cluster dump -f dumped');
t.equal(roles.code, 0, roles.err);

t.afterEach(async () => void (await cluster.halctl('cluster stop')));

const facts = (name: string, hosts: Record<string, string[]>): void =>
  writeFileSync(
    join(cluster.folder, name),
    JSON.stringify({
      cluster: 'test',
      vars: quickVars,
      hosts: Object.entries(hosts).map(([fqdn, of]) => ({ fqdn, roles: of })),
    }),
  );

const bootstrap = (name: string, more = '') =>
  cluster.halctl(`cluster bootstrap -f ${name} -r dumped/roles --yes ${more}`);

t.test('bootstrap loads and starts, and ends well when all of it is online', async (t) => {
  facts('good.yaml', { [first]: ['worker'], [second]: ['user'] });
  const { code, out, err } = await bootstrap('good.yaml');
  t.equal(code, 0, err);
  t.match(out, 'Loaded; revision');
  t.match(out, 'Done: 3 of 3 processes online.');
  t.equal(cluster.runs().length, 3);
  const again = await bootstrap('good.yaml', '--json');
  t.equal(again.code, 0, again.err);
  t.match(JSON.parse(again.out), {
    loaded: { changed: false },
    operation: { state: 'succeeded', total: 3, done: 3 },
    absent: [],
  });
});

t.test('what does not come up is named, with where and why, and the exit code is 1', async (t) => {
  facts('bad.yaml', {
    [first]: ['worker', 'missing'],
    [second]: ['user'],
    'n9.example': ['worker'],
  });
  const { code, out, err } = await bootstrap('bad.yaml', '--host-timeout 1');
  t.equal(code, 1);
  t.match(out, 'Ended: 3 of 4 processes online.');
  t.match(out, new RegExp(`failed +missing +${first}.*/nonexistent/program`));
  t.match(out, 'Not there: n9.example: its agent has not reported');
  t.match(err, '1 host is not part of the cluster yet, and 1 of 4 processes did not come up');
});

t.test('T70: bootstrap without a station, with invalid facts or without hosts fails', async (t) => {
  const { head } = await cluster.client.log();
  facts('wrong.yaml', { [first]: ['nonesuch'] });
  const wrong = await bootstrap('wrong.yaml');
  t.equal(wrong.code, 4);
  t.match(wrong.err, 'nonesuch');
  facts('nobody.yaml', {});
  t.equal((await bootstrap('absent.yaml')).code, 2, 'no such file');
  const nowhere = await bootstrap('good.yaml', '--station http://127.0.0.1:9');
  t.equal(nowhere.code, 5);
  t.equal((await cluster.client.log()).head, head, 'the log is untouched');
  const nobody = await bootstrap('nobody.yaml');
  t.equal(nobody.code, 1);
  t.match(nobody.err, 'the facts name no host; nothing was started');
});
