/** Loading what declares less than before: what is kept, what goes, and the plan that says so. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { planOf } from '../../src/core/declaration/plan.ts';
import { keptIn } from '../../src/core/declaration/undeclared.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { EventDraft } from '../../src/core/events/catalogue.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import type { Declaration } from '../../src/core/values/facts.ts';
import {
  add,
  addedBy,
  allRoles,
  commitOf,
  dataOf,
  declaredHost,
  dryRun,
  given,
  load,
  nodeUp,
  observe,
  rejectionOf,
  report,
  setVars,
  wantCluster,
} from './scenario.ts';

const host = 'n1.example';
const other = 'n2.example';
const withLnid = { variables: { lnid: '10.0.0.1@tcp' } };

const prune = (change: Partial<Declaration> = {}): Command =>
  ({ ...load(change), prune: true }) as Command;
const types = ({ events }: Commit): string[] => events.map(({ type }) => type);
const kept = (engine: Engine, command: Command): string[] =>
  keptIn(engine.graph, (command as { declaration: Declaration }).declaration).map(
    ({ kind, name, host: of, needed }) =>
      `${kind} ${name}${of === null ? '' : ` of ${of}`}${needed ? ' (needed)' : ''}`,
  );

/** What a command would do, as `+ kind name` and so on. */
const plan = (engine: Engine, command: Command): string[] => {
  const dry = dryRun(engine, command);
  if (!dry.ok) throw new Error(dry.rejection.message);
  return planOf(engine.graph, dry.events as readonly EventDraft[]).map(
    ({ action, kind, name }) => `${{ add: '+', change: '~', remove: '-' }[action]} ${kind} ${name}`,
  );
};

const everything: Partial<Declaration> = {
  enclosures: [{ name: 'e1', site: 'hall', rack: 'r1' }],
  pools: [{ name: 'p1', data_units: 8, parity_units: 2, unit_size: 4096, devices: [] }],
  profiles: [
    { name: 'default', pools: [] },
    { name: 'fast', pools: ['p1'] },
  ],
  vars: { keepalive_timeout: 60 },
  hosts: [
    declaredHost(host, ['app', 'web'], withLnid),
    declaredHost(other, [], {
      enclosure: 'e1',
      project: 'weather',
      obm: { type: 'dummy', address: 'd', secret: null },
    }),
  ],
};
const less: Partial<Declaration> = {
  hosts: [declaredHost(host, ['app'], withLnid)],
  roles: allRoles.filter(({ name }) => name === 'app'),
};

t.test('without prune what is not declared any more is kept and named', async (t) => {
  const { engine } = given(load(everything));
  const commit = commitOf(engine, load({ ...less, hosts: [declaredHost(host, ['app'])] }));
  t.strictSame(types(commit), ['HostDeclared']);
  t.match(
    engine.graph.must('host', host).roles.map(({ name }) => name),
    ['app', 'web'],
  );
  const named = kept(engine, load(less));
  for (const one of [
    `host ${other}`,
    `role of host web of ${host}`,
    'role web (needed)',
    'role solo',
    'profile fast',
    'pool p1',
    'enclosure e1',
    'project weather',
    'var keepalive_timeout',
  ])
    t.ok(named.includes(one), one);
});

t.test('with prune it goes, as planned, and the same load again changes nothing', async (t) => {
  const { engine } = given(load(everything));
  const [, web] = [...engine.graph.all('process')];
  const planned = plan(engine, prune(less));
  for (const one of [
    `~ host ${host}`,
    `- process ${web!.fid}`,
    `- host ${other}`,
    '- role solo',
    '- profile fast',
    '- pool p1',
    '- enclosure e1',
    '- project weather',
    '- var keepalive_timeout',
  ])
    t.ok(planned.includes(one), one);
  commitOf(engine, prune(less));
  const { graph } = engine;
  t.equal(graph.get('host', other), undefined);
  t.equal(graph.get('process', web!.fid), undefined);
  t.equal(graph.count('obm'), 0, 'its manager goes with the host');
  t.strictSame(
    ['site', 'rack', 'enclosure', 'project', 'pool', 'var'].map((kind) =>
      graph.count(kind as 'site'),
    ),
    [0, 0, 0, 0, 0, 0],
  );
  t.strictSame(
    [...graph.all('role')].map(({ name }) => name).sort(),
    ['app'],
    'nothing of web is left',
  );
  t.strictSame(kept(engine, load(less)), []);
  given(load(everything), prune(less)).when(prune(less)).thenNothing(t);
});

