/** What each command leads to, and every reason for which the core refuses one. */

import t from 'tap';
import type { Test } from 'tap';
import { deadlinesPerCommit } from '../../src/core/commands/fire-deadlines.ts';
import type { Command } from '../../src/core/commands/index.ts';
import { eventsPerCommit } from '../../src/core/engine.ts';
import type { Engine, Submission } from '../../src/core/engine.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { rejections } from '../../src/core/values/rejection.ts';
import type { RejectionCode } from '../../src/core/values/rejection.ts';
import {
  add,
  addedBy,
  commitOf,
  dataOf,
  declaredHost,
  dryRun,
  facts,
  given,
  load,
  nodeUp,
  noon,
  observe,
  override,
  rejectionOf,
  remove,
  report,
  roleSource,
  scale,
  setVars,
  submit,
  wantProcess,
} from './scenario.ts';

const host = 'n1.example';
const noProcess = '0x7200000000000001:0xffff' as Fid;
const noNode = '0x6e00000000000001:0xffff' as Fid;

const issue = (id: string, change: Partial<Extract<Command, { type: 'IssueCredential' }>> = {}) =>
  ({
    type: 'IssueCredential',
    id,
    name: `token ${id}`,
    role: 'operator',
    hash: id.padStart(64, '0'),
    host: null,
    process: null,
    expires: 0,
    ...change,
  }) satisfies Command;
const revoke = (id: string): Command => ({ type: 'RevokeCredential', id });
const create = (name: string): Command => ({ type: 'CreateProject', name });
const at = (station: string) => ({ station, url: `https://${station}:7400` });
const known = (station: string, url = at(station).url): Command => ({
  type: 'AddStation',
  station,
  url,
});
const lead = (term: number, station: string): Command => ({
  type: 'LeadStation',
  term,
  ...at(station),
});
const nth = (n: string): Command => ({ type: 'RegisterHost', fqdn: `${n}.example` });
const attach = (project: string, ...ns: string[]): Command => ({
  type: 'AttachMachines',
  project,
  hosts: ns.map((n) => `${n}.example`),
  mayKnow: true,
});
const fire: Command = { type: 'FireDeadlines' };

t.test('a host is registered before its agent has reported, once', async (t) => {
  const register: Command = { type: 'RegisterHost', fqdn: host };
  const engine = given()
    .when(register)
    .then(t, [{ type: 'HostRegistered', data: { fqdn: host } }]);
  t.match(engine.graph.must('host', host), { state: 'unknown', since: noon, facts: null });
  given(register).when(register).thenNothing(t);
});

t.test('a host that nobody declared is registered by its report', async (t) => {
  const engine = given()
    .when(nodeUp(host))
    .then(t, [
      { type: 'HostRegistered', data: { fqdn: host } },
      { type: 'NodeUp', data: { fqdn: host, facts: facts('10.0.0.1') as never } },
    ]);
  t.match(engine.graph.must('host', host), { state: 'up', facts: { lnid: '10.0.0.1@tcp' } });
  t.strictSame(engine.graph.hostCounts(), { unknown: 0, up: 1, down: 0 });
});

t.test('a report that says nothing new leaves no trace', async (t) => {
  given(nodeUp(host)).when(nodeUp(host)).thenNothing(t);
});

t.test('a report that says anything new is kept', async (t) => {
  const news = [
    { address: '10.0.0.2' },
    { lnid: '10.0.0.1@o2ib' },
    { memory_mib: 1001 },
    { cpus: 3 },
    { kernel: '6.2' },
    { boot_id: 'boot 2' },
    { version: '0.2.0' },
    { interfaces: [] },
    { interfaces: [{ name: 'eth1', address: '10.0.0.1' }] },
    { interfaces: [{ name: 'eth0', address: '10.0.0.2' }] },
  ];
  for (const change of news)
    given(nodeUp(host))
      .when(nodeUp(host, '10.0.0.1', change))
      .then(t, [
        { type: 'NodeUp', data: { fqdn: host, facts: facts('10.0.0.1', change) as never } },
      ]);
});

const down = (fqdn = host): Command => ({ type: 'ReportNodeDown', fqdn, reason: 'silence' });

