/** The fleet by groups of its sources, and with what a real Slurm says of its machines. */

import t from 'tap';
import { readGroupFile } from '../../src/checks/groups/settings.ts';
import { RealSlurm } from '../checks/scheduler/real-slurm.ts';
import { openStation, reported, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

const opened = async (t: tapTest, text: string, hosts: readonly string[]): Promise<InProcess> => {
  const station = await openStation(t, { groups: readGroupFile({ name: 'groups.yaml', text }) });
  for (const fqdn of hosts) await station.ask('POST', '/hosts', { fqdn });
  return station;
};

type tapTest = Parameters<typeof openStation>[0];

const namesIn = async ({ ask }: InProcess, query: string): Promise<string[]> =>
  (await ask('GET', `/fleet?${query}`)).body.nodes.map(({ name }: { name: string }) => name).sort();

const site = `sources:
  - name: site
    kind: groups
    groups:
      gpu: n[1-2]
      savio2/htc: [n3, ssh]
      nobody: ''
  - name: other
    kind: groups
    groups: {gpu: n3}
`;

t.test(
  '9, 11: groups of every source select machines, and unknown ones say what was meant',
  async (t) => {
    const station = await opened(t, site, ['n1.site', 'n2.site', 'n3.site', 'ssh']);
    const { ask } = station;
    t.same(await namesIn(station, 'groups=gpu'), ['n1.site', 'n2.site']);
    t.same(await namesIn(station, 'groups=@other:gpu'), ['n3.site']);
    t.same(await namesIn(station, 'groups=savio2/htc'), ['n3.site', 'ssh']);
    t.same(await namesIn(station, 'groups=savio2/htc,gpu'), [
      'n1.site',
      'n2.site',
      'n3.site',
      'ssh',
    ]);
    t.same(await namesIn(station, 'nodes=@gpu,ssh'), ['n1.site', 'n2.site', 'ssh']);
    t.same(await namesIn(station, `filter=${encodeURIComponent('not @gpu')}`), ['n3.site', 'ssh']);
    t.same(await namesIn(station, 'groups=nobody'), [], 'known, and empty');
    for (const query of ['groups=gpuu', 'nodes=@gpuu', 'filter=@gpuu', 'groups=@site:gpuu'])
      t.match(await ask('GET', `/fleet?${query}`), {
        status: 404,
        body: { code: 'unknown-group', detail: /gpuu.*[Dd]id you mean/ },
      });
    t.match((await ask('GET', '/status?groups=savio2/htc&checks=all')).body.meta, { total: 2 });
  },
);

t.test('case 27: names without digits are machines like others', async (t) => {
  const station = await opened(t, 'sources: []\n', ['arod', 'c5', 'gondor']);
  t.same(await namesIn(station, ''), ['arod', 'c5', 'gondor']);
  t.same(await namesIn(station, 'nodes=arod,gondor'), ['arod', 'gondor']);
  const { text } = await station.ask('GET', '/fleet?columns=name', undefined, {
    headers: { accept: 'text/plain' },
  });
  for (const name of ['arod', 'c5', 'gondor']) t.match(text, name);
});

t.test(
  'what Slurm says is in the table, and a reason of a person keeps Halcyon from acting',
  async (t) => {
    const slurm = await RealSlurm.start({ up: ['n1', 'n2'] });
    t.teardown(() => slurm.stop());
    slurm.ask('scontrol', 'update', 'NodeName=n2', 'State=DRAIN', 'Reason=dead disk -jwhite');
    const sources = `sources:\n  - {name: slurm, kind: slurm, conf: ${slurm.conf}}\n`;
    const station = await opened(t, `refresh: 1\ntimeout: 5\n${sources}`, [
      'n1.site',
      'n2.site',
      'n3.site',
    ]);
    const { ask } = station;
    await ask('PUT', '/hosts/n1.site/facts', reported('10.0.0.1'));
    const rows = await until('Slurm to be read', async (): Promise<Json> => {
      const { body } = await ask('GET', '/fleet?checks=scheduler');
      const { n2 } = { n2: body.nodes.find((one: Json) => one.name === 'n2.site') };
      return n2?.checks?.scheduler ? body.nodes : undefined;
    });
    const row = (name: string): Json => rows.find((one: Json) => one.name === name);
    t.match(row('n2.site'), {
      scheduler: {
        state: 'drain',
        reason: 'dead disk -jwhite',
        by: 'root',
        partitions: ['main', 'all'],
      },
      checks: { scheduler: { verdict: 'warn', text: /idle\+drain: dead disk -jwhite \(root\)/ } },
    });
    t.match(row('n1.site'), {
      scheduler: { state: 'idle' },
      checks: { scheduler: { verdict: 'ok' } },
    });
    t.match(row('n3.site'), { scheduler: null });
    t.same(await namesIn(station, 'groups=sinfo'), ['n2.site']);
    t.same(await namesIn(station, 'groups=slurm:main'), ['n1.site', 'n2.site']);
    const suggestion = await ask('GET', '/hosts/n2.site/suggestion');
    t.equal(suggestion.status, 200);
    t.equal(suggestion.body.action, 'none');
    t.match(JSON.stringify(suggestion.body), /dead disk -jwhite/);
  },
);
