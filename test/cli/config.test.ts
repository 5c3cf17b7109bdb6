/** Contexts and tokens: where they are kept, who may read them, and which of them counts. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import {
  configPath,
  readConfig,
  removePrivate,
  writeConfig,
  writePrivately,
} from '../../src/cli/config.ts';
import type { Environment } from '../../src/cli/config.ts';
import { resolveSession } from '../../src/cli/session.ts';
import { folderOf } from '../folder.ts';
import { environment, shell } from './station.ts';

const home = (t: Test): Environment => ({ XDG_CONFIG_HOME: folderOf(t) });

const withContexts = async (t: Test): Promise<Environment> => {
  const env = home(t);
  const contexts = {
    prod: { station: ['https://a.example', 'https://b.example'], token: 'prod-token' },
    test: { station: ['http://127.0.0.1:7400'], token: 'test-token' },
  };
  await writeConfig(env, { current: 'prod', contexts });
  return env;
};

t.test('the file is where XDG says', async (t) => {
  t.equal(configPath({ XDG_CONFIG_HOME: '/x', HOME: '/home/op' }), '/x/halcyon/config.yaml');
  t.equal(configPath({ HOME: '/home/op' }), '/home/op/.config/halcyon/config.yaml');
  t.equal(
    configPath({ XDG_CONFIG_HOME: 'rel', HOME: '/home/op' }),
    '/home/op/.config/halcyon/config.yaml',
  );
});

t.test('what is written is read again, and only its owner may read it', async (t) => {
  const env = await withContexts(t);
  t.equal(statSync(configPath(env)).mode & 0o777, 0o600);
  t.equal(statSync(join(env.XDG_CONFIG_HOME ?? '', 'halcyon')).mode & 0o777, 0o700);
  const { current, contexts } = await readConfig(env);
  t.equal(current, 'prod');
  t.same(Object.keys(contexts), ['prod', 'test']);
  t.same(readdirSync(join(env.XDG_CONFIG_HOME ?? '', 'halcyon')), ['config.yaml']);
});

t.test('without a file there are no contexts', async (t) => {
  t.same(await readConfig(home(t)), { current: null, contexts: {} });
});

t.test('a file that others may read or write is refused, with the remedy', async (t) => {
  const env = await withContexts(t);
  for (const mode of [0o640, 0o604, 0o620, 0o644]) {
    chmodSync(configPath(env), mode);
    await t.rejects(readConfig(env), { name: 'Failure', advice: /chmod 600/ }, mode.toString(8));
  }
  chmodSync(configPath(env), 0o400);
  await t.resolves(readConfig(env));
});

t.test('a broken file is refused without showing what is in it', async (t) => {
  const env = home(t);
  mkdirSync(join(env.XDG_CONFIG_HOME ?? '', 'halcyon'));
  for (const text of [
    'contexts: {a: {station: [http://a], token: [s3cret',
    'contexts: [s3cret]',
    '- s3cret',
    'contexts: {a: {station: http://a, token: s3cret}}',
    'contexts: {a: {station: [], token: s3cret}}',
    'contexts: {a: {station: [http://a], token: {x: s3cret}}}',
    'contexts: {a: {station: [http://a], password: s3cret}}',
    'currant: a',
    'current: {s3cret: 1}',
  ]) {
    writeFileSync(configPath(env), text, { mode: 0o600 });
    const error = await readConfig(env).then(
      () => undefined,
      (reason: Error) => reason,
    );
    t.match(error, { ending: 'usage', message: /config\.yaml/ }, text);
    t.notMatch(error?.message, /s3cret/, text);
  }
});

t.test('a private file is written whole or not at all, whatever the umask', async (t) => {
  const folder = folderOf(t, { file: 'old' });
  const before = process.umask(0o277);
  try {
    await writePrivately(join(folder, 'file'), 'new');
  } finally {
    process.umask(before);
  }
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'new');
  t.equal(statSync(join(folder, 'file')).mode & 0o777, 0o600);
  mkdirSync(join(folder, 'taken', 'x'), { recursive: true });
  await t.rejects(writePrivately(join(folder, 'taken'), 'new'));
  t.same(readdirSync(folder).sort(), ['file', 'taken'], 'no draft is left behind');
});

t.test('drafts of those who were killed while they wrote go with the next', async (t) => {
  const folder = folderOf(t, { 'a.token': 'old', 'a.token.x.new': '', 'b.token.1.new': '' });
  const path = join(folder, 'a.token');
  const others = ['a.token', 'a.token.x.new', 'b.token.1.new'];
  const dead = spawnSync('true').pid;
  const left = `${path}.${dead}.new`;
  // That of one who still writes is his.
  const living = `a.token.${process.ppid}.new`;
  writeFileSync(join(folder, living), 'a token');
  for (const act of [() => writePrivately(path, 'new'), () => removePrivate(path)]) {
    writeFileSync(left, 'a token');
    await act();
    t.same(readdirSync(folder).sort(), [...others, living].sort());
    others.shift();
  }
});

t.test(
  'flags count before the environment, the environment before the current context',
  async (t) => {
    const env = await withContexts(t);
    const file = join(env.XDG_CONFIG_HOME ?? '', 'token');
    writeFileSync(file, 'file-token\n', { mode: 0o600 });
    const given = { ...env, HALCYON_STATION: 'http://env.example', HALCYON_TOKEN: 'env-token' };

    t.match(await resolveSession({}, env), {
      station: ['https://a.example', 'https://b.example'],
      token: 'prod-token',
    });
    t.match(await resolveSession({}, given), {
      station: ['http://env.example'],
      token: 'env-token',
    });
    t.match(await resolveSession({ station: 'http://x,http://y', tokenFile: file }, given), {
      station: ['http://x', 'http://y'],
      token: 'file-token',
    });
    t.match(await resolveSession({ context: 'test' }, given), {
      station: ['http://127.0.0.1:7400'],
      token: 'test-token',
    });
    t.match(await resolveSession({}, { ...env, HALCYON_TOKEN_FILE: file }), {
      token: 'file-token',
    });
  },
);

t.test('a token file that others can use is refused, wherever it is named', async (t) => {
  const env = await withContexts(t);
  const file = join(env.XDG_CONFIG_HOME ?? '', 'token');
  writeFileSync(file, 's3cret');
  const named = [
    resolveSession.bind(undefined, { station: 'http://x', tokenFile: file }, env),
    resolveSession.bind(undefined, { station: 'http://x' }, { ...env, HALCYON_TOKEN_FILE: file }),
    resolveSession.bind(undefined, { context: 'kept' }, env),
  ];
  const contexts = { kept: { station: ['http://x'], token_file: file } };
  await writeConfig(env, { current: null, contexts });
  for (const mode of [0o644, 0o604, 0o620, 0o606, 0o660]) {
    chmodSync(file, mode);
    const message =
      `${file} holds a token, and others may use it (mode 0${mode.toString(8)}); ` +
      `make it yours alone: chmod 600 ${file}`;
    for (const session of named) await t.rejects(session(), { ending: 'usage', message });
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(file, mode);
    for (const session of named) t.equal((await session()).token, 's3cret', mode.toString(8));
  }
});

t.test('root may hand a token to a group, and read those of others; nobody else may', async (t) => {
  const env = home(t);
  const file = join(env.XDG_CONFIG_HOME ?? '', 'token');
  const session = resolveSession.bind(undefined, { station: 'http://x', tokenFile: file }, env);
  writeFileSync(file, 's3cret', { mode: 0o600 });
  execFileSync('chown', ['0:65534', file]);
  chmodSync(file, 0o640);
  t.equal((await session()).token, 's3cret', 'of root, for a group');
  execFileSync('chown', ['65534:65534', file]);
  await t.rejects(session(), { message: /others may use it \(mode 0640\)/ });
  chmodSync(file, 0o600);
  t.equal((await session()).token, 's3cret', 'of somebody else, read by root');
});

t.test('a token may come from a pipe', async (t) => {
  const folder = folderOf(t);
  const env = environment(folder, { HALCYON_STATION: 'http://127.0.0.1:9' });
  // Nobody is asked with a token that is refused: that would be exit code 2.
  const asking = await shell(
    "bash -c 'halctl --token-file <(echo s3cret) auth whoami'",
    folder,
    env,
  );
  t.match(asking, { code: 5, err: /127\.0\.0\.1:9/ });
});

t.test(
  "a context's token goes to no station but its own, unless the context is named",
  async (t) => {
    const env = await withContexts(t);
    t.equal((await resolveSession({ station: 'http://other' }, env)).token, undefined);
    t.equal(
      (await resolveSession({}, { ...env, HALCYON_STATION: 'http://other' })).token,
      undefined,
    );
    t.match(await resolveSession({ station: 'http://other', context: 'prod' }, env), {
      station: ['http://other'],
      token: 'prod-token',
    });
  },
);

t.test('what is missing is named', async (t) => {
  const env = home(t);
  await t.rejects(resolveSession({}, env), { message: 'no station is given', ending: 'usage' });
  await t.rejects(resolveSession({ context: 'toString' }, env), {
    message: /no context "toString"/,
  });
  await t.rejects(resolveSession({ station: 'http://a', tokenFile: '/nonexistent/token' }, env), {
    ending: 'usage',
    message: /ENOENT/,
  });
});

t.test('a file that holds no token is refused without showing what it holds', async (t) => {
  const folder = folderOf(t, { empty: ' \n', long: 'two s3cret words' });
  await t.rejects(resolveSession({ station: 'http://a', tokenFile: join(folder, 'empty') }, {}), {
    message: /holds no token/,
  });
  const error = await resolveSession(
    { station: 'http://a', tokenFile: join(folder, 'long') },
    {},
  ).catch(String);
  t.match(error, /is no token/);
  t.notMatch(error, /s3cret/);
});