t.test('a host goes down once, and comes back with the same facts', async (t) => {
  const { engine, when } = given(nodeUp(host));
  when(down(), { at: noon + 5 }).then(t, [
    { type: 'NodeDown', data: { fqdn: host, reason: 'silence' } },
    { type: 'RecoveryStarted', data: { fqdn: host, next: noon + 5 + 60_000 } },
  ]);
  t.match(engine.graph.must('host', host), { state: 'down', reason: 'silence', since: noon + 5 });
  when(down()).thenNothing(t);
  when(nodeUp(host), { at: noon + 9 });
  t.match(engine.graph.must('host', host), { state: 'up', reason: '', since: noon + 9 });
});

t.test('new facts of a host that is up do not change since when it is up', async (t) => {
  const { engine, when } = given(nodeUp(host));
  when(nodeUp(host, '10.0.0.1', { cpus: 8 }), { at: noon + 5 });
  t.equal(engine.graph.must('host', host).since, noon);
});

t.test('a second machine with the name of a live one is refused, and recorded once', async (t) => {
  const intruder = nodeUp(host, '10.0.9.9');
  const { engine, when } = given(nodeUp(host));
  when(intruder).then(t, [
    {
      type: 'HostClaimRefused',
      data: { fqdn: host, agent: 'agent of 10.0.9.9', address: '10.0.9.9' },
    },
  ]);
  t.equal(engine.graph.must('host', host).facts?.agent, 'agent of 10.0.0.1');
  when(intruder).thenNothing(t);
});

t.test('the machine of a host that boots anew without its id is believed', async (t) => {
  const old = 'agent of 10.0.0.1';
  const reborn = (change: object = {}, more: object = {}): Command => ({
    ...nodeUp(host, '10.0.0.1', { agent: 'new', boot_id: 'second boot', ...change }),
    ...{ speaksFor: host, dead: old, ...more },
  });
  const first = nodeUp(host, '10.0.0.1', { boot_id: 'first boot' });
  const { engine, when } = given(first);
  when(reborn());
  t.match(engine.graph.must('host', host), { state: 'up', refused: [], facts: { agent: 'new' } });

  for (const [what, report] of [
    ['its old agent may be alive', reborn({}, { dead: null })],
    ['another agent of it is dead', reborn({}, { dead: 'one before' })],
    ['the token is not bound to it', reborn({}, { speaksFor: null })],
    ['the address is another one', reborn({ address: '10.0.9.9' })],
    ['the boot is the same one', reborn({ boot_id: 'first boot' })],
    ['the boot is not said', reborn({ boot_id: '' })],
  ] as const) {
    const { engine: refusing, when: then } = given(first);
    then(report);
    t.match(refusing.graph.must('host', host), { facts: { agent: old }, refused: ['new'] }, what);
  }
  const { engine: older, when: ask } = given(nodeUp(host, '10.0.0.1', { boot_id: '' }));
  ask(reborn());
  t.equal(older.graph.must('host', host).facts?.agent, old, 'of which no boot is known');
});

t.test('a machine may take the name of one that is down', async (t) => {
  const { engine, when } = given(nodeUp(host), down());
  when(nodeUp(host, '10.0.9.9'));
  t.equal(engine.graph.must('host', host).facts?.agent, 'agent of 10.0.9.9');
});

t.test('only so many refused machines are remembered', async (t) => {
  const { engine, when } = given(nodeUp(host));
  for (let i = 1; i <= 20; i += 1) when(nodeUp(host, `10.0.9.${i}`));
  const { refused } = engine.graph.must('host', host);
  t.equal(refused.length, 8);
  t.equal(refused.at(-1), 'agent of 10.0.9.20');
});

t.test('T32: the owner of an independent process reports its state', async (t) => {
  const { engine, when } = given(load(), nodeUp(host));
  const [{ fid } = { fid: noProcess }] = addedBy(engine, add(host, 'app'));
  when(report(fid, 'online')).then(t, [
    { type: 'ProcessStateChanged', data: { fid, state: 'online', reason: '' } },
  ]);
  when(report(fid, 'online')).thenNothing(t);
  t.equal(engine.graph.must('process', fid).state, 'online');
  t.equal(engine.graph.processCounts().get('online'), 1);
  t.equal(engine.graph.processCounts().get('unknown'), 0);
});

