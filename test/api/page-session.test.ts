/** The session of the page in a browser: who comes in, what the cookie is good for, and what other pages get by it. */

import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { WebSocket } from 'ws';
import { codeOf } from '../../src/station/access/totp.ts';
import { Uses, usesMax } from '../../src/station/access/uses.ts';
import { openStation } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { password, withAda } from './page-of-ada.ts';
import { PageBrowser } from './page-browser.ts';
import type { PageAnswer, Send } from './page-browser.ts';

type Headers = NonNullable<Send['headers']>;

const note = { text: 'looked at it' };
const addNote = (headers: Headers = {}): readonly [string, Send] => [
  'api/v1/hosts/n1.savio3/notes',
  { method: 'POST', body: note, headers },
];

t.test('somebody signs in, acts by the API, and signs out', async (t) => {
  const { ask, browser, page, signIn, logged } = await withAda(t);
  t.match(await page('session'), { status: 401, body: { code: 'unauthenticated' } });
  const entered = await signIn();
  t.match(entered, { status: 200, body: { user: 'ada', role: 'operator' } });
  t.equal(entered.headers['cache-control'], 'no-store');
  const [{ value, flags } = { value: '', flags: [] }] = browser.cookies;
  t.same(flags, ['HttpOnly', 'SameSite=Strict']);
  t.notMatch(JSON.stringify(entered.body), value, 'the token is where no script reads it');

  t.same((await page('session')).body, entered.body);
  const whoami = await page('api/v1/whoami');
  t.match(whoami, { status: 200, headers: { 'cache-control': 'private, no-cache' } });
  t.same(whoami.body, entered.body);
  t.match(await page(...addNote()), { status: 200 });
  t.match((await ask('GET', '/hosts/n1.savio3/notes')).body.notes, [{ text: note.text }]);

  const cookie = browser.cookieFor(`http://127.0.0.1/`);
  t.match(await page('session', { method: 'DELETE' }), { status: 204 });
  t.same(browser.cookies, []);
  t.same((await ask('GET', '/sessions')).body.items, [], 'the session has ended');
  const late = await page('api/v1/whoami', { headers: { cookie } });
  t.match(late, { status: 401, body: { detail: /the session has ended.*sign in again/ } });
  t.match(await page('session', { method: 'DELETE' }), { status: 204 }, 'nobody may leave, too');
  t.notMatch(logged.join('\n'), value);
});

t.test('who is let in is what the API says: wrong, locked out, a code', async (t) => {
  const { ask, browser, page, signIn, clock } = await withAda(t);
  const { token } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
  const own = (method: string, body: object) => ask(method, '/users/ada/totp', body, { token });
  const { secret } = (await own('POST', { password })).body;
  const code = (): string => codeOf(secret, Math.floor(clock.now / 30_000));
  await own('PUT', { code: code() });
  t.match(await signIn(), { status: 401, body: { code: 'code-needed' } });
  t.match(await signIn({ code: code() }), { status: 200 });
  t.match(await signIn({ code: code() }), { status: 401, body: { code: 'code-used' } });
  await ask('DELETE', '/users/ada/totp');

  await page('session', { method: 'DELETE' });
  for (let i = 0; i < 4; i += 1)
    t.match(await signIn({ password: 'x' }), { status: 401, body: { code: 'login-refused' } });
  t.match(await signIn({ password: 'x' }), { status: 429, body: { code: 'user-locked' } });
  t.match(await signIn(), { status: 429, headers: { 'retry-after': '900' } });
  t.same(browser.cookies, []);
  const both = await signIn({ token });
  t.match(both, { status: 400, body: { code: 'invalid-request', detail: /give one of: user/ } });
  t.match(await signIn({ user: 7 }), { status: 400, body: { field: 'user' } });
  const large = await signIn({ password: 'x'.repeat(20_000) });
  t.match(large, { status: 413, body: { code: 'body-too-large' } });
});

