/** Projects: made, lent machines, joined by tokens. */

import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import { evolve } from '../../src/core/graph/evolve/index.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { projectsMax, projectsOfTokenMax } from '../../src/core/values/projects.ts';
import type { ProjectRole } from '../../src/core/values/projects.ts';
import { revision } from '../../src/core/values/revision.ts';
import { checkGraph, LendingChecker, LogChecker } from './invariants.ts';
import { PlayedCluster } from './played-cluster.ts';
import { check, lending } from './random-commands.ts';
import {
  commitOf,
  dataOf,
  declaredHost,
  given,
  load,
  newEngine,
  nodeDown,
  nodeUp,
  noon,
  rejectionOf,
  removeHost,
  submit,
  templates,
} from './scenario.ts';

const [one, two] = ['n1.example', 'n2.example'] as const;
const create = (name: string): Command => ({ type: 'CreateProject', name });
const erase = (name: string): Command => ({ type: 'DeleteProject', name });
const attach = (project: string, hosts: string[], mayKnow = true): Command => ({
  type: 'AttachMachines',
  project,
  hosts,
  mayKnow,
});
const detach = (project: string, hosts: string[]): Command => ({
  type: 'DetachMachines',
  project,
  hosts,
});
const member = (id: string, ...projects: string[]): Command => ({
  type: 'IssueCredential',
  id,
  name: 'member',
  role: 'member',
  hash: 'a'.repeat(64),
  host: null,
  process: null,
  expires: 0,
  projects: projects.map((name) => ({ name, role: 'operator' })),
});
const join = (project: string, token: string, role: ProjectRole = 'viewer'): Command => ({
  type: 'JoinProject',
  project,
  token,
  role,
});
const leave = (project: string, token: string): Command => ({
  type: 'LeaveProject',
  project,
  token,
});

const obmd = 'http://127.0.0.1:7410';

/** The out-of-band manager of a host lets somebody in. */
const enable = (engine: Engine, fqdn: string): void => {
  commitOf(engine, { type: 'RegisterObm', fqdn, obmd, label: fqdn });
  const { revision: epoch } = commitOf(engine, { type: 'EnableObm', fqdn, anew: false });
  commitOf(engine, { type: 'ReportObmEnabled', fqdn, epoch, hash: 'b'.repeat(64) });
};

const disable = (engine: Engine, fqdn: string): void => {
  const { epoch } = engine.graph.must('registration', fqdn);
  commitOf(engine, { type: 'DisableObm', fqdn, epoch });
};

t.test('machines are lent to a project in one commit, and taken back', async (t) => {
  const engine = given(create('climate'), nodeUp(one), nodeUp(two, '10.0.0.2'))
    .when(attach('climate', [one, two, one]))
    .then(t, [
      { type: 'MachineAttached', data: { fqdn: one, project: 'climate', declared: false } },
      { type: 'MachineAttached', data: { fqdn: two, project: 'climate', declared: false } },
    ]);
  t.match(engine.graph.must('host', one), { project: 'climate', attached: true, lent: 4 });
  t.equal(submit(engine, attach('climate', [two])).kind, 'unchanged', 'what it has is attached');
  t.equal(rejectionOf(engine, erase('climate')).code, 'project-in-use');
  const { events } = commitOf(engine, detach('climate', [one, two]));
  t.same(
    events.map(({ type }) => type),
    ['MachineDetached', 'MachineDetached'],
  );
  t.notOk('lent' in engine.graph.must('host', one), 'a free machine is as it was before');
  commitOf(engine, erase('climate'));
  t.equal(engine.graph.count('project'), 0);
});

t.test('8: the tokens of the processes on a machine end when it is taken back', async (t) => {
  const c = new PlayedCluster({ [one]: ['app'], [two]: ['app'] });
  for (const command of [create('climate'), attach('climate', [one])]) c.run(command);
  const token = (id: string, process: Fid): Command =>
    ({ ...member(id), role: 'process', process, projects: [] }) as Command;
  const [mine, theirs] = c.fids('app') as [Fid, Fid];
  for (const command of [token('b', mine), token('a', mine), token('c', theirs)]) c.run(command);
  const commit = c.commit(detach('climate', [one]))!;
  t.same(dataOf(commit, 'CredentialRevoked'), [
    { id: 'a', why: 'owner-removed' },
    { id: 'b', why: 'owner-removed' },
  ]);
  t.same(
    Array.from(c.graph.all('credential'), ({ id }) => id),
    ['c'],
  );
  c.run(attach('climate', [one]));
  t.same(dataOf(c.commit(detach('climate', [one]))!, 'CredentialRevoked'), [], 'and only once');
});

