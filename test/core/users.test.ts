/** People who log in: what the log says of them, and what follows from it. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { allows } from '../../src/core/rights/rights.ts';
import { lockedMs, sessionsOfUserMax, triesMax, usersMax } from '../../src/core/values/users.ts';
import type { CredentialRole } from '../../src/core/values/credential-roles.ts';
import type { SecondFactor, UserRole } from '../../src/core/values/users.ts';
import { PlayedCluster } from './played-cluster.ts';

const add = (name: string, role: UserRole = 'operator'): Command => ({
  ...{ type: 'AddUser', name, role },
});
const session = (id: string, factor: SecondFactor | null = null, name = 'ada'): Command => ({
  ...{ type: 'BeginSession', name, id, hash: 'a'.repeat(64), expires: 1e15, factor },
});
const wrong: Command = { type: 'RefuseLogin', name: 'ada', factor: 'code' };
const token = (role: UserRole, user: string): Command => ({
  ...{ type: 'IssueCredential', id: 't1', name: 't1', role, hash: 'a'.repeat(64) },
  ...{ host: null, process: null, expires: 0, user },
});
const cluster = (): PlayedCluster => {
  const c = new PlayedCluster();
  c.run(add('ada'));
  return c;
};

t.test('a session may what its user may now, and ends when the user is disabled', async (t) => {
  const c = cluster();
  c.run(session('s1'));
  c.run(token('operator', 'ada'));
  const mayNow = (action: 'operate' | 'administer'): boolean =>
    allows(c.graph, c.graph.must('credential', 's1'), action, { kind: 'cluster' }).allowed;
  t.strictSame([mayNow('operate'), mayNow('administer')], [true, false]);
  c.run({ type: 'ChangeUser', name: 'ada', role: 'admin' });
  t.strictSame([mayNow('operate'), mayNow('administer')], [true, true]);
  c.run({ type: 'ChangeUser', name: 'ada', disabled: true });
  t.equal(c.graph.count('credential'), 0, 'tokens end, too');
  t.match(c.refusal(session('s2')), { code: 'login-refused' });
  t.match(c.refusal(token('admin', 'ada')), { code: 'unknown-user' });
  c.run({ type: 'ChangeUser', name: 'ada', disabled: false });
  c.run(session('s2'));
  c.run({ type: 'RemoveUser', name: 'ada' });
  t.equal(c.graph.count('credential'), 0);
  t.match(c.refusal(session('s3')), { code: 'unknown-user' });
});

const open = (opener: string, id: string, expires = 1e15): Command => ({
  ...{ type: 'OpenSession', opener, id, hash: 'a'.repeat(64), expires },
});
const issue = (id: string, role: CredentialRole, more: object = {}): Command => ({
  ...{ type: 'IssueCredential', id, name: id, role, hash: 'a'.repeat(64) },
  ...{ host: null, process: null, expires: 0, ...more },
});

t.test('a session that a token opens is no more than the token, and ends with it', async (t) => {
  const c = cluster();
  c.run(issue('t1', 'operator', { expires: 1e14 }));
  c.run(open('t1', 's1'));
  t.match(c.graph.must('credential', 's1'), {
    ...{ role: 'operator', opener: 't1', expires: 1e14, session: { second_factor: false } },
  });
  t.match(c.refusal(open('s1', 's2')), { code: 'not-allowed', message: /opens no others/ });
  t.match(c.refusal(open('t2', 's2')), { code: 'unknown-credential' });
  c.run(issue('t2', 'agent'));
  t.match(c.refusal(open('t2', 's2')), { code: 'not-allowed', message: /no person's/ });
  c.run({ type: 'RevokeCredential', id: 't1' });
  t.equal(c.graph.get('credential', 's1'), undefined);
});

t.test('it expires with its opener, in one commit', async (t) => {
  const c = cluster();
  c.run(issue('t1', 'viewer', { expires: c.now + 1000 }));
  c.run(open('t1', 's1'));
  c.run(open('t1', 's2', c.now + 500));
  c.after(500);
  c.run({ type: 'FireDeadlines' });
  t.same(
    [...c.graph.many('opens', 't1')].map(({ id }) => id),
    ['s1'],
  );
  c.after(500);
  c.run({ type: 'FireDeadlines' });
  t.equal(c.graph.count('credential'), 0);
  t.equal(c.graph.count('deadline'), 0);
});

t.test('of a user it ends with what the user has, each once', async (t) => {
  const c = cluster();
  let step = 0;
  const all = (): void => {
    c.run(session('s1', { step: (step += 1) }));
    c.run(token('operator', 'ada'));
    c.run(open('s1', 'a1'));
    c.run(open('t1', 'z1'));
  };
  all();
  t.match(c.graph.must('credential', 'a1'), { user: 'ada', session: { second_factor: true } });
  t.match(c.graph.must('credential', 'z1'), { user: 'ada', session: { second_factor: false } });
  c.run({ type: 'ChangeFactor', name: 'ada', factor: 'password', except: 'z1' });
  t.same([...c.graph.many('owns', 'ada')].map(({ id }) => id).sort(), ['t1', 'z1']);
  c.run({ type: 'RevokeCredential', id: 't1' });
  all();
  c.run({ type: 'ChangeUser', name: 'ada', disabled: true });
  t.equal(c.graph.count('credential'), 0);
});

t.test('opening one does not let in who is locked out by wrong passwords', async (t) => {
  const c = cluster();
  c.run(session('s1'));
  for (let i = 0; i < triesMax; i++) c.run(wrong);
  c.run(open('s1', 's2'));
  t.match(c.refusal(session('s3')), { code: 'user-locked' });
});

t.test('one token opens so many, and the oldest ends for one more', async (t) => {
  const c = cluster();
  c.run(issue('t1', 'viewer'));
  for (let i = 0; i < sessionsOfUserMax; i++) c.run(open('t1', `s${i}`));
  c.run(open('t1', 'more'));
  t.equal(c.graph.get('credential', 's0'), undefined);
  t.equal(c.graph.related('opens', 't1'), sessionsOfUserMax);
  c.run(session('opener'));
  for (let i = 0; i < sessionsOfUserMax; i++) c.run(open('opener', `u${i}`));
  t.ok(c.graph.get('credential', 'opener'), 'who opens stays');
});

t.test('of a member it is where the member is, also later', async (t) => {
  const c = cluster();
  c.run({ type: 'CreateProject', name: 'weather' });
  c.run(issue('m1', 'member', { projects: [{ name: 'weather', role: 'viewer' }] }));
  c.run(open('m1', 's1'));
  const may = (action: 'look' | 'operate'): boolean =>
    allows(c.graph, c.graph.must('credential', 's1'), action, { kind: 'project', name: 'weather' })
      .allowed;
  t.same([may('look'), may('operate')], [true, false]);
  t.match(c.refusal({ type: 'JoinProject', project: 'weather', token: 's1', role: 'operator' }), {
    ...{ code: 'not-a-member', message: /where the token m1 is/ },
  });
  c.run({ type: 'LeaveProject', project: 'weather', token: 'm1' });
  t.same([may('look'), may('operate')], [false, false]);
});

t.test('a token of a user has the role of the user', async (t) => {
  const c = cluster();
  t.match(c.refusal(token('admin', 'ada')), { code: 'role-differs', subject: 'role' });
  t.match(c.refusal(token('operator', 'eve')), { code: 'unknown-user', subject: 'user' });
  c.run(token('operator', 'ada'));
});

t.test('51: a code is good once, and so is none before it', async (t) => {
  const c = cluster();
  c.run({ type: 'ChangeFactor', name: 'ada', factor: 'code', except: null });
  c.run(session('s1', { step: 100 }));
  t.match(c.refusal(session('s2', { step: 100 })), { code: 'code-used' });
  t.match(c.refusal(session('s2', { step: 99 })), { code: 'code-used' });
  c.run(session('s2', { step: 101 }));
  t.match(c.graph.must('credential', 's2'), { user: 'ada', session: { second_factor: true } });
});

t.test('51: too many wrong codes in a row lock a user out for a while', async (t) => {
  const c = cluster();
  for (let i = 1; i < triesMax; i++) c.run(wrong);
  c.run(session('s1'));
  for (let i = 1; i < triesMax; i++) c.run(wrong);
  t.notMatch(c.commit(wrong)?.events.at(-1), { type: 'LoginRefused' }, 'the fifth in a row');
  t.match(c.refusal(session('s2')), { code: 'user-locked', retryAfter: lockedMs / 1000 });
  t.equal(c.commit(wrong), null, 'nor does it leave more traces');
  c.after(lockedMs - 1);
  t.match(c.refusal(session('s2')), { code: 'user-locked', retryAfter: 1 });
  c.after(1);
  c.run(session('s2'));
});

t.test('an administrator lets in again who is locked out', async () => {
  const c = cluster();
  for (let i = 0; i < triesMax; i++) c.run(wrong);
  c.run({ type: 'ChangeUser', name: 'ada', disabled: false });
  c.run(session('s1'));
});

t.test('another password ends the other sessions', async (t) => {
  const c = cluster();
  for (const id of ['s1', 's2']) c.run(session(id));
  c.run(token('operator', 'ada'));
  c.run({ type: 'ChangeFactor', name: 'ada', factor: 'password', except: 's2' });
  t.strictSame([...c.graph.all('credential')].map(({ id }) => id).sort(), ['s2', 't1']);
});

t.test('a user has so many sessions, and the oldest ends for one more', async (t) => {
  const c = cluster();
  for (let i = 0; i <= sessionsOfUserMax; i++) c.run(session(`s${i}`));
  t.equal(c.graph.count('credential'), sessionsOfUserMax);
  t.equal(c.graph.get('credential', 's0'), undefined);
});

t.test('of users there are so many, each with a name of their own', async (t) => {
  const c = cluster();
  t.match(c.refusal(add('ada')), { code: 'user-exists' });
  for (let i = 1; i < usersMax; i++) c.run(add(`u${i}`));
  t.match(c.refusal(add('constructor')), { code: 'too-many-users' });
  c.run({ type: 'RemoveUser', name: 'u1' });
  c.run(add('constructor'));
});