t.test('what runs is stopped first, and its role goes with a later load', async (t) => {
  const hosts = [declaredHost(host, ['solo', 'app'])];
  const { engine } = given(load({ hosts }), nodeUp(host), wantCluster('online'));
  const solo = [...engine.graph.all('process')].find(({ role }) => role === 'solo')!.fid;
  commitOf(engine, observe(solo, 1, 'online', { pid: 7 }));
  const wanted = { hosts: [declaredHost(host, ['app'])], roles: less.roles! };
  const commit = commitOf(engine, prune(wanted));
  t.ok(types(commit).includes('ProcessRemovalOrdered'));
  t.equal(engine.graph.must('process', solo).state, 'quiescing');
  t.strictSame(kept(engine, load(wanted)), ['role solo (needed)']);
  commitOf(engine, observe(solo, 1, 'exited'));
  t.equal(engine.graph.get('process', solo), undefined);
  t.strictSame(plan(engine, prune(wanted)), ['- role solo']);
});

t.test(
  'hosts that joined by themselves, and clients added to them, are nobody’s to prune',
  async (t) => {
    const { engine } = given(load(), nodeUp('guest.example', '10.0.0.7'), {
      type: 'RegisterHost',
      fqdn: 'bare.example',
    });
    addedBy(engine, add('guest.example', 'app'));
    t.strictSame(kept(engine, load()), []);
    t.ok(rejectionless(engine, prune()));
    t.ok(engine.graph.get('host', 'guest.example'));
    t.ok(engine.graph.get('host', 'bare.example'));
  },
);

const rejectionless = (engine: Engine, command: Command): boolean => dryRun(engine, command).ok;

t.test('a prune that cannot stop an independent process is refused as a whole', async (t) => {
  const { engine } = given(load(everything));
  const [app] = [...engine.graph.all('process')];
  commitOf(engine, report(app!.fid, 'online'));
  const without = prune({ hosts: [declaredHost(host, ['web'], withLnid)] });
  const rejection = rejectionOf(engine, without);
  t.match(rejection, { code: 'process-busy', subject: app!.fid });
  t.ok(engine.graph.get('host', other), 'nothing of it was done');
});

t.test('a prune does not take away what a process that stays requires', async (t) => {
  const declared = (...roles: string[]): Partial<Declaration> => ({
    hosts: [declaredHost(host, roles, withLnid)],
  });
  const { engine } = given(load(declared('ha', 'm0t1fs')));
  t.match(rejectionOf(engine, prune(declared('m0t1fs'))), { code: 'process-required' });
  commitOf(engine, prune(declared()));
  t.equal(engine.graph.count('process'), 0, 'both together may go');
});

t.test('the plan tells the fields that change, before and after', async (t) => {
  const { engine } = given(load(everything), setVars({ process_stop_timeout: 5 }));
  const dry = dryRun(
    engine,
    load({
      ...everything,
      vars: { keepalive_timeout: 61, process_stop_timeout: 5 },
      profiles: [
        { name: 'default', pools: ['p1'] },
        { name: 'fast', pools: ['p1'] },
      ],
      hosts: [declaredHost(host, ['app', 'web'], { variables: { lnid: '10.0.0.2@tcp' } })],
    }),
  );
  if (!dry.ok) throw new Error(dry.rejection.message);
  t.strictSame(planOf(engine.graph, dry.events as readonly EventDraft[]), [
    {
      action: 'change',
      kind: 'profile',
      name: 'default',
      fields: [{ name: 'pools', before: [], after: ['p1'] }],
    },
    {
      action: 'change',
      kind: 'var',
      name: 'keepalive_timeout',
      fields: [{ name: 'value', before: 60, after: 61 }],
    },
    {
      action: 'change',
      kind: 'host',
      name: host,
      fields: [
        {
          name: 'variables',
          before: { lnid: '10.0.0.1@tcp' },
          after: { lnid: '10.0.0.2@tcp' },
        },
      ],
    },
  ]);
});

t.test('the plan of a first load names the processes that follow from it', async (t) => {
  const { engine } = given();
  const added = plan(engine, load({ hosts: [declaredHost(host, ['app'], withLnid)] }));
  t.strictSame(
    added.filter((line) => /process|node|host|cluster/.test(line)),
    [
      '+ cluster galileo',
      `+ host ${host}`,
      '+ node 0x6e00000000000001:0x2',
      '+ process 0x7200000000000001:0x3',
    ],
  );
});

t.test('vars that were set go back to their defaults, and are checked as such', async (t) => {
  const { engine } = given(load({ vars: { keepalive_timeout: 900, keepalive_frequency: 600 } }));
  t.match(rejectionOf(engine, prune({ vars: { keepalive_frequency: 600 } })), {
    code: 'invalid-var',
  });
  const { events } = commitOf(engine, prune());
  t.same(events.map(({ data }) => (data as { name: string }).name).sort(), [
    'keepalive_frequency',
    'keepalive_timeout',
  ]);
  t.equal(dataOf(commitOf(engine, load({ vars: { keepalive_timeout: 60 } })), 'VarSet').length, 1);
});
