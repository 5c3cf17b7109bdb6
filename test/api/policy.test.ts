/** The policy of a site: put in force, asked, and never worse for a typo. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { host, openStation } from '../station/harness.ts';

const rule = (name: string, more: string): string => `  - name: ${name}\n${more}`;
const file = (...rules: string[]): string => `version: 1\nrules:\n${rules.join('')}`;
const password = 'correct horse battery';

/** A station with a policy file, and a user who is a viewer. */
const withPolicy = async (t: Test) => {
  const path = join(folderOf(t), 'policy.yaml');
  writeFileSync(path, 'version: 1\nrules: []\n');
  const opened = await openStation(t, { policy: path });
  const { ask, fill } = opened;
  await fill();
  await ask('POST', '/users', { name: 'ada', role: 'viewer' });
  await ask('PUT', '/users/ada/password', { password });
  const { token } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
  const put = (text: string) => {
    writeFileSync(path, text);
    return ask('POST', '/auth/policy/reload');
  };
  const can = async (query: string, token?: string) =>
    (await ask('GET', `/auth/can?${query}`, undefined, token === undefined ? {} : { token })).body
      .answers;
  return { ...opened, path, token, put, can };
};

const allowsAda = rule(
  'ada powers',
  `    allow: [power, operate]\n    who: [user:ada]\n    machines: ${host}\n`,
);
const elevate = { actions: ['power'], hosts: [host], reason: 'it hangs', password };

t.test('a rule allows what a role does not, on its machines, and says so', async (t) => {
  const { ask, put, can, token } = await withPolicy(t);
  t.match(await ask('POST', '/grants', elevate, { token }), { status: 403 });
  t.match(await can('action=power&as=ada'), [{ allowed: false, rule: 'nothing allows it' }]);
  t.match(await put(file(allowsAda)), { status: 200, body: { rules: [{ machines: host }] } });
  t.match(await can(`action=power&hosts=${host}`, token), [
    { allowed: false, rule: 'policy: ada powers', lack: /halctl auth elevate/, count: 1 },
  ]);
  t.match(await ask('POST', '/grants', elevate, { token }), { status: 201 });
  t.match(await can(`action=power&hosts=${host}`, token), [
    { allowed: true, rule: 'policy: ada powers', grant: /^[0-9a-f]{12}$/ },
  ]);
  t.match(await can(`action=operate&hosts=${host},node1.halcyon.example`, token), [
    { allowed: true, rule: 'policy: ada powers' },
    { allowed: false, rule: 'nothing allows it' },
  ]);
  const stop = `/hosts/${host}/maintenance`;
  t.match(await ask('PUT', stop, { reason: 'a fan' }, { token }), { status: 200 });
  t.match(
    await ask('PUT', '/hosts/node1.halcyon.example/maintenance', { reason: 'x' }, { token }),
    {
      status: 403,
    },
  );
  t.match(await ask('POST', '/cluster/stop', undefined, { token }), { status: 403 });
});

t.test('what is denied is denied, whatever else allows it', async (t) => {
  const { ask, put, can, tokenOf } = await withPolicy(t);
  const token = await tokenOf('operator');
  await put(
    file(
      rule('all may', '    allow: [operate]\n    who: [everybody]\n'),
      rule(
        'hands off',
        `    deny: [operate, power]\n    who: [everybody]\n    machines: ${host}\n`,
      ),
    ),
  );
  const path = `/hosts/${host}/maintenance`;
  t.match(await ask('PUT', path, { reason: 'a fan' }, { token }), {
    status: 403,
    body: { detail: /hands off/ },
  });
  t.match(await ask('PUT', path, { reason: 'a fan' }), { status: 403 }, 'administrators neither');
  t.match(await can(`action=operate&hosts=${host}`), [
    { allowed: false, rule: 'policy: hands off' },
  ]);
  t.match(await ask('POST', '/grants', { ...elevate, password: undefined }, { token }), {
    status: 403,
    body: { code: 'not-allowed', detail: /hands off/ },
  });
});

t.test('60: with a typo the old policy stays, and the error is shown with its line', async (t) => {
  const { ask, put, can, token } = await withPolicy(t);
  await put(file(allowsAda));
  for (const text of ['version: 1\nrulez: []\n', 'version: 1\nrules: [\n', '']) {
    t.match(await put(text), {
      status: 422,
      body: { code: 'invalid-files', errors: [{ file: 'policy.yaml', line: /\d/ }] },
    });
    t.match(await can(`action=operate&hosts=${host}`, token), [{ allowed: true }]);
    const { body } = await ask('GET', '/auth/policy');
    t.match(body, { rules: [{ name: 'ada powers' }], problems: [/^policy\.yaml:\d+:\d+: /] });
  }
  t.match(await put(file()), { status: 422 }, 'nor is an empty list by mistake');
  t.match(await put('version: 1\nrules: []\n'), { status: 200, body: { problems: [] } });
  t.match(await can(`action=operate&hosts=${host}`, token), [{ allowed: false }]);
});

t.test('a policy is checked without being put in force', async (t) => {
  const { ask } = await withPolicy(t);
  const check = (text: string) => ask('POST', '/auth/policy/check', { name: 'p.yaml', text });
  t.match(await check(file(allowsAda)), { status: 200, body: { rules: [{ name: 'ada powers' }] } });
  t.match(await check('version: 3'), { status: 422, body: { errors: [{ file: 'p.yaml' }] } });
  t.strictSame((await ask('GET', '/auth/policy')).body.rules, []);
});

t.test('52: a rule that goes while something waits by its right stops it', async (t) => {
  const { ask, put, can, token } = await withPolicy(t);
  await put(file(allowsAda));
  await ask('POST', '/grants', elevate, { token });
  await put('version: 1\nrules: []\n');
  t.match(await can(`action=power&hosts=${host}`, token), [{ allowed: false, grant: null }]);
});

t.test('a rule that asks for a second factor is told so when the grant is asked for', async (t) => {
  const { ask, put, can, tokenOf } = await withPolicy(t);
  await put(
    file(
      rule(
        'ada powers',
        '    allow: [power]\n    who: [user:ada]\n    only_if: {second_factor: true}\n',
      ),
    ),
  );
  const { token } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
  t.match(await ask('POST', '/grants', elevate, { token }), {
    status: 401,
    body: { code: 'step-up-needed', detail: /a second factor/ },
  });
  t.match(await ask('GET', '/auth/can?action=power&as=ada', undefined, { token }), { status: 200 });
  t.match(
    await ask('GET', '/auth/can?action=power&as=ada', undefined, {
      token: await tokenOf('viewer'),
    }),
    { status: 403 },
  );
  t.match(await can('action=power&as=ada'), [{ allowed: false }]);
});
