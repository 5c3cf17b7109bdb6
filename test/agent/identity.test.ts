import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { agentId, canonicalFqdn, normalFqdn } from '../../src/agent/identity.ts';
import { tokenSource } from '../../src/agent/token.ts';
import { folderOf } from '../folder.ts';

t.test('the name of the host is the one that hostname -f prints', async (t) => {
  const printed = execFileSync('hostname', ['-f'], { encoding: 'utf8' });
  t.equal(await canonicalFqdn(), printed.trim().toLowerCase());
});

t.test('names are lower case and without the final dot', async (t) => {
  t.equal(normalFqdn('N0001.Savio3.'), 'n0001.savio3');
  t.equal(normalFqdn(' vm\n'), 'vm');
  t.equal(normalFqdn('a'.repeat(63)), 'a'.repeat(63));
});

t.test('what is no host name is not taken for one', async (t) => {
  const wrong = ['', '.', 'a..b', '-a', 'a-', 'a_b', 'a b', 'a/b', 'ä', 'a'.repeat(64)];
  for (const name of [...wrong, `${'a.'.repeat(127)}a`]) t.equal(normalFqdn(name), undefined, name);
});

t.test('an agent keeps its id for life, for itself alone', async (t) => {
  const stateDir = join(folderOf(t), 'var', 'agent');
  const id = agentId(stateDir);
  t.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  t.equal(agentId(stateDir), id);
  t.equal(statSync(join(stateDir, 'agent-id')).mode & 0o777, 0o600);
  t.equal(statSync(stateDir).mode & 0o777, 0o700);
  t.same(readdirSync(stateDir), ['agent-id'], 'no draft is left behind');
  t.not(agentId(join(t.testdirName, 'other')), id, 'another state directory is another agent');
});

t.test('a file that holds no id is not overwritten, but said', async (t) => {
  const stateDir = folderOf(t, { 'agent-id': '' });
  t.throws(() => agentId(stateDir), {
    message: /agent-id does not hold the id of an agent; remove/,
  });
  t.equal(readFileSync(join(stateDir, 'agent-id'), 'utf8'), '');
});

t.test('a state directory that cannot be used is said', async (t) => {
  const file = join(folderOf(t, { file: '' }), 'file');
  t.throws(() => agentId(file), { code: 'EEXIST' });
  const occupied = folderOf(t);
  mkdirSync(join(occupied, 'agent-id'));
  t.throws(() => agentId(occupied), { code: 'EISDIR' });
});

t.test('a token file is read anew each time', async (t) => {
  const file = join(folderOf(t), 'token');
  writeFileSync(file, 'first\n', { mode: 0o600 });
  const token = tokenSource(file, {});
  t.equal(token(), 'first');
  writeFileSync(file, 'second');
  t.equal(token(), 'second');
  writeFileSync(file, '');
  t.throws(token, { message: /token does not hold a token/ });
});

t.test('a token of the environment does not stay there for other programs', async (t) => {
  const environment: NodeJS.ProcessEnv = { HALCYON_TOKEN: 'secret', PATH: '/bin' };
  t.equal(tokenSource(undefined, environment)(), 'secret');
  t.same(environment, { PATH: '/bin' });
});

t.test(
  'without a token, or with one that no header can carry, an agent does not start',
  async (t) => {
    t.throws(() => tokenSource(undefined, {}), { message: /--token-file.*HALCYON_TOKEN/ });
    t.throws(() => tokenSource('/no/such/file', {}), { code: 'ENOENT' });
    for (const secret of ['', ' ', 'two words', 'line\r\nbreak', 'schlüssel'])
      t.throws(
        () => tokenSource(undefined, { HALCYON_TOKEN: secret }),
        { message: 'HALCYON_TOKEN does not hold a token' },
        'and the error does not repeat it',
      );
  },
);