t.test('with tokens, each process added gets one that goes when it goes', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const wanted = { ...add(host, ['app', { multiplicity: 2 }]), tokens: true } as Command;
  const commit = commitOf(engine, wanted);
  const fids = dataOf(commit, 'ProcessAdded').map(({ fid }) => fid);
  const issued = dataOf(commit, 'CredentialIssued');
  t.match(
    issued,
    fids.map((fid) => ({ role: 'process', process: fid, host: null, expires: 0 })),
  );
  t.equal(engine.graph.get('credential', issued[0]!.id)?.process, fids[0]);
  const removal = commitOf(engine, remove(fids[0]!));
  t.strictSame(dataOf(removal, 'CredentialRevoked'), [{ id: issued[0]!.id, why: 'owner-removed' }]);
  t.equal(engine.graph.get('credential', issued[0]!.id), undefined);
  t.ok(engine.graph.get('credential', issued[1]!.id));
});

t.test('a token is issued and revoked', async (t) => {
  const { type: _, ...data } = issue('a1');
  const { engine, when } = given();
  when(issue('a1')).then(t, [{ type: 'CredentialIssued', data }]);
  t.equal(engine.graph.get('credential', 'a1')?.hash, data.hash);
  when(revoke('a1')).then(t, [{ type: 'CredentialRevoked', data: { id: 'a1', why: 'revoked' } }]);
  t.equal(engine.graph.get('credential', 'a1'), undefined);
});

t.test('the tokens of a process go with it in one order, whatever was tried before', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const [added] = addedBy(engine, add(host, 'app'));
  for (const id of ['b', 'a', 'c'])
    commitOf(engine, issue(id, { role: 'process', process: added!.fid }));
  const tried = dryRun(engine, remove(added!.fid));
  const done = commitOf(engine, remove(added!.fid));
  t.strictSame(tried, { ok: true, events: done.events });
  t.strictSame(
    dataOf(done, 'CredentialRevoked').map(({ id }) => id),
    ['a', 'b', 'c'],
  );
});

t.test('an administrator can be revoked while there is another', async (t) => {
  const [one, two] = [issue('a1', { role: 'admin' }), issue('a2', { role: 'admin' })];
  const { when } = given(one, two);
  when(revoke('a1')).then(t, [{ type: 'CredentialRevoked', data: { id: 'a1', why: 'revoked' } }]);
  when(revoke('a2')).thenRejected(t, { code: 'last-admin', subject: 'a2' });
});

t.test('a token expires at its time and not before', async (t) => {
  const { engine, when } = given(issue('a1', { expires: noon + 100 }));
  when(fire, { at: noon + 99 }).thenNothing(t);
  when(fire, { at: noon + 100 }).then(t, [
    { type: 'CredentialRevoked', data: { id: 'a1', why: 'expired' } },
  ]);
  t.equal(engine.graph.indexes.deadlines.next(), undefined);
  when(fire, { at: noon + 101 }).thenNothing(t);
});

t.test('a revoked token does not expire any more', async (t) => {
  const { when } = given(issue('a1', { expires: noon + 100 }), revoke('a1'));
  when(fire, { at: noon + 200 }).thenNothing(t);
});

t.test('one commit fires only so many deadlines, the earliest first', async (t) => {
  const tokens = Array.from({ length: deadlinesPerCommit + 2 }, (_, i) =>
    issue(`a${i}`, { expires: noon + 1 + (i % 7) }),
  );
  const { engine } = given(...tokens);
  const first = dataOf(commitOf(engine, fire, { at: noon + 50 }), 'CredentialRevoked');
  t.equal(first.length, deadlinesPerCommit);
  t.equal(dataOf(commitOf(engine, fire, { at: noon + 50 }), 'CredentialRevoked').length, 2);
  t.equal(engine.graph.count('credential'), 0);
});

