/** A machine that got another name is the host that it was. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { add, given, load, nodeDown, nodeUp, noon } from './scenario.ts';

const [old, now] = ['n1.example', 'n5.example'];
const rename: Command = { type: 'RenameHost', fqdn: old, to: now };
const token: Command = {
  type: 'IssueCredential',
  id: 'a1',
  name: 'its agent',
  role: 'agent',
  hash: '1'.repeat(64),
  host: old,
  process: null,
  expires: 0,
};

t.test('it keeps its node, its processes and the tokens of its agent', (t) => {
  const engine = given(load(), nodeUp(old), add(old, 'app'), token, nodeDown(old))
    .when(rename)
    .then(t, [{ type: 'HostRenamed', data: { from: old, to: now } }]);
  const { graph } = engine;
  t.equal(graph.get('host', old), undefined);
  const { created, formerly, facts, state } = graph.must('host', now);
  t.match({ facts, state }, { facts: { address: '10.0.0.1' }, state: 'down' });
  t.ok(created < graph.must('host', now).changed);
  t.match(formerly, [{ name: old }]);
  const node = graph.one('runs', now)!;
  t.equal(node.host, now);
  t.ok([...graph.many('hosts', node.fid)].length > 0);
  t.equal(graph.must('credential', 'a1').host, now);
  t.end();
});

t.test('what is done about it while it is away goes on', (t) => {
  const engine = given(load(), nodeUp(old), nodeDown(old)).when(rename);
  const { graph } = engine.then(t, [{ type: 'HostRenamed', data: { from: old, to: now } }]);
  t.match(graph.one('recovers', now), { host: now, attempts: 0 });
  t.ok(graph.get('deadline', `recovery-attempt/${now}`)!.at > noon);
  t.equal(graph.get('deadline', `recovery-attempt/${old}`), undefined);
  t.end();
});

t.test('to say it twice is to say it once', (t) => {
  given(load(), nodeUp(old), nodeDown(old), rename).when(rename).thenNothing(t);
  t.end();
});