t.test('of several machines all are lent or none', async (t) => {
  const engine = newEngine();
  for (const command of [create('a'), create('b'), nodeUp(one), nodeUp(two, '10.0.0.2')])
    commitOf(engine, command);
  commitOf(engine, attach('b', [two]));
  t.equal(rejectionOf(engine, attach('a', [one, two])).code, 'machine-lent');
  t.equal(engine.graph.must('host', one).project, null);
  t.equal(rejectionOf(engine, detach('b', [two, one])).code, 'machine-not-attached');
  t.equal(engine.graph.must('host', two).project, 'b');
});

t.test('only administrators are told who has a machine', async (t) => {
  const engine = newEngine();
  for (const command of [create('a'), create('b'), nodeUp(one), attach('b', [one])])
    commitOf(engine, command);
  t.match(rejectionOf(engine, attach('a', [one])).message, /lent to the project b;/);
  const told = rejectionOf(engine, attach('a', [one], false)).message;
  t.match(told, /lent to another project;/);
  t.notMatch(told, /\bb\b/);
  t.notMatch(rejectionOf(engine, detach('a', [one])).message, /\bb\b/);
});

t.test(
  '6: a machine is not taken back while its OBM is enabled, and is once it is not',
  async (t) => {
    const engine = newEngine();
    for (const command of [create('a'), nodeUp(one), attach('a', [one])]) commitOf(engine, command);
    enable(engine, one);
    t.match(rejectionOf(engine, detach('a', [one])), {
      code: 'obm-enabled',
      message: /disable it/,
    });
    disable(engine, one);
    commitOf(engine, detach('a', [one]));
    t.equal(engine.graph.must('host', one).project, null);
  },
);

t.test('7: a machine that is lent, or whose OBM is enabled, is not removed', async (t) => {
  const engine = newEngine();
  for (const command of [create('a'), nodeUp(one), attach('a', [one])]) commitOf(engine, command);
  t.equal(rejectionOf(engine, removeHost(one)).code, 'machine-lent');
  t.equal(rejectionOf(engine, removeHost(one, true)).code, 'machine-lent', 'by no force');
  commitOf(engine, detach('a', [one]));
  enable(engine, one);
  t.equal(rejectionOf(engine, removeHost(one, true)).code, 'obm-enabled');
  disable(engine, one);
  commitOf(engine, removeHost(one));
});

t.test('facts lend what no operator has attached', async (t) => {
  const said = (project: string | null, prune = false): Command =>
    ({ ...load({ hosts: [declaredHost(one, [], { project })] }), prune }) as Command;
  const engine = newEngine();
  const lentBy = (command: Command): unknown[] => {
    const commit = commitOf(engine, command);
    return [...dataOf(commit, 'MachineDetached'), ...dataOf(commit, 'MachineAttached')];
  };
  t.same(lentBy(said('weather')), [{ fqdn: one, project: 'weather', declared: true }]);
  t.match(engine.graph.must('host', one), { project: 'weather', lent: 1 });
  t.same(lentBy(said('climate')), [
    { fqdn: one, project: 'weather' },
    { fqdn: one, project: 'climate', declared: true },
  ]);
  enable(engine, one);
  t.equal(rejectionOf(engine, said('weather')).code, 'obm-enabled', 'while nobody may use its OBM');
  t.equal(rejectionOf(engine, said(null)).code, 'obm-enabled');
  disable(engine, one);
  t.same(lentBy(said(null)), [{ fqdn: one, project: 'climate' }]);

  for (const command of [create('ocean'), attach('ocean', [one])]) commitOf(engine, command);
  t.match(rejectionOf(engine, said('weather')), {
    code: 'machine-lent',
    message: /attached to ocean/,
  });
  commitOf(engine, said(null, true));
  t.match(engine.graph.must('host', one), { project: 'ocean', attached: true });
  t.same(
    Array.from(engine.graph.all('project'), ({ name }) => name),
    ['ocean'],
    'others are gone',
  );
  t.equal(submit(engine, said('ocean')).kind, 'unchanged', 'facts may say the same');
  t.equal(engine.graph.must('host', one).attached, true);
});

t.test('a project that facts name stays when somebody created it as well', async (t) => {
  const engine = newEngine();
  commitOf(engine, load({ hosts: [declaredHost(one, [], { project: 'weather' })] }));
  commitOf(engine, create('weather'));
  t.equal(rejectionOf(engine, create('weather')).code, 'project-exists');
  commitOf(engine, { ...load({ hosts: [declaredHost(one)] }), prune: true } as Command);
  t.match(engine.graph.must('project', 'weather'), { lasting: true });
  t.equal(engine.graph.must('host', one).project, null);
});

