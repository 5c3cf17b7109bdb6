/** Who may do what: the table of rights, asked directly. */

import t from 'tap';
import { allows, mayEver, rules } from '../../src/core/rights/rights.ts';
import type { Action, Principal, Resource } from '../../src/core/rights/rights.ts';
import { credentialRoles, retiredRole } from '../../src/core/values/credential-roles.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { addedBy, add, commitOf, load, newEngine, nodeUp } from './scenario.ts';

const actions: readonly Action[] = [
  'identify',
  'look',
  'note',
  'operate',
  'administer',
  'configure',
  'report',
  'speak',
  'hear',
];

/** Two machines of two projects, a free one, and a process on each of the first two. */
const cluster = () => {
  const engine = newEngine();
  commitOf(engine, load());
  for (const n of [1, 2, 3]) commitOf(engine, nodeUp(`n${n}.example`, `10.0.0.${n}`));
  for (const [name, host] of [
    ['a', 'n1.example'],
    ['b', 'n2.example'],
  ] as const) {
    commitOf(engine, { type: 'CreateProject', name });
    commitOf(engine, { type: 'AttachMachines', project: name, hosts: [host], mayKnow: true });
  }
  const issue = (id: string, role: 'viewer' | 'operator'): void => {
    const token = { id, name: id, hash: 'a'.repeat(64), host: null, process: null, expires: 0 };
    const projects = [{ name: 'a', role }];
    commitOf(engine, { type: 'IssueCredential', role: 'member', ...token, projects });
  };
  issue('looker', 'viewer');
  issue('doer', 'operator');
  const [own, other] = ['n1.example', 'n2.example'].map(
    (host) => addedBy(engine, add(host, 'solo'))[0]!,
  );
  return { graph: engine.graph, own: own!, other: other! };
};

const who = (role: Principal['role'], id = 'x', process: Fid | null = null): Principal => ({
  id,
  role,
  process,
});

t.test('a role may what the table says, and nothing else', async (t) => {
  const { graph, own } = cluster();
  const may: Readonly<Record<Principal['role'], readonly Action[]>> = {
    viewer: ['identify', 'look', 'configure'],
    'note-taker': ['identify', 'look', 'note', 'configure'],
    'power-intern': ['identify', 'look', 'note', 'configure'],
    operator: ['identify', 'look', 'note', 'operate', 'configure', 'report'],
    admin: actions,
    agent: ['identify', 'speak', 'hear'],
    process: ['identify'],
    member: ['identify'],
    [retiredRole]: ['hear'],
  };
  const resources: readonly Resource[] = [
    { kind: 'cluster' },
    { kind: 'host', fqdn: 'n1.example' },
    { kind: 'node', fid: own.node },
    { kind: 'process', fid: own.fid },
    { kind: 'project', name: 'a' },
  ];
  for (const role of [...credentialRoles, retiredRole] as const)
    for (const action of actions)
      for (const resource of resources) {
        const { allowed, rule } = allows(graph, who(role), action, resource);
        t.equal(allowed, may[role].includes(action), `${role} ${action} ${resource.kind}`);
        t.equal(rule === 'nothing allows it', !allowed);
        if (allowed)
          t.ok(mayEver(graph, who(role), action) && rules.some(({ name }) => name === rule));
      }
});

t.test('a process sees and reports itself alone', async (t) => {
  const { graph, own, other } = cluster();
  const itself = who('process', 'p', own.fid);
  for (const action of ['configure', 'report'] as const) {
    t.ok(allows(graph, itself, action, { kind: 'process', fid: own.fid }).allowed);
    t.notOk(allows(graph, itself, action, { kind: 'process', fid: other.fid }).allowed);
    t.notOk(allows(graph, who('process'), action, { kind: 'process', fid: own.fid }).allowed);
  }
});

t.test('9: a member has the machines of its project, as what it is there', async (t) => {
  const { graph, own, other } = cluster();
  const on = (process: typeof own, fqdn: string, name: string): readonly Resource[] => [
    { kind: 'host', fqdn },
    { kind: 'node', fid: process.node },
    { kind: 'process', fid: process.fid },
    { kind: 'project', name },
  ];
  const ours = on(own, 'n1.example', 'a');
  const hidden: readonly Resource[] = [
    ...on(other, 'n2.example', 'b'),
    { kind: 'host', fqdn: 'n3.example' },
    { kind: 'host', fqdn: 'none.example' },
    { kind: 'process', fid: '0x7200000000000001:0xfff' as Fid },
    { kind: 'project', name: 'none' },
    { kind: 'cluster' },
  ];
  const may = {
    looker: ['look', 'configure'],
    doer: ['look', 'note', 'operate', 'configure', 'report'],
  } as const;
  for (const [id, its] of Object.entries(may))
    for (const action of actions) {
      if (action === 'identify') continue;
      for (const resource of ours)
        t.equal(
          allows(graph, who('member', id), action, resource).allowed,
          (its as readonly string[]).includes(action),
          `${id} ${action} ${resource.kind}`,
        );
      for (const resource of hidden)
        t.notOk(allows(graph, who('member', id), action, resource).allowed, `${id} ${action}`);
    }
});
