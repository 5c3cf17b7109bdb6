/** One command, one commit: atomic, repeatable, undoable until it is durable. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import { definitionOf } from '../../src/core/events/catalogue.ts';
import type { EventType } from '../../src/core/events/catalogue.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { restoreLine, snapshotLines } from '../../src/core/graph/dump.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { requestMemory } from '../../src/core/graph/remembering.ts';
import { kinds } from '../../src/core/graph/resources.ts';
import { revision } from '../../src/core/values/revision.ts';
import {
  add,
  addedBy,
  commitOf,
  declaredHost,
  dryRun,
  given,
  load,
  newEngine,
  nodeUp,
  noon,
  rejectionOf,
  remove,
  report,
  submit,
} from './scenario.ts';

const host = 'n1.example';
const withLnid = { variables: { lnid: '10.0.0.9@tcp' } };
const fire: Command = { type: 'FireDeadlines' };

const decide = (engine: Engine, command: Command, at = noon): Commit => {
  const outcome = engine.submit(command, { at, actor: 'token:test', correlation: 'c' });
  if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
  return outcome.commit;
};

/** All rows and what the indexes say, so that "as before" means all of it. */
const everything = ({ graph, head, at }: Engine) => ({
  head,
  at,
  digest: graph.digest(),
  rows: kinds.map((kind) => [...graph.all(kind)].map((row) => JSON.stringify(row)).sort()),
  hosts: { ...graph.hostCounts() },
  processes: Object.fromEntries([...graph.processCounts()].filter(([, count]) => count > 0)),
  blocked: [...graph.indexes.blockedHosts.all()].sort(),
  due: graph.indexes.deadlines.due(Infinity, Infinity).map(({ id }) => id),
});

/** What an allocation of everything would give now. */
const nextAllocation = (engine: Engine): unknown =>
  dryRun(engine, add(host, 'm0t1fs', 's3server', 'clovis-app', 'ported', 'web'));

t.test('what follows from a command is in its commit, with its cause and rule', async (t) => {
  const commit = commitOf(newEngine(), load({ hosts: [declaredHost(host, ['web'], withLnid)] }), {
    at: noon + 7,
    correlation: 'request 7',
  });
  t.match(commit, {
    revision: 1,
    at: noon + 7,
    actor: 'token:test',
    correlation: 'request 7',
    command: 'LoadDeclaration',
  });
  t.notOk('request' in commit);
  const declared = commit.events.findIndex(({ type }) => type === 'HostDeclared');
  for (const [i, event] of commit.events.entries()) {
    if (i <= declared) t.notOk('rule' in event || 'cause' in event, event.type);
    else t.match(event, { rule: 'allocate-on-declaration', cause: declared });
    t.equal(event.v, definitionOf(event.type as EventType).version);
  }
});

t.test('a refusal by a rule, after the events of the command, takes everything back', async (t) => {
  const { engine } = given(load(), nodeUp(host), add(host, 'm0t1fs', 'ported'));
  const [before, allocation] = [everything(engine), nextAllocation(engine)];
  t.match(
    rejectionOf(
      engine,
      load({
        cluster: 'other',
        vars: { keepalive_timeout: 77 },
        enclosures: [{ name: 'e1', site: 's', rack: 'r' }],
        hosts: [
          declaredHost('n2.example', ['s3server', 'web'], withLnid),
          declaredHost('n3.example', ['last', 'nowhere'], withLnid),
        ],
      }),
    ),
    { code: 'template-error' },
  );
  t.strictSame(everything(engine), before);
  t.strictSame(nextAllocation(engine), allocation);
});

t.test('a dry run says what a submission then appends, and changes nothing', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  for (const command of [
    add(host, 's3server', 'm0t1fs'),
    load({ hosts: [declaredHost('n2.example', ['app'], withLnid)] }),
    nodeUp(host, '10.0.0.1', { cpus: 77 }),
  ]) {
    const before = everything(engine);
    const dry = dryRun(engine, command);
    t.strictSame(everything(engine), before);
    t.strictSame(dry, { ok: true, events: commitOf(engine, command).events });
  }
});

t.test(
  'a dry run of what must be refused is refused, and of what is so already is empty',
  async (t) => {
    const { engine } = given(load(), nodeUp(host));
    t.match(dryRun(engine, add('nowhere.example', 'app')), {
      ok: false,
      rejection: { code: 'unknown-host' },
    });
    t.match(dryRun(engine, add(host, 'app'), { expected: revision(1) }), {
      ok: false,
      rejection: { code: 'revision-mismatch' },
    });
    t.strictSame(dryRun(engine, nodeUp(host)), { ok: true, events: [] });
  },
);

t.test('a dry run does not count', async (t) => {
  const { engine } = given(load({ hosts: [declaredHost(host, ['app'])] }));
  dryRun(engine, nodeUp(host));
  t.equal(engine.counters.firings.get('allocate-on-node-up'), undefined);
  commitOf(engine, nodeUp(host));
  rejectionOf(engine, add(host, 'nonesuch'));
  t.equal(engine.counters.firings.get('allocate-on-node-up'), 1);
  t.match(engine.counters, { commits: 2, rejections: 1 });
});