/** A command that is refused, after what must have happened before. */
interface Refusal {
  readonly history: readonly Command[];
  readonly when: Command | ((engine: Engine) => Command);
  readonly conditions?: Partial<Submission>;
  readonly then?: RegExp;
}

const request = (key: string, fingerprint: string): Partial<Submission> => ({
  request: { key, fingerprint },
});
const loaded = [load(), nodeUp(host)];
const silentHost: Command = { type: 'RegisterHost', fqdn: host };

/**
 * Every code there is: how the core comes to it, or who else does. The compiler sees to it that
 * none is forgotten.
 */
const refusals: Record<RejectionCode, readonly Refusal[] | `by ${string}`> = {
  'cluster-not-loaded': [
    { history: [nodeUp(host)], when: add(host, 'app') },
    { history: [], when: { type: 'WantCluster', state: 'online' } },
  ],
  'unknown-host': [
    { history: [load()], when: add('n9.example', 'app'), then: /n9\.example/ },
    { history: [], when: { type: 'ReportNodeDown', fqdn: host, reason: '' } },
    { history: [], when: { type: 'RemoveHost', fqdn: host, force: false } },
    { history: [load()], when: scale(host, 'app', 2) },
    { history: [], when: { type: 'RenameHost', fqdn: host, to: 'n2.example' } },
  ],
  'unknown-node': [
    { history: [], when: { type: 'WantNode', fid: noNode, state: 'online', force: false } },
    { history: [], when: { type: 'RemoveNode', fid: noNode, force: false } },
  ],
  'unknown-process': [
    { history: [], when: remove(noProcess) },
    { history: [], when: report(noProcess, 'online') },
    { history: [], when: wantProcess(noProcess, 'online') },
    { history: [], when: override(noProcess, 'offline') },
    { history: [], when: observe(noProcess, 1, 'exited') },
    { history: [], when: issue('a1', { process: noProcess }) },
  ],
  'unknown-role': [
    { history: loaded, when: add(host, 'nonesuch'), then: /there are app, clovis-app, confd/ },
    {
      history: [load({ roles: [roleSource('confd')] }), nodeUp(host)],
      when: add(host, 'confd'),
      then: /confd requires ha, which is not defined/,
    },
    { history: [load({ roles: [] }), nodeUp(host)], when: add(host, 'app'), then: /no roles/ },
  ],
  'unknown-credential': [{ history: [], when: revoke('a1') }],
  'unknown-var': [
    { history: [], when: load({ vars: { keepalive: 5 } }), then: /keepalive/ },
    { history: [], when: setVars({ keepalive: 5 }), then: /keepalive/ },
  ],
  'invalid-var': [
    { history: [], when: load({ vars: { keepalive_timeout: 0 } }), then: /1 to 86400/ },
    { history: [], when: load({ vars: { keepalive_timeout: 30 } }), then: /must be above/ },
    {
      history: [load({ vars: { keepalive_frequency: 100 } })],
      when: load({ vars: { keepalive_timeout: 90 } }),
    },
    { history: [], when: setVars({ recovery_max_retries: 0 }), then: /other than 0/ },
  ],
  'unknown-variable': [
    { history: [load(), silentHost], when: add(host, 'app'), then: /has not reported yet/ },
  ],
  'unknown-override': [{ history: loaded, when: add(host, ['app', { speed: 3 }]) }],
  'multiplicity-fixed': [{ history: loaded, when: add(host, ['s3server', { multiplicity: 2 }]) }],
  'invalid-multiplicity': [0, -1, 1.5, 10_001, '2', null].map((multiplicity) => ({
    history: loaded,
    when: add(host, ['app', { multiplicity }]),
  })),
  'template-error': [
    { history: loaded, when: add(host, 'nowhere'), then: /not an endpoint/ },
    {
      history: [load({ roles: [roleSource('untold')] }), nodeUp(host)],
      when: add(host, 'untold'),
      then: /no template/,
    },
  ],
  'circular-requires': [
    {
      history: [
        load({
          roles: [
            roleSource('ha', { requires: ['app'] }),
            roleSource('confd'),
            roleSource('app', { requires: ['confd'] }),
          ],
        }),
        nodeUp(host),
      ],
      when: add(host, 'app'),
      then: /app -> confd -> ha -> app/,
    },
  ],
  'no-free-endpoint': [{ history: loaded, when: add(host, ['last', { multiplicity: 3 }]) }],
  'environment-range-exhausted': [
    { history: loaded, when: add(host, ['ported', { multiplicity: 4 }]), then: /9000\.\.9002/ },
  ],
  'process-managed': [
    {
      history: loaded,
      when: (engine) => {
        const added = addedBy(engine, add(host, 's3server'));
        return report(added.at(-1)!.fid, 'online');
      },
    },
  ],
  'older-instance': [
    {
      history: loaded,
      when: (engine) => {
        const { fid } = addedBy(engine, add(host, 'app')).at(-1)!;
        for (const run of ['first', 'second'])
          submit(engine, { ...report(fid, 'online'), instance: run } as Command);
        return { ...report(fid, 'offline'), instance: 'first' } as Command;
      },
      then: /run as second by now; what first says/,
    },
  ],
  'process-busy': (['starting', 'online'] as const).map((state) => ({
    history: loaded,
    when: (engine) => {
      const [added] = addedBy(engine, add(host, 'app'));
      commitOf(engine, report(added!.fid, state));
      return remove(added!.fid);
    },
  })),
  'process-independent': [
    {
      history: loaded,
      when: (engine) => wantProcess(addedBy(engine, add(host, 'app'))[0]!.fid, 'online'),
      then: /its owner starts and stops it/,
    },
    {
      history: loaded,
      when: (engine) => ({
        type: 'RestartProcess',
        fid: addedBy(engine, add(host, 'app'))[0]!.fid,
      }),
    },
  ],
  'process-required': [
    {
      history: loaded,
      when: (engine) => remove(addedBy(engine, add(host, 'confd'))[0]!.fid),
      then: /is required by 0x72/,
    },
    {
      history: [...loaded, add(host, 'confd')],
      when: scale(host, 'ha', 0),
      then: /ha of n1\.example is required by 0x72/,
    },
  ],
  'quorum-lost': [
    {
      history: [...loaded, add(host, 'confd')],
      when: (engine) => {
        const [confd] = engine.graph.indexes.confds.all();
        commitOf(engine, override(confd!.fid, 'online'));
        return remove(confd!.fid);
      },
      then: /0 of 0 confds would serve/,
    },
  ],
  'being-removed': [
    {
      history: [...loaded, add(host, 'solo')],
      when: (engine) => {
        const [{ fid, node }] = [...engine.graph.all('process')] as [ProcessRow];
        commitOf(engine, wantProcess(fid, 'online'));
        commitOf(engine, { type: 'RemoveNode', fid: node, force: false });
        return add(host, 'app');
      },
      then: /n1\.example is being removed/,
    },
  ],
  'impossible-transition': (['starting', 'quiescing', 'stopping', 'inhibited'] as const).map(
    (state) => ({
      history: loaded,
      when: (engine) => override(addedBy(engine, add(host, 'app'))[0]!.fid, state),
      then: /only to unknown, offline, online, failed/,
    }),
  ),
  'too-many-keys':
    'by the API: its requests have keys; `requests.test.ts` fills the core with them',
  'host-exists': [
    {
      history: [silentHost, { type: 'RegisterHost', fqdn: 'n2.example' }],
      when: { type: 'RenameHost', fqdn: host, to: 'n2.example' },
      then: /n2\.example/,
    },
  ],
  'host-busy': [
    { history: [nodeUp(host)], when: { type: 'RenameHost', fqdn: host, to: 'n2.example' } },
  ],
  'host-claimed': [
    {
      history: [nodeUp(host)],
      when: {
        type: 'ReportNodesUp',
        hosts: [
          { fqdn: 'n2.example', facts: facts('10.0.0.2') },
          { fqdn: host, facts: facts('10.0.0.1', { agent: 'another' }) },
        ],
        speaksFor: null,
      },
      then: /^hosts\[1\]: another machine is n1\.example already$/,
    },
  ],
  'identity-mismatch': [
    {
      history: [],
      when: { type: 'ReportNodeUp', fqdn: host, facts: facts('10.0.0.1'), speaksFor: 'n2.example' },
      then: /speaks for n2\.example, not for n1\.example/,
    },
    {
      history: [],
      when: {
        type: 'ReportNodesUp',
        hosts: [
          { fqdn: 'n2.example', facts: facts('10.0.0.2') },
          { fqdn: host, facts: facts('10.0.0.1') },
        ],
        speaksFor: 'n2.example',
      },
      then: /^hosts\[1\]: the token speaks for n2\.example, not for n1\.example/,
    },
    {
      history: [...loaded, nodeUp('n2.example', '10.0.0.2')],
      when: (engine) => ({
        ...observe(addedBy(engine, add('n2.example', 'solo'))[0]!.fid, 0, 'online'),
        host,
      }),
      then: /is not a process of n1\.example/,
    },
  ],
  'credential-exists': [{ history: [issue('a1')], when: issue('a1') }],
  'too-many-hosts': 'by `core/hosts-max.test.ts`: it takes many hosts',
  'too-many-tokens':
    'by the API: `api/limits.test.ts` issues as many as there may be, and one more',
  'unknown-project': [
    { history: [], when: { type: 'DeleteProject', name: 'a' } },
    { history: [], when: { type: 'AttachMachines', project: 'a', hosts: [], mayKnow: true } },
    { history: [], when: { type: 'DetachMachines', project: 'a', hosts: [host] } },
    { history: [], when: { type: 'JoinProject', project: 'a', token: 'a1', role: 'viewer' } },
    {
      history: [],
      when: issue('a1', { role: 'member', projects: [{ name: 'a', role: 'viewer' }] }),
    },
  ],
  'project-exists': [{ history: [create('a')], when: create('a') }],
  'project-in-use': [
    {
      history: [create('a'), ...['1', '2', '3', '4'].map(nth), attach('a', '1', '2', '3', '4')],
      when: { type: 'DeleteProject', name: 'a' },
      then: /a has 1\.example, 2\.example, 3\.example and 1 more/,
    },
  ],
  'too-many-projects': 'by `core/projects.test.ts`: it takes many projects',
  'machine-lent': [
    {
      history: [create('a'), create('b'), nth('1'), attach('a', '1')],
      when: attach('b', '1'),
      then: /1\.example is lent to the project a/,
    },
  ],
  'machine-not-attached': [
    {
      history: [create('a'), nth('1')],
      when: { type: 'DetachMachines', project: 'a', hosts: ['1.example'] },
    },
  ],
  'obm-enabled': 'by `core/projects.test.ts` and `core/obms.test.ts`',
  'obm-not-registered': 'by `core/obms.test.ts`, as those that follow',
  'obm-registered': 'by `core/obms.test.ts`',
  'obm-taken': 'by `core/obms.test.ts`',
  'obm-disabled': 'by `core/obm-orders.test.ts`, as those that follow',
  'right-ended': 'by `core/console-connections.test.ts`',
  'too-many-connections': 'by `core/console-connections.test.ts`',
  'too-many-orders': 'by `core/obm-orders.test.ts`',
  'too-many-orders-of-one': 'by `core/machine-queues.test.ts`, as those that follow',
  'in-maintenance': 'by `core/procedures.test.ts`',
  'not-cancellable': 'by `core/machine-queues.test.ts`',
  'too-many-campaigns': 'by `core/campaigns.test.ts`, as those that follow',
  'too-many-machines': 'by `core/campaigns.test.ts`',
  'blast-radius': 'by `core/campaigns.test.ts`',
  'in-campaign': 'by `core/campaigns.test.ts`',
  'unknown-order': 'by `core/obm-orders.test.ts`',
  'obm-changed': 'by `core/obms.test.ts`',
  'not-a-member': [
    {
      history: [create('a'), issue('a1')],
      when: { type: 'JoinProject', project: 'a', token: 'a1', role: 'viewer' },
    },
  ],
  'too-many-memberships': 'by `core/projects.test.ts`: it takes many projects',
  'unknown-user': 'by `core/users.test.ts`',
  'user-exists': 'by `core/users.test.ts`',
  'too-many-users': 'by `core/users.test.ts`',
  'role-differs': 'by `core/users.test.ts`',
  'login-refused': 'by `api/users.test.ts`',
  'user-locked': 'by `core/users.test.ts`',
  'password-needed': 'by `api/users.test.ts`',
  'code-needed': 'by `api/users.test.ts`',
  'code-refused': 'by `api/users.test.ts`',
  'code-used': 'by `core/users.test.ts`',
  'no-codes': 'by `api/users.test.ts`',
  'not-allowed': 'by `core/grants.test.ts`',
  'step-up-needed': 'by `core/grants.test.ts`',
  'grant-too-long': 'by `core/grants.test.ts`',
  'too-many-grants': 'by `core/grants.test.ts`',
  'unknown-grant': 'by `core/grants.test.ts`',
  'last-admin': [{ history: [issue('a1', { role: 'admin' })], when: revoke('a1') }],
  'unknown-station': [
    { history: [], when: { type: 'RetireStation', station: 'head1' } },
    { history: [known('head1')], when: lead(1, 'head2'), then: /no station head2/ },
  ],
  'invalid-station': [
    { history: [], when: known('head 1'), then: /"head 1"/ },
    { history: [], when: known('head1', 'http://me:word@head1'), then: /^(?!.*word)/ },
    { history: [], when: known('head1', 'https://head1/') },
  ],
  'last-station': [
    {
      history: [lead(1, 'head1')],
      when: { type: 'RetireStation', station: 'head1' },
      then: /add another one first/,
    },
  ],
  'too-many-stations': 'by `core/stations.test.ts`: it takes many stations',
  'older-term': [
    { history: [lead(2, 'head1')], when: lead(2, 'head1'), then: /is 2 already/ },
    { history: [lead(2, 'head1')], when: lead(1, 'head1') },
    { history: [lead(2, 'head1')], when: lead(2.5, 'head1') },
  ],
  'idempotency-key-reused': [
    {
      history: loaded,
      when: (engine) => {
        commitOf(engine, add(host, 'app'), request('key', 'one'));
        return add(host, 'web');
      },
      conditions: request('key', 'two'),
    },
  ],
  'revision-mismatch': [
    {
      history: loaded,
      when: add(host, 'app'),
      conditions: { expected: 1 as never },
      then: /not 1/,
    },
  ],
  'too-large': [
    {
      history: [load()],
      when: load({
        roles: Array.from({ length: eventsPerCommit + 1 }, (_, i) => roleSource(`r${i}`)),
      }),
    },
  ],
};

