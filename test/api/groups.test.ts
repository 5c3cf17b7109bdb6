/** Groups and nodesets over HTTP, with a real Slurm among the sources. */

import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { readGroupFile } from '../../src/checks/groups/settings.ts';
import { RealSlurm } from '../checks/scheduler/real-slurm.ts';
import { folderOf } from '../folder.ts';
import { openStation, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

const opened = async (t: Test, text: string): Promise<InProcess> => {
  const station = await openStation(t, { groups: readGroupFile({ name: 'groups.yaml', text }) });
  const { ask } = station;
  for (const fqdn of ['n1.site', 'n2.site', 'n3.site', 'ssh', 'x.a', 'x.b'])
    await ask('POST', '/hosts', { fqdn });
  return station;
};

/** A grant of an administrator. */
const everywhere = { actions: ['power'], hosts: null, reason: 'a test' };

const site = `sources:
  - name: site
    kind: groups
    groups:
      gpu: n[1-2]
      savio2/htc: [n3, ssh]
      stray: n[3-4],x
      a: '@b'
      b: '@a'
      'a b': n1
  - name: other
    kind: groups
    groups: {gpu: n3}
`;

t.test('groups are listed with their sources, and what hides them', async (t) => {
  const { ask } = await opened(t, site);
  const { status, body } = await ask('GET', '/groups');
  t.equal(status, 200);
  const found = (source: string, name: string): unknown =>
    body.items.find((one: Json) => one.source === source && one.name === name);
  t.match(found('facts', 'all'), { count: 6, shadowed_by: null });
  t.match(found('facts', 'state/unknown'), { count: 6 });
  t.match(found('site', 'gpu'), { count: 2, nodeset: 'n[1-2].site', shadowed_by: null });
  t.match(found('other', 'gpu'), { count: 1, nodeset: 'n3.site', shadowed_by: 'site' });
  t.match(found('site', 'a'), { count: 0, error: /circle: @site:a → @site:b → @site:a/ });
  t.match(body.sources, [
    { name: 'facts', kind: 'facts', error: null, age_seconds: 0, warnings: [] },
    { name: 'site', kind: 'groups', groups: 5, warnings: [/"a b" is no name of a group/] },
    { name: 'other' },
  ]);
  t.match((await ask('GET', '/groups?source=other&expand=true')).body.items, [
    { name: 'gpu', nodes: ['n3.site'] },
  ]);
});

t.test('9: an unknown group is 404 with what was meant, in a nodeset too', async (t) => {
  const { ask } = await opened(t, site);
  const unknown = { status: 404, body: { code: 'unknown-group' } };
  t.match(await ask('GET', '/groups/gpuu'), {
    ...unknown,
    body: { detail: /no group "@gpuu"\. Did you mean "@gpu"\?/ },
  });
  t.match(await ask('GET', '/nodesets?nodeset=n1,@gpuu'), unknown);
  t.match(await ask('GET', '/groups?source=sit'), {
    ...unknown,
    body: { detail: /Did you mean "site"\?/ },
  });
  t.match(await ask('GET', '/groups/all?source=other'), {
    body: { detail: /Did you mean "@other:\*"\?/ },
  });
  t.match(await ask('GET', '/nodesets?nodeset=n[3-1]'), {
    status: 400,
    body: { code: 'invalid-request', field: 'nodeset', detail: /at character 3/ },
  });
  t.match(await ask('GET', '/groups?sauce=x'), { status: 400 });
});

t.test('11: a group with a slash, and a machine called ssh', async (t) => {
  const { ask } = await opened(t, site);
  const group = { status: 200, body: { name: 'savio2/htc', nodes: ['n3.site', 'ssh'] } };
  t.match(await ask('GET', '/groups/savio2/htc'), group);
  t.match(await ask('GET', '/groups/savio2%2Fhtc'), group);
  t.match(await ask('GET', `/nodesets?nodeset=${encodeURIComponent('@savio2/htc&ssh')}`), {
    body: { count: 1, nodes: ['ssh'] },
  });
});

t.test('names are those of machines; those that mean none, or several, are told', async (t) => {
  const { ask } = await opened(t, site);
  const resolved = async (nodeset: string): Promise<Json> =>
    (await ask('GET', `/nodesets?nodeset=${encodeURIComponent(nodeset)}`)).body;
  t.match(await resolved('@stray'), { nodes: ['n3.site'], unmatched: ['n4', 'x'] });
  t.match(await resolved('@*!@gpu'), { nodeset: 'n3.site,ssh,x.a,x.b', unmatched: [] });
  t.match(await resolved('N1,n2.site'), { nodes: ['n1.site', 'n2.site'] });
  t.match(await resolved('n*'), { count: 3 });
  t.match(await resolved('@gpu!@gpu'), { count: 0, nodes: [] });
});

t.test('7: partitions and states of Slurm are groups, also while Slurm hangs', async (t) => {
  const slurm = await RealSlurm.start({ up: ['n1', 'n2'], silent: ['n3'] });
  t.teardown(() => slurm.stop());
  slurm.ask('scontrol', 'update', 'NodeName=n2', 'State=DRAIN', 'Reason=dead disk');
  const { ask, station } = await opened(
    t,
    `refresh: 1\ntimeout: 5\nsources:\n  - {name: slurm, kind: slurm, conf: ${slurm.conf}}\n`,
  );
  const known = await until('Slurm to be read', async (): Promise<Json> => {
    const { status, body } = await ask('GET', '/groups/main');
    return status === 200 ? body : undefined;
  });
  t.match(known, { source: 'slurm', nodes: ['n1.site', 'n2.site'] });
  t.match((await ask('GET', '/groups/sinfo')).body.nodes.includes('n2.site'), true);
  t.match((await ask('GET', '/groups/flag/drain')).body, { nodes: ['n2.site'] });
  t.match(
    station.groups.scheduler.snapshot.rows.find(({ node }) => node === 'n2'),
    { flags: ['DRAIN'], reason: 'dead disk' },
  );
  slurm.hang();
  const stale = await until('Slurm to be silent', async (): Promise<Json> => {
    const { body } = await ask('GET', '/groups?source=slurm');
    return body.sources[0].error === null ? undefined : body;
  });
  t.match(stale.sources, [{ error: /did not answer within 5 s/ }]);
  const began = performance.now();
  t.match((await ask('GET', '/groups/main')).body, { nodes: ['n1.site', 'n2.site'] });
  t.ok(performance.now() - began < 5000, 'nobody waits for it');
  slurm.goOn();
  await until('Slurm to answer', async () => {
    const { body } = await ask('GET', '/groups?source=slurm');
    return body.sources[0].error === null ? true : undefined;
  });
});

t.test('1: text that was saved of sinfo is a source, as old as its file', async (t) => {
  const folder = folderOf(t, {
    'sinfo.txt': [
      'REASON               USER      TIMESTAMP           NODELIST',
      'HW: disk sda dead    jwhite    2019-11-26T08:00:00 n[1-2]',
      'no line of sinfo',
      '',
    ].join('\n'),
  });
  const file = join(folder, 'sinfo.txt');
  const written = new Date('2026-10-01T00:00:00Z');
  utimesSync(file, written, written);
  const { ask } = await opened(
    t,
    `refresh: 1\nsources:\n  - {name: saved, kind: sinfo, file: ${file}}\n`,
  );
  const saved = await until('the text to be read', async (): Promise<Json> => {
    const { status, body } = await ask('GET', '/groups/sinfo');
    return status === 200 ? body : undefined;
  });
  t.match(saved, { source: 'saved', nodes: ['n1.site', 'n2.site'], read_at: written.getTime() });
  const { sources } = (await ask('GET', '/groups?source=saved')).body;
  t.match(sources, [{ kind: 'sinfo', error: null, warnings: [/^line 3: this is no line/] }]);
  // Machines that came after an answer are known with the next one.
  const shown = await until('both to be shown', async (): Promise<Json> => {
    const { nodes } = (await ask('GET', '/fleet?groups=sinfo')).body;
    return nodes.length === 2 ? nodes : undefined;
  });
  t.match(shown, [
    { name: 'n1.site', scheduler: { reason: 'HW: disk sda dead', by: 'jwhite' } },
    { name: 'n2.site' },
  ]);
  const { token } = (await ask('POST', '/grants', everywhere)).body;
  t.ok(token);
  t.match(await ask('POST', '/hosts/n1.site/actions/reboot', { drain: true }), {
    status: 400,
    body: { field: 'drain', detail: /no source of kind slurm/ },
  });

  writeFileSync(file, '');
  const { error } = await until('the empty file to be read', async (): Promise<Json> => {
    const [source] = (await ask('GET', '/groups?source=saved')).body.sources;
    return source.error === null ? undefined : source;
  });
  t.match(error, /what was saved of sinfo is empty/);
  t.match((await ask('GET', '/groups/sinfo')).body, { count: 2 }, 'what it said before stays');
});

t.test('there is one scheduler, however it is asked', async (t) => {
  const text =
    'sources:\n  - {name: a, kind: slurm}\n  - {name: b, kind: sinfo, file: /tmp/sinfo.txt}\n';
  t.throws(() => readGroupFile({ name: 'groups.yaml', text }), {
    message: /groups.yaml:3.*one source of kind "slurm" or "sinfo"/,
  });
});

t.test('a folder of groups that is not there is an error of its source alone', async (t) => {
  const missing = join(folderOf(t), 'none');
  const { ask } = await opened(
    t,
    `sources:\n  - {name: pdsh, kind: files, directory: ${missing}}\n`,
  );
  const { sources } = await until('the folder to be looked for', async (): Promise<Json> => {
    const { body } = await ask('GET', '/groups');
    return body.sources[1].error === null ? undefined : body;
  });
  t.match(sources[1], { name: 'pdsh', age_seconds: null, error: /ENOENT/ });
  t.match(await ask('GET', '/groups/all'), { status: 200 });
});