const request = (key: string, fingerprint = 'same') => ({ request: { key, fingerprint } });

t.test('a repeated request is answered by its first commit', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const first = commitOf(engine, add(host, 'app'), request('k'));
  t.strictSame(first.request, { key: 'k', fingerprint: 'same' });
  commitOf(engine, add(host, 'app'), request('other'));
  const again = submit(engine, add(host, 'app'), { ...request('k'), expected: revision(1) });
  t.strictSame(again, { kind: 'repeated', revision: first.revision });
  t.equal(engine.graph.count('process'), 2);
});

t.test('a key belongs to its actor', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  commitOf(engine, add(host, 'app'), request('k'));
  const other = submit(engine, add(host, 'app'), { ...request('k'), actor: 'token:other' });
  t.equal(other.kind, 'committed');
});

t.test('a key reused for something else is refused', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  commitOf(engine, add(host, 'app'), request('k', 'one'));
  t.match(rejectionOf(engine, add(host, 'web'), request('k', 'two')), {
    code: 'idempotency-key-reused',
    message: /k /,
  });
});

t.test('a refused request may be tried again with its key', async (t) => {
  const { engine } = given(load());
  rejectionOf(engine, add(host, 'app'), request('k'));
  commitOf(engine, nodeUp(host));
  t.equal(submit(engine, add(host, 'app'), request('k')).kind, 'committed');
});

t.test('an answered request is forgotten after a day', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  commitOf(engine, add(host, 'app'), request('k'));
  t.equal(submit(engine, fire, { at: noon + requestMemory - 1 }).kind, 'unchanged');
  const commit = commitOf(engine, fire, { at: noon + requestMemory });
  t.match(commit.events, [{ type: 'RequestsForgotten', data: { ids: ['token:test k'] } }]);
  t.equal(engine.graph.count('deadline'), 0);
  t.equal(submit(engine, add(host, 'app'), request('k')).kind, 'committed');
});

t.test('a command for an old revision is refused, one for the present is not', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  t.match(rejectionOf(engine, add(host, 'app'), { expected: revision(1) }), {
    code: 'revision-mismatch',
  });
  t.equal(submit(engine, add(host, 'app'), { expected: revision(2) }).kind, 'committed');
});

t.test('time never runs backwards in the log', async (t) => {
  const { engine } = given(load());
  t.equal(commitOf(engine, nodeUp(host), { at: noon + 100 }).at, noon + 100);
  t.equal(commitOf(engine, nodeUp('n2.example'), { at: noon - 3_600_000 }).at, noon + 100);
  t.equal(engine.graph.must('host', 'n2.example').since, noon + 100);
  t.equal(commitOf(engine, nodeUp('n3.example'), { at: noon + 101 }).at, noon + 101);
});

t.test(
  'commits that the log could not keep are taken back, and nothing remains of them',
  async (t) => {
    const { engine } = given(load(), nodeUp(host), add(host, 'm0t1fs', 'ported'));
    const durable = decide(engine, add(host, 'web'));
    engine.confirm(durable.revision);
    const [before, allocation] = [everything(engine), nextAllocation(engine)];
    const [first] = [...engine.graph.all('process')].filter(({ role }) => role === 'ported');
    decide(engine, add(host, 's3server', 'ported'), noon + 50);
    decide(engine, remove(first!.fid), noon + 51);
    decide(engine, add(host, 'ported'), noon + 52);
    decide(
      engine,
      load({ hosts: [declaredHost('n2.example', ['clovis-app'], withLnid)] }),
      noon + 53,
    );
    decide(engine, { type: 'ReportNodeDown', fqdn: host, reason: 'gone' }, noon + 54);
    engine.rollBack();
    t.strictSame(everything(engine), before);
    t.strictSame(nextAllocation(engine), allocation);
    t.equal(decide(engine, add(host, 'app')).revision, durable.revision + 1);
  },
);

t.test('confirming part of the commits leaves the rest to be taken back', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const [one, two, three] = [1, 2, 3].map(() => decide(engine, add(host, 'app')));
  engine.confirm(one!.revision);
  engine.confirm(two!.revision);
  engine.confirm(one!.revision);
  engine.rollBack();
  t.equal(engine.head, two!.revision);
  t.equal(engine.graph.count('process'), 2);
  engine.rollBack();
  t.equal(engine.head, two!.revision, 'there is nothing more to take back');
  t.equal(three!.revision, engine.head + 1);
});

t.test(
  'rows of a kind are confirmed while no commit that changed some may be taken back',
  async (t) => {
    const { engine } = given(load());
    engine.confirm(engine.head);
    const up = decide(engine, nodeUp(host));
    t.notOk(engine.isConfirmed(['process', 'host']));
    t.ok(engine.isConfirmed(['process', 'spec']), 'what it has not changed');
    decide(engine, add(host, 'app'));
    engine.confirm(up.revision);
    t.ok(engine.isConfirmed(['host']));
    t.notOk(engine.isConfirmed(['process']));
    engine.rollBack();
    t.ok(engine.isConfirmed([...kinds]), 'nor what was taken back');
  },
);

