/**
 * Records a log that later versions must replay to the same digests.
 *
 *     node test/core/record-log.ts NAME    writes test/fixtures/logs/NAME.jsonl; never changes one
 * that is there
 *
 * Record another one when there are new events or rules; the old ones stay.
 */

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../src/core/commands/index.ts';
import type { ObservedState } from '../../src/core/commands/report-process.ts';
import { writeEvent } from '../../src/core/events/catalogue.ts';
import type { EventDraft } from '../../src/core/events/catalogue.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { requestMemory } from '../../src/core/graph/remembering.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import type { ObmNews } from '../../src/core/values/obm-news.ts';
import type { ObmOrder, OrderOutcome } from '../../src/core/values/obm.ts';
import type { ActEnd } from '../../src/core/values/procedures.ts';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';
import { revision } from '../../src/core/values/revision.ts';
import {
  add,
  allRoles,
  commitOf,
  dataOf,
  declaredHost,
  facts,
  load,
  newEngine,
  nodeDown,
  nodeUp,
  noon,
  observe,
  override,
  remove,
  removeHost,
  report,
  roleSource,
  scale,
  setVars,
  wantCluster,
  wantNode,
  wantProcess,
} from './scenario.ts';

/** A commit and the digest of the graph after it. */
export interface Recorded {
  readonly digest: string;
  readonly commit: Commit;
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'logs');