t.test('a machine that got another name is lent as before', async (t) => {
  const engine = newEngine();
  for (const command of [create('a'), nodeUp(one), attach('a', [one]), nodeDown(one)])
    commitOf(engine, command);
  commitOf(engine, { type: 'RenameHost', fqdn: one, to: two });
  t.match(engine.graph.must('host', two), { project: 'a', attached: true, lent: 3 });
});

t.test('tokens join projects and lose them with the project', async (t) => {
  const engine = newEngine();
  for (const command of [create('a'), create('b'), member('m', 'a')]) commitOf(engine, command);
  const projects = (): string[] =>
    Array.from(engine.graph.many('joins', 'm'), ({ project, role }) => `${project} ${role}`).sort();
  t.same(projects(), ['a operator']);
  commitOf(engine, join('b', 'm'));
  t.equal(submit(engine, join('b', 'm')).kind, 'unchanged');
  commitOf(engine, join('a', 'm', 'viewer'));
  t.same(projects(), ['a viewer', 'b viewer']);
  commitOf(engine, leave('b', 'm'));
  t.equal(submit(engine, leave('b', 'm')).kind, 'unchanged');
  commitOf(engine, erase('a'));
  commitOf(engine, create('a'));
  t.same(projects(), [], 'another project of that name is another project');
  commitOf(engine, join('a', 'm'));
  commitOf(engine, { type: 'RevokeCredential', id: 'm' });
  t.equal(engine.graph.count('member'), 0);
});

t.test('of projects there are so many, and one that goes makes room', async (t) => {
  const graph = new Graph();
  const at = { revision: revision(1), at: noon };
  for (let i = 1; i < projectsMax; i += 1)
    evolve(graph, { type: 'ProjectCreated', data: { name: `p${i}` } }, at);
  const engine = newEngine(templates, graph);
  commitOf(engine, create('last'));
  t.equal(rejectionOf(engine, create('more')).code, 'too-many-projects');
  const named = load({ hosts: [declaredHost(one, [], { project: 'more' })] });
  t.equal(rejectionOf(engine, named).code, 'too-many-projects', 'facts name no more either');
  commitOf(engine, erase('last'));
  commitOf(engine, named);
});

t.test('a token is in so many projects and no more', async (t) => {
  const engine = newEngine();
  const names = Array.from({ length: projectsOfTokenMax + 1 }, (_, i) => `p${i}`);
  for (const name of names) commitOf(engine, create(name));
  commitOf(engine, member('m', ...names.slice(1)));
  t.equal(rejectionOf(engine, join(names[0]!, 'm')).code, 'too-many-memberships');
  commitOf(engine, join(names[1]!, 'm', 'viewer'));
  commitOf(engine, leave(names[1]!, 'm'));
  commitOf(engine, join(names[0]!, 'm'));
});

t.test(
  'whoever asks for what, a machine has one project at most, and a replay says the same',
  async (t) => {
    const begun: Command[] = [
      ...['weather', 'climate'].map(create),
      ...[1, 2, 3].map((n) => nodeUp(`n${n}.example`, `10.0.0.${n}`)),
    ];
    const reached = new Map<string, number>();
    const property = fc.property(
      fc.array(lending, { minLength: 10, maxLength: 60, size: 'max' }),
      (commands) => {
        const [engine, replica] = [newEngine(), newEngine()];
        const [log, lent] = [new LogChecker(), new LendingChecker()];
        for (const command of [...begun, ...commands]) {
          const outcome = submit(engine, command, { at: noon });
          const name = outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind;
          reached.set(name, (reached.get(name) ?? 0) + 1);
          if (outcome.kind !== 'committed') continue;
          engine.confirm(outcome.commit.revision);
          replica.replay(JSON.parse(JSON.stringify(outcome.commit)) as typeof outcome.commit);
          if (replica.graph.digest() !== engine.graph.digest()) throw new Error('digests differ');
          log.check(outcome.commit);
          lent.check(outcome.commit);
          lent.agrees(engine.graph);
          checkGraph(engine.graph);
        }
      },
    );
    check(t, property, 300);
    for (const code of ['committed', 'machine-lent', 'machine-not-attached', 'project-in-use'])
      t.ok(reached.has(code), `${code} was reached`);
    t.comment(Object.fromEntries(reached));
  },
);