const check = (t: Test, code: string, refusal: Refusal): void => {
  const { engine } = given(...refusal.history);
  const command = typeof refusal.when === 'function' ? refusal.when(engine) : refusal.when;
  const before = engine.graph.digest();
  const { message, ...rejection } = rejectionOf(engine, command, refusal.conditions);
  t.equal(rejection.code, code, message);
  if (refusal.then) t.match(message, refusal.then);
  t.equal(engine.graph.digest(), before, 'nothing happened');
};

for (const [code, cases] of Object.entries(refusals))
  if (typeof cases !== 'string')
    t.test(`${code}: ${rejections[code as RejectionCode]}`, async (t) => {
      for (const refusal of cases) check(t, code, refusal);
    });

t.test('a refusal says where in which file a template is wrong', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  t.match(rejectionOf(engine, add(host, ['app', { speed: 3 }])), {
    source: { file: 'roles/test.yaml', line: 1 },
    subject: 'speed',
  });
});

t.test('only the requested role is rendered', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  t.ok(addedBy(engine, add(host, 'app')), 'though the role nowhere cannot be rendered');
  t.ok(engine.graph.get('role', 'nowhere'));
});

t.test('a declared host with a role that cannot be rendered says so', async (t) => {
  const hosts = [declaredHost(host, ['app', 'nowhere', 'web'])];
  const { engine } = given(load({ hosts }), nodeUp(host));
  t.match(engine.graph.must('host', host), {
    pending: ['nowhere', 'web'],
    problem: 'nowhere: not an endpoint is not an endpoint',
  });
});