t.test('thousands of commits can be confirmed one by one', async (t) => {
  const { engine } = given();
  for (let i = 1; i <= 5000; i += 1) {
    decide(engine, nodeUp(`n${i}.example`));
    if (i > 10) engine.confirm(revision(i - 10));
  }
  engine.rollBack();
  t.equal(engine.head, 4990);
  t.equal(engine.graph.count('host'), 4990);
});

t.test('an answered request that was taken back is not answered', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  engine.submit(add(host, 'app'), {
    at: noon,
    actor: 'token:test',
    correlation: 'c',
    ...request('k'),
  });
  engine.rollBack();
  t.equal(submit(engine, add(host, 'app'), request('k')).kind, 'committed');
  t.equal(engine.graph.count('process'), 1);
});

t.test('a deadline that fired in vain fires again, once', async (t) => {
  const token = {
    type: 'IssueCredential',
    id: 'a1',
    name: 'a',
    role: 'viewer',
    hash: '0'.repeat(64),
    host: null,
    process: null,
    expires: noon + 10,
  } as const;
  const { engine } = given(token);
  dryRun(engine, fire, { at: noon + 20 });
  dryRun(engine, { type: 'RevokeCredential', id: 'a1' });
  decide(engine, fire, noon + 20);
  engine.rollBack();
  t.match(commitOf(engine, fire, { at: noon + 20 }).events, { length: 1 });
  t.equal(engine.graph.indexes.deadlines.next(), undefined);
});

t.test('every row says which commit made it and which changed it last', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const [process] = addedBy(engine, add(host, 'app'));
  commitOf(engine, report(process!.fid, 'online'));
  commitOf(engine, nodeUp(host, '10.0.0.1', { cpus: 3 }));
  const { graph } = engine;
  t.match(graph.must('host', host), { created: 2, changed: 5 });
  t.match(graph.must('node', process!.node), { created: 3, changed: 3 });
  t.match(graph.must('process', process!.fid), { created: 3, changed: 4 });
  t.match(graph.must('cluster', 'galileo'), { created: 1, changed: 1 });
  commitOf(engine, load({ vars: { keepalive_timeout: 40 } }));
  commitOf(engine, load({ vars: { keepalive_timeout: 41 } }));
  t.match(graph.must('var', 'keepalive_timeout'), { created: 6, changed: 7 });
  t.match(graph.must('counter', 'fid'), { created: 1, changed: 3 });
});

t.test(
  'replay gives the same graph at every revision, from the start or from a snapshot',
  async (t) => {
    const engine = newEngine();
    const commands = [
      load({ hosts: [declaredHost('n2.example', ['s3server', 'web'], withLnid)] }),
      nodeUp(host),
      add(host, 'm0t1fs', 'ported'),
      nodeUp(host, '10.0.0.1', { interfaces: [] }),
      add(host, 'clovis-app'),
    ];
    const replayed = newEngine();
    for (const [i, command] of commands.entries()) {
      const commit = commitOf(engine, command, { ...request(`k${i}`), at: noon + i });
      const lines = [...snapshotLines(replayed.graph)];
      const graph = new Graph();
      for (const line of lines) restoreLine(graph, line);
      t.equal(graph.digest(), replayed.graph.digest());
      const fromLog = JSON.parse(JSON.stringify(commit)) as Commit;
      replayed.replay(fromLog);
      t.strictSame(everything(replayed), everything(engine));
      for (const { type, data } of fromLog.events) t.ok(data, type);
    }
    t.strictSame(nextAllocation(replayed), nextAllocation(engine));
  },
);

t.test('a bug in a decision leaves the graph as it was', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const before = everything(engine);
  t.throws(() => submit(engine, { type: 'RegisterHost', fqdn: 'Not A Host' }), {
    message: /HostRegistered: \/fqdn/,
  });
  t.throws(
    () => submit(engine, load({ hosts: [declaredHost('n2.example', [], { enclosure: 'e9' })] })),
    {
      name: 'GraphIntegrityError',
      message: /enclosure e9, which does not exist/,
    },
  );
  t.strictSame(everything(engine), before);
});

t.test('what JSON cannot say does not get into the log', async (t) => {
  for (const value of [NaN, Infinity, undefined, [1, undefined], { a: NaN }])
    t.throws(
      () =>
        submit(
          newEngine(),
          load({ hosts: [declaredHost(host, [], { variables: { value } as never })] }),
        ),
      { message: /HostDeclared: \/variables/ },
      JSON.stringify({ value }),
    );
});

t.test('minus zero, which JSON does not know, has the digest of zero', async (t) => {
  const engine = newEngine();
  const commit = commitOf(
    engine,
    load({ hosts: [declaredHost(host, [], { variables: { zero: -0 } })] }),
  );
  const replayed = newEngine();
  replayed.replay(JSON.parse(JSON.stringify(commit)) as Commit);
  t.equal(replayed.graph.digest(), engine.graph.digest());
});
