/** People log in: passwords, codes, sessions, and what is kept of them. */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { systemTime } from '../../src/station/time.ts';
import { codeOf } from '../../src/station/access/totp.ts';
import { host, openStation, temporary } from '../station/harness.ts';

const password = 'correct horse battery';
const startedAt = 1_790_000_000_000;

/** A station with a clock that the test turns, and a user. */
const withAda = async (t: Test, role = 'operator') => {
  const clock = { now: startedAt };
  const opened = await openStation(t, {
    time: { ...systemTime, now: () => clock.now, monotonic: () => 0 },
  });
  const { ask, fill } = opened;
  await fill();
  t.match(await ask('POST', '/users', { name: 'ada', role }), { status: 201 });
  t.match(await ask('PUT', '/users/ada/password', { password }), { status: 200 });
  const login = (change: object = {}) =>
    ask('POST', '/sessions', { user: 'ada', password, ...change }, { token: '' });
  return { ...opened, clock, login };
};

t.test('a session is begun by name and password, listed, and ended', async (t) => {
  const { ask, login } = await withAda(t);
  const begun = await login();
  t.match(begun, { status: 201, body: { user: 'ada', role: 'operator', second_factor: false } });
  const { token, id } = begun.body;
  const whoami = await ask('GET', '/whoami', undefined, { token });
  t.match(whoami.body, { id, user: 'ada', role: 'operator' });
  t.match((await ask('GET', '/sessions', undefined, { token })).body.items, [
    { id, current: true },
  ]);
  t.match((await ask('GET', '/sessions')).body.items, [{ id, current: false }]);
  t.match(await ask('DELETE', '/sessions/current', undefined, { token }), { status: 200 });
  t.match(await ask('GET', '/whoami', undefined, { token }), { status: 401 });
  t.match(await ask('DELETE', `/sessions/${id}`), { status: 404 });
  t.match(await ask('DELETE', '/sessions/current'), { status: 404 }, 'a token is no session');
});

t.test('50: a session ends at its time, and with its user', async (t) => {
  const { ask, login, clock } = await withAda(t);
  const { token } = (await login({ seconds: 60 })).body;
  const status = async (token: string): Promise<number> =>
    (await ask('GET', '/whoami', undefined, { token })).status;
  clock.now += 59_999;
  t.equal(await status(token), 200);
  clock.now += 1;
  t.equal(await status(token), 401);
  const next = (await login()).body.token;
  await ask('PUT', '/users/ada', { disabled: true });
  t.equal(await status(next), 401);
  t.match(await login(), { status: 401, body: { code: 'login-refused' } });
});

t.test('whoever is wrong is told the same, whatever was wrong', async (t) => {
  const { login } = await withAda(t);
  const answers = [
    await login({ password: 'wrong' }),
    await login({ user: 'eve' }),
    await login({ user: '__proto__' }),
    await login({ user: 'constructor' }),
  ];
  for (const { status, body } of answers)
    t.match(
      { status, code: body.code, detail: body.detail },
      {
        ...{ status: 401, code: 'login-refused', detail: 'name, password or code is not right' },
      },
    );
});

t.test('51: six wrong passwords in a row lock a user out, which the log tells', async (t) => {
  const { ask, login, clock } = await withAda(t);
  const before = (await login()).body.token;
  for (let i = 1; i < 5; i++) t.match(await login({ password: 'wrong' }), { status: 401 });
  t.match(await login({ password: 'wrong' }), { status: 429, body: { code: 'user-locked' } });
  const locked = await login();
  t.match(locked, { status: 429, body: { code: 'user-locked' } });
  t.match(locked.headers, { 'retry-after': '900' });
  t.equal(
    (await ask('GET', '/whoami', undefined, { token: before })).status,
    200,
    'who is in stays',
  );
  const { events } = (await ask('GET', '/events?type=UserLocked&type=LoginRefused')).body;
  t.equal(events.length, 6);
  clock.now += 15 * 60_000;
  t.match(await login(), { status: 201 });
});

t.test(
  '51: codes are asked for once they are set up, each is good once, and recovery codes too',
  async (t) => {
    const { ask, login, clock } = await withAda(t);
    const { token } = (await login()).body;
    const own = (method: 'POST' | 'PUT' | 'DELETE', body?: object) =>
      ask(method, '/users/ada/totp', body, { token });
    t.match(await own('PUT', { code: '000000' }), { status: 409, body: { code: 'no-codes' } });
    t.match(await own('POST', { password: 'wrong' }), { status: 401 });
    t.match(await ask('POST', '/users/ada/totp', { password }), { status: 403 }, 'nobody else');
    const { secret, uri } = (await own('POST', { password })).body;
    t.match(uri, new RegExp(`^otpauth://totp/Halcyon:ada\\?secret=${secret}`));
    t.match(await login(), { status: 201 }, 'not asked for before one was shown');
    const code = (steps = 0): string => codeOf(secret, Math.floor(clock.now / 30_000) + steps);
    const { recovery_codes: recovery } = (await own('PUT', { code: code() })).body;
    t.equal(recovery.length, 10);

    const needed = await login();
    t.match(needed, { status: 401, body: { code: 'code-needed' } });
    t.match(needed.headers, { 'www-authenticate': /insufficient_user_authentication/ });
    t.match(await login({ code: code() }), { status: 201, body: { second_factor: true } });
    t.match(await login({ code: code() }), { status: 401, body: { code: 'code-used' } });
    t.match(await login({ code: code(1) }), { status: 201 }, 'the next one');
    t.match(await login({ code: recovery[0] }), { status: 201 });
    t.match(await login({ code: recovery[0] }), { status: 401, body: { code: 'code-refused' } });
    const off = await login({ code: code(120) });
    t.match(off.body, { code: 'code-refused', detail: /here it is 2026-09-21T\d\d:/ });
    t.match(
      await own('POST', { password }),
      { status: 403 },
      'nor is the device changed by a password',
    );
    t.match(await ask('DELETE', '/users/ada/totp'), { status: 200 });
    t.match(await login(), { status: 201, body: { second_factor: false } });
  },
);