export const recordedLogs = (): { name: string; log: Recorded[] }[] =>
  readdirSync(folder)
    .sort()
    .map((name) => ({
      name,
      log: readFileSync(join(folder, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Recorded),
    }));

/** A day in the life of a small cluster, with every kind of event. */
const record = (): Recorded[] => {
  const engine = newEngine();
  const log: Recorded[] = [];
  let at = noon;
  const run = (command: Command, request?: string): Commit => {
    at += 1000;
    const conditions = request ? { at, request: { key: request, fingerprint: request } } : { at };
    const commit = commitOf(engine, command, conditions);
    log.push({ digest: engine.graph.digest(), commit });
    return commit;
  };
  /** What only a cluster of thousands of processes would come to. */
  const happened = (draft: EventDraft): void => {
    const commit: Commit = {
      revision: revision(engine.head + 1),
      at: (at += 1000),
      actor: 'station',
      correlation: 'request 1',
      command: 'FireDeadlines',
      events: [writeEvent(draft)],
    };
    engine.replay(commit);
    log.push({ digest: engine.graph.digest(), commit });
  };
  /** By all its stages, some of which are skipped. */
  const rebooted = (fqdn: string, credential: string): void => {
    run({ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example', label: fqdn });
    const { revision: epoch } = run({ type: 'EnableObm', fqdn, anew: false });
    run({ type: 'ReportObmEnabled', fqdn, epoch, hash: 'e'.repeat(64) });
    run(nodeUp(fqdn, '10.0.0.16', { boot_id: 'boot 1' }));
    run({
      ...{ type: 'RebootHost', fqdn, how: 'gentle', drain: true, power: 'cycle', waitUp: 900 },
      ...{ symptom: null, action: 'power-cycle', hardware: '', reason: 'no answer' },
      ...{ overridden: ['no-suggestion'], credential },
    });
    const ends = (outcome: ActEnd): Commit => {
      const { begun } = [...engine.graph.many('undergoes', fqdn)].at(-1)!.stages.at(-1)!;
      return run({ type: 'EndStageAct', fqdn, begun, outcome, detail: '' });
    };
    const sent = (outcome: OrderOutcome): void => {
      const { id } = [...engine.graph.many('obeys', fqdn)].find((row) => row.state === 'waiting')!;
      run({ type: 'BeginObmOrder', id });
      run({ type: 'EndObmOrder', id, outcome, detail: 'no answer' });
    };
    ends('done');
    ends('failed');
    sent('failed');
    sent('done');
    run(nodeUp(fqdn, '10.0.0.16', { boot_id: 'boot 2' }));
    ends('done');
    ends('done');
  };
  const processes = () => [...engine.graph.all('process')];
  run({ type: 'RegisterHost', fqdn: 'n0.example' });
  run(
    load({
      enclosures: [{ name: 'e1', site: 'hall', rack: 'r1' }],
      pools: [{ name: 'tier1', data_units: 8, parity_units: 2, unit_size: 4096, devices: ['w1'] }],
      profiles: [{ name: 'default', pools: ['tier1'] }],
      vars: { keepalive_timeout: 60 },
      hosts: [
        declaredHost('n1.example', ['m0t1fs', 'clovis-app', 's3server'], {
          enclosure: 'e1',
          project: 'weather',
          variables: { lnid: '10.0.0.1@tcp', labels: { tier: ['a', 1, null, true, 2.5] } },
          obm: { type: 'ipmi', address: '10.1.0.1:623', secret: 'obm/n1' },
          devices: [
            { wwn: 'w1', serial: 's1', path: '/dev/sda', slot: 1, block_size: 512, size: 1e12 },
          ],
        }),
        declaredHost('n2.example', ['confd', 'ha', 'nowhere']),
      ],
    }),
    'first load',
  );
  run(nodeUp('n1.example', '10.0.0.1'));
  run(nodeUp('n2.example', '10.0.0.2'));
  run({ type: 'ReportNodeUp', fqdn: 'n1.example', facts: facts('10.0.0.9'), speaksFor: null });
  run({ ...add('n2.example', 'ported', 'pair'), tokens: true } as Command, 'add');
  run(report(processes().at(-1)!.fid, 'online'));
  run(report(processes().at(-1)!.fid, 'failed'));
  run(remove(processes().at(-1)!.fid));
  run(remove(processes()[3]!.fid));
  run(add('n1.example', 'clovis-app'));
  run({ type: 'ReportNodeDown', fqdn: 'n2.example', reason: 'no heartbeat for 60 s' });
  run(load({ cluster: 'kepler', roles: [roleSource('nowhere', { text: 'again' })] }));
  run({
    type: 'IssueCredential',
    id: 'c1',
    name: 'for a while',
    role: 'viewer',
    hash: 'c'.repeat(64),
    host: null,
    process: null,
    expires: at + 5000,
  });
  at += requestMemory;
  run({ type: 'FireDeadlines' });
  run(nodeUp('n2.example', '10.0.0.2', { boot_id: 'boot 2' }));

  run(nodeUp('n3.example', '10.0.0.3'));
  run(add('n3.example', 'solo'));
  const { fid, node } = processes().at(-1)!;
  const generation = (): number => engine.graph.must('process', fid).generation;
  const told = (state: ObservedState, pid: number | null = null): Commit =>
    run(observe(fid, generation(), state, { host: 'n3.example', pid, reason: 'exit code 1' }));
  run(setVars({ process_start_timeout: 10, process_stop_timeout: 20 }));
  run(wantCluster('online'));
  told('starting', 4711);
  told('exited');
  told('exited');
  run(nodeDown('n3.example'));
  at += 10_000;
  run({ type: 'FireDeadlines' });
  run(nodeUp('n3.example', '10.0.0.3'));
  at += 10_000;
  run({ type: 'FireDeadlines' });
  told('online', 4712);
  run({ type: 'RestartProcess', fid });
  told('online', 4713);
  run(wantNode(node, 'offline'));
  told('stopping');
  told('exited');
  run(wantProcess(fid, 'online'));
  run(override(fid, 'failed'));
  run(wantProcess(fid, 'online'));
  run(scale('n3.example', 'app', 2));
  run(scale('n3.example', 'app', 1));
  run({ type: 'RemoveHost', fqdn: 'n3.example', force: false });
  told('exited');

  run(nodeDown('n2.example'));
  run(setVars({ recovery_max_retries: 1, recovery_expiry_seconds: 10 }));
  run(load({ recovery: [{ kind: 'wait', seconds: 5 }, sshDefaults] }));
  at += 60_000;
  const { revision: begun } = run({ type: 'FireDeadlines' });
  const step = { type: 'ReportRecoveryStep', fqdn: 'n2.example', begun } as const;
  run({ ...step, outcome: 'failed', detail: 'ssh failed' });
  at += 10_000;
  run({ type: 'FireDeadlines' });
  run(nodeUp('n2.example', '10.0.0.2', { boot_id: 'boot 2' }));

  const leased = dataOf(run(add('n2.example', 'app')), 'ProcessAdded').at(-1)!.fid;
  run({ type: 'LeaseProcess', fid: leased, seconds: 30 });
  run({ ...report(leased, 'online'), instance: '1.4711' } as Command);
  run({ type: 'ExpireLease', fid: leased, reason: 'its lease was not renewed' });
  at += 60_000;
  run({ type: 'FireDeadlines' });

  run(nodeDown('n2.example'));
  run({ type: 'RenameHost', fqdn: 'n2.example', to: 'n12.example' });
  run(nodeUp('n12.example', '10.0.0.2', { boot_id: 'boot 3' }));

  run(load({ cluster: 'kepler', hosts: [declaredHost('n1.example', ['m0t1fs'])] }));
  run({ type: 'ResetCluster', reason: 'the switch was replaced' });
  const [nowhere, ...others] = allRoles.filter(({ name }) => name !== 'web');
  run({
    ...load({ cluster: 'kepler', roles: [...others, nowhere!] }),
    prune: true,
  } as Command);

  run(nodeUp('n4.example', '10.0.0.4'));
  run(add('n4.example', 'solo', 'app'));
  const [solo, app] = processes().slice(-2) as [ProcessRow, ProcessRow];
  const token = { name: 'agent', role: 'agent', host: 'n4.example', process: null } as const;
  run({ type: 'IssueCredential', id: 'c4', hash: 'd'.repeat(64), expires: 0, ...token });
  run(report(app.fid, 'online'));
  run(wantProcess(solo.fid, 'online'));
  run(removeHost('n4.example'));
  run(nodeDown('n4.example'));
  run(report(app.fid, 'offline'));
  run(removeHost('n4.example'));
  at += 24 * 3_600_000;
  run({ type: 'FireDeadlines' });

  const declared = declaredHost('n5.example', ['app'], { variables: { lnid: '10.0.0.5@tcp' } });
  run(load({ cluster: 'kepler', hosts: [declared] }));
  run(remove(processes().at(-1)!.fid));
  run(load({ cluster: 'kepler', hosts: [declared] }));

  run({ type: 'CreateProject', name: 'climate' });
  run({ type: 'CreateProject', name: 'ocean' });
  const member = { name: 'member', role: 'member', host: null, process: null, expires: 0 } as const;
  const climate = { name: 'climate', role: 'operator' } as const;
  const issued = { id: 'c5', hash: 'e'.repeat(64), projects: [climate] };
  run({ type: 'IssueCredential', ...issued, ...member });
  run({ type: 'JoinProject', project: 'ocean', token: 'c5', role: 'viewer' });
  run(nodeUp('n6.example', '10.0.0.6'));
  const machines = ['n5.example', 'n6.example'];
  run({ type: 'AttachMachines', project: 'climate', hosts: machines, mayKnow: true });
  run({ type: 'DetachMachines', project: 'climate', hosts: ['n5.example'] });
  run({ type: 'LeaveProject', project: 'climate', token: 'c5' });
  run({ type: 'DeleteProject', name: 'ocean' });

  const fqdn = 'n6.example';
  run({ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example:7410', label: 'n6' });
  const { revision: epoch } = run({ type: 'EnableObm', fqdn, anew: false });
  run({ type: 'ReportObmEnabled', fqdn, epoch, hash: 'f'.repeat(64) });
  const { revision: again } = run({ type: 'EnableObm', fqdn, anew: true });
  run({ type: 'ReportObmEnabled', fqdn, epoch: again, hash: 'f'.repeat(64) });
  const order = (one: ObmOrder): number => run({ type: 'OrderObm', fqdn, order: one }).revision;
  const cycled = order({ kind: 'power', action: 'cycle' });
  run({ type: 'BeginObmOrder', id: `${cycled}/${fqdn}` });
  run({ type: 'EndObmOrder', id: `${cycled}/${fqdn}`, outcome: 'unknown', detail: 'no answer' });
  order({ kind: 'boot-device', device: 'pxe', persistent: false });
  order({ kind: 'light', light: 30 });
  const reset: ObmOrder = { kind: 'power', action: 'reset' };
  const awaited = run({ type: 'OrderObm', fqdn, order: reset, waitUp: 600 }).revision;
  run({ type: 'BeginObmOrder', id: `${awaited}/${fqdn}` });
  run({ type: 'EndObmOrder', id: `${awaited}/${fqdn}`, outcome: 'done', detail: '' });
  happened({
    type: 'HostAwaitProlonged',
    data: { fqdn, ordered: awaited, until: at + 600_000 },
  });
  happened({ type: 'HostAwaitEnded', data: { fqdn, ordered: awaited, outcome: 'away' } });
  const asked: Command = { type: 'OrderObm', fqdn, order: reset, by: 'token:c7' };
  const late = run(asked).revision;
  run({ ...asked, by: 'token:c8' });
  run({ type: 'CancelOrdered', ordered: late, fqdn, by: 'token:c8' });
  const plan = { kind: 'reinstall', wait_up: 600, force: true } as const;
  const reinstall: Command = { type: 'OrderProcedure', fqdn, plan };
  for (const row of [...engine.graph.many('obeys', fqdn)])
    if (row.state === 'waiting')
      run({ type: 'EndObmOrder', id: row.id, outcome: 'failed', detail: 'no answer' });
  const procedure = run(reinstall).revision;
  run({ ...reinstall, by: 'token:c8' });
  run({ type: 'CancelOrdered', ordered: procedure, fqdn, by: 'token:c8' });
  happened({
    type: 'ProcedureActEnded',
    data: { fqdn, ordered: procedure, begun: procedure, outcome: 'done', detail: '' },
  });
  const campaign = run({
    ...{
      type: 'OrderCampaign',
      plans: [{ plan, reboot: null }],
      machines: [{ fqdn, plan: 0 }],
      leftOut: [],
    },
    policy: { canary: true, max_parallel: 1, per_chassis: 1, stagger: 0, stop_after: 1 },
    ...{ partial: false, override: false, reason: null },
  }).revision;
  run({ type: 'FireDeadlines' });
  const [turn] = [...engine.graph.many('undergoes', fqdn)].filter(
    ({ state }) => state === 'running',
  );
  run({ type: 'CancelCampaign', ordered: campaign, by: 'token:c8' });
  run({ type: 'CancelOrdered', ordered: turn!.created, fqdn, by: 'token:c8' });
  const connect = (id: string, expires: number): number =>
    run({
      ...{ type: 'MakeConnection', fqdn, id, purpose: 'console', mode: 'read-write' },
      ...{ credential: 'c6', epoch: again, expires },
    } as const).revision;
  const operator = { id: 'c6', name: 'operator', role: 'operator', hash: '6'.repeat(64) } as const;
  run({ type: 'IssueCredential', ...operator, host: null, process: null, expires: 0 });
  connect('00000001', at + 3_600_000);
  connect('00000002', at + 3_600_000);
  run({ type: 'EndConnection', id: '00000001', why: 'revoked' });
  const obmd = 'https://obmd.example:7410';
  const [label, seen] = ['n6', at];
  const hear = (
    after: string | null,
    position: string,
    anew: boolean,
    ...news: ObmNews[]
  ): Commit => run({ type: 'ReportObmd', obmd, after, position, anew, news });
  const alice = { principal: 'alice', source: '10.0.0.7' };
  const entry = { id: '1', at: null, severity: 'critical', text: 'PSU 1 failed' } as const;
  hear(null, '10', true, { type: 'power-known', label, seen, state: 'on' });
  hear('10', '11.0', false, { type: 'power', label, seen, state: 'off', cause: 'drift' });
  hear('11.0', '12.0', false, { type: 'unreachable', label, seen, reason: 'no-answer' });
  hear('12.0', '13.0', false, { type: 'reachable', label, seen });
  hear(
    ...(['13.0', '14.5', false] as const),
    { type: 'console-attached', label, seen, viewing: 'v1', ...alice },
    { type: 'writer-taken', label, seen, ...alice, from: alice },
    { type: 'console-detached', label, seen, viewing: 'v1', why: 'left' },
    { type: 'order', label, seen, action: 'cycle', by: 'admin' },
    { type: 'guid', label, seen, guid: '1'.repeat(31) + '2', labels: [] },
    { type: 'entries', label, seen, gap: true, entries: [entry] },
  );
  hear('14.5', '2', true);
  hear('2', '3.0', false, { type: 'power', label, seen, state: 'on', cause: 'first' });
  run({ type: 'DisableObm', fqdn, epoch: again });
  const maintain = (reason: string, seconds: number | null): Commit =>
    run({ type: 'BeginMaintenance', fqdn, reason, by: 'token:c6', seconds });
  maintain('a fan', null);
  run({ type: 'EndMaintenance', fqdn });
  maintain('a disk', 60);
  run(nodeDown(fqdn));
  run({ type: 'RenameHost', fqdn, to: 'n16.example' });
  run({ type: 'UnregisterObm', fqdn: 'n16.example' });

  const changed = { fqdn: 'n16.example', cause: null, text: 'as it is', seen: at } as const;
  run({
    type: 'ReportChecks',
    changes: [
      { ...changed, check: 'ping', verdict: 'ok' },
      { ...changed, check: 'ssh', verdict: 'fail', cause: 'no-banner' },
    ],
  });
  run({ type: 'ReportChecks', changes: [{ ...changed, check: 'ssh', verdict: 'ok' }] });

  run({ type: 'AddNote', fqdn: 'n16.example', text: 'a slow disk', by: 'token:c6' });

  const credential = 'operator';
  run({
    ...{ type: 'IssueCredential', id: credential, name: 'night shift', role: 'operator' },
    ...{ hash: 'd'.repeat(64), host: null, process: null, expires: 0 },
  });
  const elevate = (id: string, seconds: number): Commit =>
    run({
      ...{ type: 'GiveGrant', id, credential, actions: ['power'], machines: ['n16.example'] },
      ...{ reason: 'it hangs', seconds, uses: 2, factor: null },
    });
  elevate('g1', 3600);
  const used = { fqdn: 'n16.example', id: 'g1', credential, action: 'power' } as const;
  happened({ type: 'GrantUsed', data: { ...used, reason: 'no answer' } });
  happened({
    type: 'RebootOrdered',
    data: {
      ...{ fqdn: 'n16.example', symptom: 'silent-power-on', action: 'power-cycle' },
      ...{ hardware: '4 CPUs, 63 GiB', reason: 'no answer', overridden: ['loop-guard'] },
      ...{ credential, grant: 'g1' },
    },
  });
  rebooted('n16.example', credential);
  run({
    ...{ type: 'RefuseReboot', fqdn: 'n16.example', by: 'token:c6' },
    vetoes: ['job-running'],
  });
  run({ type: 'RevokeGrant', id: 'g1', by: 'token:c6' });
  elevate('g2', 60);
  at += 60_000;
  // Maintenance ends first, in a commit of its own.
  run({ type: 'FireDeadlines' });
  run({ type: 'FireDeadlines' });

  run({
    ...{ type: 'SetPolicy', file: 'policy.yaml' },
    rules: [
      {
        ...{ name: 'no nights', effect: 'deny', who: ['role:operator'], actions: ['power'] },
        ...{ machines: ['n16.example'], projects: null, only_if: {} },
      },
    ],
  });
  const ada = { name: 'ada' } as const;
  run({ type: 'AddUser', ...ada, role: 'operator' });
  run({ type: 'ChangeFactor', ...ada, factor: 'password', except: null });
  run({ type: 'ChangeFactor', ...ada, factor: 'code', except: null });
  const begin = { type: 'BeginSession', ...ada, hash: 'e'.repeat(64), expires: at + 1e9 } as const;
  run({ ...begin, id: 's1', factor: { step: 1 } });
  run({ ...begin, id: 's2', factor: { recovery: true } });
  const open = { type: 'OpenSession', opener: 's2', hash: 'e'.repeat(64), expires: 1e15 } as const;
  run({ ...open, id: 's3' });
  for (let i = 0; i < 5; i++) run({ type: 'RefuseLogin', ...ada, factor: 'code' });
  run({ type: 'ChangeUser', ...ada, role: 'admin', disabled: false });
  run({ type: 'ChangeUser', ...ada, disabled: true });
  run({ type: 'RemoveUser', ...ada });

  const lead = (term: number, station: string): Commit =>
    run({ type: 'LeadStation', term, station, url: `https://${station}:7400` });
  lead(2, 'head1.example');
  run({ type: 'AddStation', station: 'head2.example', url: 'https://head2.example:7400' });
  run({ type: 'AddStation', station: 'head3', url: 'https://head3:7400' });
  lead(3, 'head2.example');
  run({ type: 'AddStation', station: 'head3', url: 'https://head3.example:7400/galileo' });
  run({ type: 'RetireStation', station: 'head2.example' });
  run({ type: 'RetireStation', station: 'head1.example' });
  lead(7, 'head3');

  const after = '0x6e00000000000001:0x9' as Fid;
  happened({ type: 'ClusterAdvanceDeferred', data: { after, at } });
  happened({ type: 'ClusterAdvanceResumed', data: { after } });
  return log;
};

if (import.meta.main) {
  const [name] = process.argv.slice(2);
  if (!name) throw new Error('usage: node test/core/record-log.ts NAME');
  const file = join(folder, `${name}.jsonl`);
  if (existsSync(file)) throw new Error(`${file} is there already; record under another name`);
  writeFileSync(
    file,
    record()
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  );
}