t.test('a token that lasts is let in where it is a person’s, and only forgotten', async (t) => {
  const { browser, page, ask, tokenOf } = await withAda(t);
  const signIn = (token: string): Promise<PageAnswer> =>
    page('session', { method: 'POST', body: { token } });
  const token = await tokenOf('viewer');
  t.match(await signIn(`  ${token}\n`), { status: 200, body: { role: 'viewer' } });
  t.not(browser.cookies[0]?.value, token, 'the browser has a session that it opened');
  t.match(await page('api/v1/fleet'), { status: 200 });
  t.match(await page(...addNote()), { status: 403, body: { code: 'forbidden' } });
  t.match(await page('session', { method: 'DELETE' }), { status: 204 });
  t.same(browser.cookies, []);
  t.equal((await ask('GET', '/whoami', undefined, { token })).status, 200);
  for (const none of ['x', '', 'a b\r\nX-Other: c', `${token}x`])
    t.match(await signIn(none), { status: 401, body: { code: 'unauthenticated' } });
  t.match(await signIn(await tokenOf('agent')), {
    ...{ status: 403, body: { detail: /agent, which is no person's/ } },
  });
  t.same(browser.cookies, []);
});

t.test('whoever signs in again leaves no session behind', async (t) => {
  const { page, signIn, ask, browser, tokenOf } = await withAda(t);
  const open = async (): Promise<number> => (await ask('GET', '/sessions')).body.items.length;
  await signIn();
  const { value: first } = browser.cookies[0]!;
  t.match(await signIn({ password: 'wrong' }), { status: 401 });
  t.match(await page('session'), { status: 200 }, 'what is wrong ends nothing');
  await signIn();
  t.not(browser.cookies[0]!.value, first);
  t.equal(await open(), 1);
  const { ticket: link } = (await page('api/v1/sessions/links', { method: 'POST' })).body;
  t.match(await page('session', { method: 'POST', body: { link } }), { status: 200 });
  t.equal(await open(), 2, 'but that which has opened this one');
  const body = { token: await tokenOf('viewer') };
  t.match(await page('session', { method: 'POST', body }), { status: 200, body: { user: null } });
  t.equal(await open(), 2);
  t.match(await page('api/v1/fleet'), { status: 200 });
});

t.test('50: a session that ends in the middle is over at once, for the page too', async (t) => {
  const { page, signIn, clock, ask, browser } = await withAda(t);
  await signIn();
  const [session] = (await ask('GET', '/sessions')).body.items;
  await ask('DELETE', `/sessions/${session.id}`);
  t.match(await page('api/v1/fleet'), { status: 401, body: { detail: /sign in again/ } });
  t.match(await page(...addNote()), { status: 401 });
  t.match(await signIn(), { status: 200 });
  t.equal(browser.cookies.length, 1);
  clock.now += 12 * 3600 * 1000;
  t.match(await page('session'), { status: 401 });
  t.match(await page('session', { method: 'DELETE' }), { status: 204 });
  t.same(browser.cookies, []);
});

t.test('the cookie counts only with the header, and only from pages of the station', async (t) => {
  const { page, signIn, ask, url } = await withAda(t);
  await signIn();
  const elsewhere: readonly (readonly [Headers, RegExp])[] = [
    [{ 'halcyon-page': undefined }, /only with the header Halcyon-Page: 1/],
    [{ 'halcyon-page': '' }, /only with the header/],
    [{ 'halcyon-page': '2' }, /only with the header/],
    [{ 'sec-fetch-site': 'cross-site' }, /only for pages of this station/],
    [{ 'sec-fetch-site': 'same-site' }, /only for pages of this station/],
    [{ 'sec-fetch-site': undefined, origin: 'https://evil.example' }, /pages of this station/],
    [{ 'sec-fetch-site': undefined, origin: 'null' }, /pages of this station/],
    [{ 'sec-fetch-site': undefined, origin: 'http://127.0.0.1:1' }, /pages of this station/],
    [{ 'sec-fetch-site': undefined, origin: undefined, referer: 'http://e.example/' }, /station/],
  ];
  for (const [headers, detail] of elsewhere) {
    const refused = { status: 401, body: { code: 'unauthenticated', detail } };
    t.match(await page('api/v1/whoami', { headers }), refused, JSON.stringify(headers));
    t.match(await page(...addNote(headers)), refused, JSON.stringify(headers));
    const out = await page('session', { method: 'DELETE', headers });
    t.match(out, { status: 403 }, 'nor is anybody signed out');
    t.equal(out.headers['set-cookie'], undefined);
    const body = { user: 'ada', password };
    const came = await page('session', { method: 'POST', body, headers });
    t.match(came, { status: 403 }, 'nor signed in as another');
    t.equal(came.headers['set-cookie'], undefined);
  }
  t.same((await ask('GET', '/hosts/n1.savio3/notes')).body.notes, []);
  t.equal((await ask('GET', '/sessions')).body.items.length, 1, 'nobody came or went');
  const old = { 'sec-fetch-site': undefined };
  t.match(await page(...addNote(old)), { status: 200 }, 'a browser that says its origin only');
  const silent = { ...old, origin: undefined };
  t.match(await page('api/v1/whoami', { headers: { ...silent, referer: `${url}/` } }), {
    status: 200,
  });
});

t.test(
  'of each session it is told when it began, and when and from where it was used',
  async (t) => {
    const { ask, page, signIn, clock, close, directory, admin } = await withAda(t);
    const begun = clock.now;
    await signIn();
    clock.now += 5000;
    await page('api/v1/fleet');
    const listed = async (): Promise<Json> =>
      (await page('api/v1/sessions', { headers: { 'user-agent': 'Browser/2' } })).body.items;
    clock.now += 5000;
    const own = { address: '127.0.0.1', agent: 'Browser/2' };
    t.match(await listed(), [
      { user: 'ada', current: true, begun, expires: begun + 12 * 3600 * 1000, used: own },
    ]);
    const by = { headers: { 'user-agent': `${'x'.repeat(199)}\u00e9more` } };
    await page('api/v1/whoami', by);
    const [{ used }] = (await ask('GET', '/sessions')).body.items;
    t.same(used, { at: begun + 10_000, address: '127.0.0.1', agent: `${'x'.repeat(199)}?` });

    await close();
    const again = await openStation(t, { directory, admin });
    t.match((await again.ask('GET', '/sessions')).body.items, [{ begun, used: null }]);
    t.match((await again.ask('GET', '/events?limit=1000')).text, /CredentialIssued/);
    t.notMatch((await again.ask('GET', '/events?limit=1000')).text, /Browser|xxxx/);
  },
);

t.test('of so many sessions the latest use is remembered', (t) => {
  const uses = new Uses();
  const use = { at: 1, address: '127.0.0.1', agent: null };
  for (let i = 0; i <= usesMax; i += 1) uses.note(`s${i}`, use);
  t.same([uses.of('s0'), uses.of('s1')], [null, use]);
  t.end();
});

t.test('a header wins over the cookie, also one that is wrong', async (t) => {
  const { page, signIn, tokenOf } = await withAda(t);
  await signIn();
  const as = (authorization: string): Promise<PageAnswer> =>
    page('api/v1/whoami', { headers: { authorization } });
  t.match(await as(`Bearer ${await tokenOf('viewer')}`), { status: 200, body: { user: null } });
  t.match(await as('Bearer hal_0123456789ab_wrong'), { status: 401 });
  t.match(await as('Basic YTpi'), { status: 401 });
  t.match(await as(''), { status: 401 });
});

t.test('no other origin is ever told that it may', async (t) => {
  const { page, signIn } = await withAda(t);
  await signIn();
  const preflight = {
    ...{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    ...{ 'halcyon-page': undefined, cookie: undefined },
    ...{
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'halcyon-page',
    },
  };
  const answers: PageAnswer[] = [];
  for (const path of ['session', 'api/v1/whoami', 'api/v1/hosts/n1.savio3/notes', 'healthz']) {
    const options = await page(path, { method: 'OPTIONS', headers: preflight });
    t.ok([404, 405].includes(options.status), `${path}: ${options.status}`);
    answers.push(options, await page(path), await page(path, { headers: preflight }));
  }
  for (const { headers } of answers)
    t.same(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
    );
  const put = await page('session', { method: 'PUT', body: {} });
  t.match(put, { status: 405, headers: { allow: 'DELETE, GET, HEAD, POST' } });
});

t.test('a WebSocket of another page gets nothing by the cookie', async (t) => {
  const { browser, url, page, admin } = await withAda(t);
  await page('session', { method: 'POST', body: { token: admin } });
  const address = `${url.replace('http', 'ws')}/api/v1/agent`;
  // What browsers let pages say of a WebSocket: nothing. The cookie goes along where the site is the same.
  const cookie = browser.cookieFor(`${url}/api/v1/agent`);
  t.match(cookie, /^halcyon-[0-9a-f]{8}=hal_/);
  for (const origin of ['https://evil.example', url]) {
    const socket = new WebSocket(address, { headers: { cookie, origin } });
    const [, answer] = await once(socket, 'unexpected-response');
    t.equal(answer.statusCode, 401, origin);
    answer.resume();
    socket.once('error', () => undefined).terminate();
  }
});

t.test('stations on one host, by ports or by folders of a proxy, keep apart', async (t) => {
  const [one, other] = [await withAda(t), await withAda(t)];
  const proxy = createServer((asked, answer) => {
    const [, folder = '', rest = ''] = /^\/([^/]*)(\/.*)$/.exec(asked.url!) ?? [];
    const { hostname, port } = new URL(folder === 'one' ? one.url : other.url);
    const { method, headers } = asked;
    const on = request({ hostname, port, path: rest, method, headers }, (said) => {
      answer.writeHead(said.statusCode!, said.headers);
      said.pipe(answer);
    });
    asked.pipe(on);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => proxy.close());
  const before = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const browser = new PageBrowser();
  const pages = [`${before}/one/`, `${before}/two/`, `${one.url}/`, `${other.url}/`];
  for (const [i, loaded] of pages.entries()) {
    const page = browser.page(loaded);
    const body = { user: 'ada', password };
    t.match(await page('session', { method: 'POST', body }), { status: 200 });
    t.equal(browser.cookies.length, i + 1, loaded);
  }
  t.same(
    browser.cookies.map(({ path }) => path),
    ['/one', '/two', '/', '/'],
  );
  for (const loaded of pages)
    t.match(await browser.page(loaded)('api/v1/whoami'), { status: 200, body: { user: 'ada' } });
  await browser.page(pages[0]!)('session', { method: 'DELETE' });
  t.match(await browser.page(pages[1]!)('api/v1/whoami'), { status: 200 });
  t.match(await browser.page(pages[3]!)(...addNote()), { status: 200 });
  t.same((await one.ask('GET', '/sessions')).body.items, [], 'of one station nobody is left');
  t.match(await browser.page(pages[0]!)('session'), { status: 401 });
  t.equal((await other.ask('GET', '/sessions')).body.items.length, 2);
});

t.test('the cookie is not sent without TLS where there is some', async (t) => {
  const { page, browser } = await withAda(t);
  const set = async (headers: Record<string, string>): Promise<string[]> => {
    await page('session', { method: 'POST', body: { user: 'ada', password }, headers });
    return [...browser.cookies.at(-1)!.flags].sort();
  };
  const always = ['HttpOnly', 'SameSite=Strict'];
  t.same(await set({}), always);
  t.same(await set({ 'x-forwarded-proto': 'https' }), [...always, 'Secure']);
  t.same(await set({ origin: 'https://station.example' }), [...always, 'Secure']);
});

t.test('whoever comes by the cookie holds a connection as others do', async (t) => {
  const { url, page, browser, admin } = await withAda(t, 'operator', {
    server: { connections: { limits: { strangersOfAddress: 2 }, isNear: () => false } },
  });
  await page('session', { method: 'POST', body: { token: admin } });
  const headers = { cookie: browser.cookieFor(`${url}/`), 'halcyon-page': '1' };
  const agents = Array.from({ length: 6 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.teardown(() => agents.forEach((agent) => agent.destroy()));
  const look = (agent: Agent): Promise<{ status: number; isSame: boolean }> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}/api/v1/whoami`, { agent, headers }, (answer) => {
        const seen = { status: answer.statusCode!, isSame: asked.reusedSocket };
        answer.resume().once('end', () => resolve(seen));
      });
      asked.once('error', reject).end();
    });
  // Were they strangers, the third would end the first.
  for (const agent of agents) t.same(await look(agent), { status: 200, isSame: false });
  for (const agent of agents) t.same(await look(agent), { status: 200, isSame: true });
});