t.test('50: a grant takes a code, or the password where there are no codes', async (t) => {
  const { ask, login, clock } = await withAda(t);
  const { token } = (await login()).body;
  const body = { actions: ['power'], hosts: [host], reason: 'it hangs' };
  const elevate = (proof: object = {}) => ask('POST', '/grants', { ...body, ...proof }, { token });
  t.match(await elevate(), { status: 401, body: { code: 'password-needed' } });
  t.match(await elevate({ password: 'wrong' }), { status: 401, body: { code: 'login-refused' } });
  t.match(await elevate({ password }), {
    status: 201,
    body: { user: 'ada', second_factor: false },
  });
  const { secret } = (await ask('POST', '/users/ada/totp', { password }, { token })).body;
  const code = (): string => codeOf(secret, Math.floor(clock.now / 30_000));
  await ask('PUT', '/users/ada/totp', { code: code() }, { token });
  t.match(await elevate({ password }), { status: 401, body: { code: 'code-needed' } });
  t.match(await elevate({ code: code() }), { status: 201, body: { second_factor: true } });
  t.match(await elevate({ code: code() }), { status: 401, body: { code: 'code-used' } });
});

t.test(
  'a password is set by its user who knows it, and by administrators, and ends other sessions',
  async (t) => {
    const { ask, login, tokenOf } = await withAda(t);
    const [one, two] = [(await login()).body.token, (await login()).body.token];
    const set = (body: object, token: string) => ask('PUT', '/users/ada/password', body, { token });
    const next = 'another horse battery';
    t.match(await set({ password: next }, one), { status: 401 });
    t.match(await set({ password: next, current: password }, await tokenOf('operator')), {
      status: 403,
    });
    t.match(await set({ password: 'short', current: password }, one), { status: 400 });
    t.match(await set({ password: next, current: password }, one), { status: 200 });
    t.equal((await ask('GET', '/whoami', undefined, { token: one })).status, 200);
    t.equal((await ask('GET', '/whoami', undefined, { token: two })).status, 401);
    t.match(await login(), { status: 401 });
    t.match(await login({ password: next }), { status: 201 });
  },
);

t.test('nothing of passwords and codes is in the log, and what is kept is sealed', async (t) => {
  const { ask, login, station, directory } = await withAda(t);
  const { token } = (await login()).body;
  const { secret } = (await ask('POST', '/users/ada/totp', { password }, { token })).body;
  await station.settled();
  const files = readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => statSync(path).isFile());
  t.ok(files.some((path) => path.endsWith('secrets.json')));
  for (const path of files) {
    const bytes = readFileSync(path);
    for (const text of [password, secret, 'argon2id'])
      t.equal(bytes.indexOf(text), -1, `${text} in ${path}`);
  }
});

t.test('what is kept of a user goes with a station that was killed on the way, too', async (t) => {
  const { ask, station, directory, admin, close } = await withAda(t);
  t.match(await ask('POST', '/users', { name: 'eve', role: 'viewer' }), { status: 201 });
  t.match(await ask('PUT', '/users/eve/password', { password }), { status: 200 });
  const path = join(directory, 'secrets.json');
  const before = readFileSync(path);
  t.match(await ask('DELETE', '/users/ada'), { status: 200 });
  t.same(station.secrets.names, ['user/eve']);
  await close();
  // As where the log had it, and the secrets had not changed yet.
  writeFileSync(path, before);
  const next = await openStation(t, { directory, admin });
  t.same(next.station.secrets.names, ['user/eve']);
  t.match(await next.ask('POST', '/sessions', { user: 'eve', password }), { status: 201 });
  await next.close();
  const other = await openStation(t, { directory, log: `sqlite:${temporary(t)}` });
  t.same(other.station.secrets.names, ['user/eve'], 'a log that knows nobody is no reason');
});

t.test('whoever sends many passwords at once is told to wait', async (t) => {
  const { login } = await withAda(t);
  const answers = await Promise.all(Array.from({ length: 24 }, () => login({ user: 'eve' })));
  const statuses = answers.map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 429).length, 8);
  t.equal(statuses.filter((status) => status === 401).length, 16);
});
