/** The pages without JavaScript: who is let in and by what, and what is refused. */

import { Agent, request } from 'node:http';
import t from 'tap';
import type { Test } from 'tap';
import { codeOf } from '../../src/station/access/totp.ts';
import { systemTime } from '../../src/station/time.ts';
import { openStation } from '../station/harness.ts';
import type { Answer, Choices } from '../station/harness.ts';
import { attribute, byId, documentIn, fleetIn, named, textOf } from '../web/html.ts';
import { alertOf, browserOf } from './text-browser.ts';
import { ours, theirs, traces, twoProjects } from './two-projects.ts';

const password = 'correct horse battery';

/** A station with a user, and a browser in which nobody has signed in. */
const withAda = async (t: Test, choices: Choices = {}, monotonic = systemTime.monotonic) => {
  const clock = { now: 1_790_000_000_000 };
  const opened = await openStation(t, {
    ...{ time: { ...systemTime, now: () => clock.now, monotonic } },
    ...choices,
  });
  const { ask } = opened;
  await ask('POST', '/users', { name: 'ada', role: 'viewer' });
  await ask('PUT', '/users/ada/password', { password });
  await ask('POST', '/hosts', { fqdn: 'n1.savio3' });
  return { ...opened, clock, browser: browserOf(opened) };
};

t.test('58: somebody signs in by name and password, looks, and signs out', async (t) => {
  const { ask, browser } = await withAda(t);
  t.match(await browser.get(''), { status: 303, headers: { location: 'text/fleet' } });
  t.match(await browser.get('/'), { status: 303, headers: { location: 'fleet' } });
  const sent = await browser.get('/fleet?filter=state%3Adark');
  const location = 'sign-in?back=fleet%3Ffilter%3Dstate%253Adark';
  t.match(sent, { status: 303, headers: { location } });
  const form = await browser.get(`/${location}`);
  t.equal(form.status, 200);
  const [back] = named(documentIn(form.text), 'input').filter(
    (one) => attribute(one, 'name') === 'back',
  );
  t.equal(attribute(back!, 'value'), 'fleet?filter=state%3Adark');

  const asked = { user: 'ada', password, code: '', back: 'fleet?filter=state%3Adark' };
  const entered = await browser.post('/sign-in', asked);
  t.match(entered, { status: 303, headers: { location: 'fleet?filter=state%3Adark' } });
  t.match((await ask('GET', '/sessions')).body.items, [{ user: 'ada' }]);
  const page = await browser.get('/fleet');
  t.equal(page.status, 200);
  t.match(page.text, /ada \(viewer\)/);
  t.equal(fleetIn(page.text)[1]![0], 'n1.savio3');

  const left = browser.cookie();
  t.match(await browser.post('/sign-out', ''), { status: 303, headers: { location: 'sign-in' } });
  t.equal(browser.cookie(), '');
  t.same((await ask('GET', '/sessions')).body.items, [], 'the session has ended');
  t.match(await browser.get('/fleet', { cookie: left }), { status: 303 });
});

t.test('58: what is wrong is said on the form, without what was secret', async (t) => {
  const { ask, browser, clock } = await withAda(t);
  const wrong = await browser.post('/sign-in', { user: 'ada', password: 'wrong "<password>' });
  t.equal(wrong.status, 401);
  t.match(alertOf(wrong.text), /name, password or code is not right/);
  t.equal(attribute(byId(documentIn(wrong.text), 'user'), 'value'), 'ada');
  t.notMatch(wrong.text, 'password&gt;');
  t.equal(wrong.headers['set-cookie'], undefined);
  t.equal(wrong.headers['www-authenticate'], undefined, 'no browser asks in its own window');

  const { token } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
  const own = (method: string, body: object) => ask(method, '/users/ada/totp', body, { token });
  const { secret } = (await own('POST', { password })).body;
  const code = (): string => codeOf(secret, Math.floor(clock.now / 30_000));
  await own('PUT', { code: code() });
  const needed = await browser.post('/sign-in', { user: 'ada', password });
  t.equal(needed.status, 401);
  t.match(alertOf(needed.text), /code-needed/);
  t.match(await browser.post('/sign-in', { user: 'ada', password, code: code() }), { status: 303 });
  t.equal((await browser.get('/fleet')).status, 200);
});

t.test('58: a token is let in where it is a person’s, and forgotten at the end', async (t) => {
  const opened = await withAda(t);
  const { ask, browser, tokenOf } = opened;
  const token = await tokenOf('viewer');
  t.match(await browser.post('/sign-in', { token: `  ${token}\n` }), { status: 303 });
  t.match((await browser.get('/fleet')).text, /token [0-9a-f]{12} \(viewer\)/);
  t.match(await browser.post('/sign-out', ''), { status: 303 });
  t.equal(browser.cookie(), '');
  t.equal((await ask('GET', '/whoami', undefined, { token })).status, 200, 'it lasts');
  for (const none of ['x', 'hal_0123456789ab_wrong', 'a b\r\nX-Other: c', `${token}x`]) {
    const { status, text, headers } = await browser.post('/sign-in', { token: none });
    t.equal(status, 401, none);
    t.match(alertOf(text), /the token is not valid/);
    t.equal(headers['set-cookie'], undefined);
  }
  const agent = await browser.post('/sign-in', { token: await tokenOf('agent') });
  t.equal(agent.status, 403);
  t.match(alertOf(agent.text), /the role agent, which is no person's/);
});

t.test('the cookie is kept from scripts, other sites, and lines without TLS', async (t) => {
  const opened = await withAda(t);
  const token = await opened.tokenOf('viewer');
  const set = async (headers: Record<string, string>): Promise<string[]> => {
    const answer = await browserOf(opened).post('/sign-in', { token }, headers);
    return answer.headers['set-cookie']!.split('; ').slice(1).sort();
  };
  const always = ['HttpOnly', 'SameSite=Strict'];
  t.same(await set({}), always, 'and no path: that is the folder, wherever a proxy has put it');
  const secure = [...always, 'Secure'];
  t.same(await set({ 'x-forwarded-proto': 'https' }), secure);
  t.same(await set({ 'x-forwarded-proto': 'https, http' }), secure, 'of two proxies');
  t.same(await set({ 'x-forwarded-proto': 'http' }), always);
  t.same(await set({ origin: 'https://station.example' }), secure);
});

t.test('the API takes no cookie, and the pages take no header', async (t) => {
  const { app, admin } = await withAda(t);
  const cookie = `halcyon=${admin}`;
  t.equal((await app.inject({ url: '/api/v1/whoami', headers: { cookie } })).statusCode, 401);
  const authorization = `Bearer ${admin}`;
  const page = await app.inject({ url: '/text/fleet', headers: { authorization } });
  t.equal(page.statusCode, 303);
});

t.test('a form of another origin is refused, and does nothing', async (t) => {
  const opened = await withAda(t);
  const { ask } = opened;
  const session = await ask('POST', '/sessions', { user: 'ada', password }, { token: '' });
  const { token } = session.body;
  const elsewhere: readonly Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://station.example:81' },
    { referer: 'http://evil.example/station.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://station.example' },
  ];
  for (const headers of elsewhere) {
    const browser = browserOf(opened, token);
    const out = await browser.post('/sign-out', '', headers);
    t.equal(out.status, 403, JSON.stringify(headers));
    t.match(alertOf(out.text), /another origin/);
    t.equal((await browser.post('/sign-in', { user: 'ada', password }, headers)).status, 403);
    t.equal(out.headers['set-cookie'], undefined);
  }
  t.equal((await ask('GET', '/sessions')).body.items.length, 1, 'nobody came or went');
  const own: readonly Record<string, string>[] = [
    { origin: 'http://station.example' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { referer: 'http://station.example/base/text/fleet' },
  ];
  for (const headers of own)
    t.equal((await browserOf(opened, token).post('/sign-out', '', headers)).status, 303);
});

t.test('whoever signed in is led to pages of the station only', async (t) => {
  const opened = await withAda(t);
  const token = await opened.tokenOf('viewer');
  const elsewhere = [
    ...['https://evil.example', '//evil.example/fleet', '\\\\evil.example', '/\\evil.example'],
    ...['javascript:alert(1)', 'fleet\r\nSet-Cookie: a=b', 'fleet/../../x', '../api/v1/fleet'],
    ...['machines/a/../../..//evil.example', 'fleet#x', ' fleet', 'sign-out', ''],
  ];
  for (const back of elsewhere) {
    const { status, headers } = await browserOf(opened).post('/sign-in', { token, back });
    t.match({ status, location: headers['location'] }, { status: 303, location: /^fleet$/ }, back);
    const form = await browserOf(opened).get(`/sign-in?back=${encodeURIComponent(back)}`);
    t.notMatch(form.text, 'evil.example');
  }
  for (const back of ['fleet', 'fleet?filter=a%20%2F%2Fb&sort=-age', 'machines/n1.savio3'])
    t.match(await browserOf(opened).post('/sign-in', { token, back }), {
      headers: { location: back },
    });
});

t.test('50: a session that has ended leads to signing in, and back', async (t) => {
  const { browser, clock } = await withAda(t, {}, () => 0);
  await browser.post('/sign-in', { user: 'ada', password });
  t.equal((await browser.get('/fleet')).status, 200);
  clock.now += 12 * 3600 * 1000;
  t.match(await browser.get('/fleet?sort=-age'), {
    status: 303,
    headers: { location: 'sign-in?back=fleet%3Fsort%3D-age' },
  });
  t.match(await browser.post('/sign-out', ''), { status: 303 }, 'and one may still leave');
});

t.test('51: six wrong passwords lock a user out here, too', async (t) => {
  const { browser } = await withAda(t);
  const wrong = { user: 'ada', password: 'x' };
  for (let i = 0; i < 4; i += 1) t.equal((await browser.post('/sign-in', wrong)).status, 401);
  t.equal((await browser.post('/sign-in', wrong)).status, 429);
  const locked = await browser.post('/sign-in', { user: 'ada', password });
  t.equal(locked.status, 429);
  t.match(alertOf(locked.text), /locked/);
});

t.test('58: a member of a project sees its machines, and no trace of others', async (t) => {
  const two = await twoProjects(t);
  const browser = browserOf(two, two.viewer);
  const all = await browser.get('/fleet');
  t.same(
    fleetIn(all.text)
      .slice(1)
      .map(([name]) => name),
    [ours],
  );
  t.match(all.text, /1 in all/);
  const asked = await browser.get(`/fleet?nodes=${theirs}`);
  t.equal(asked.status, 404);
  for (const trace of traces(two)) t.notMatch(all.text, trace);
});

t.test('10: what is misspelt is said above the form, with where and what was meant', async (t) => {
  const opened = await withAda(t);
  const browser = browserOf(opened, await opened.tokenOf('viewer'));
  const typo = await browser.get('/fleet?filter=shs%3Adown');
  t.equal(typo.status, 400);
  t.match(alertOf(typo.text), /"shs", at character 1 of the filter; did you mean "ssh"/);
  const field = byId(documentIn(typo.text), 'filter');
  t.equal(attribute(field, 'value'), 'shs:down', 'it stands there to be mended');
  t.equal(attribute(field, 'aria-invalid'), 'true');
  t.throws(() => fleetIn(typo.text), 'and nothing wider is shown');
  t.match(await browser.get('/fleet?groups=al'), { status: 404 });
  const unknown = await browser.get('/fleet?filtre=x');
  t.equal(unknown.status, 400);
  t.match(alertOf(unknown.text), /there is no field filtre/);
  t.equal((await browser.get('/fleet?sort=age&sort=state')).status, 400);
  t.equal((await browser.get('/fleet?filter=&groups=&problems=')).status, 200, 'an empty form');
});

t.test('28: pages of 200 machines are one cut, and each links to the next', async (t) => {
  const opened = await withAda(t);
  const { ask } = opened;
  for (let i = 1; i < 450; i += 1) await ask('POST', '/hosts', { fqdn: `m${i}.example` });
  const browser = browserOf(opened, await opened.tokenOf('viewer'));
  const seen: string[] = [];
  let path: string | undefined = 'fleet?sort=machine';
  const captions: string[] = [];
  while (path !== undefined) {
    const { status, text } = await browser.get(`/${path}`);
    t.equal(status, 200);
    seen.push(
      ...fleetIn(text)
        .slice(1)
        .map(([name]) => name!),
    );
    const document = documentIn(text);
    captions.push(textOf(named(byId(document, 'fleet'), 'caption')[0]!).split(',')[0]!);
    const next = named(document, 'a').find((one) => attribute(one, 'rel') === 'next');
    if (seen.length === 200) await ask('POST', '/hosts', { fqdn: 'a-late-one.example' });
    path = next && attribute(next, 'href');
  }
  t.equal(new Set(seen).size, 450);
  t.equal(seen.length, 450);
  t.same(captions, [
    ...['Machines 1 to 200 of 450', 'Machines 201 to 400 of 450', 'Machines 401 to 450 of 450'],
  ]);
  const gone = await browser.get('/fleet?cursor=AAAAAAAAAAAA.200');
  t.equal(gone.status, 410);
  t.match(alertOf(gone.text), /begin again/);
});

t.test('every page says what browsers must not do with it, refusals too', async (t) => {
  const opened = await withAda(t);
  const browser = browserOf(opened, await opened.tokenOf('viewer'));
  const stranger = browserOf(opened);
  const large = { user: 'a'.repeat(20_000) };
  const pages: readonly (readonly [Answer, number])[] = [
    [await browser.get('/fleet'), 200],
    [await stranger.get('/sign-in'), 200],
    [await stranger.get('/fleet'), 303],
    [await browser.get('/machines/n1.savio3'), 200],
    [await browser.get('/machines/n2.savio3'), 404],
    [await browser.get('/no/such/page'), 404],
    [await browser.get('/fleet?filter=%28'), 400],
    [await stranger.post('/sign-in', '{}', { 'content-type': 'application/json' }), 415],
    [await stranger.post('/sign-in', large), 413],
    [await stranger.post('/sign-in', large, { origin: 'http://evil.example' }), 413],
  ];
  for (const [{ status, headers, text }, expected] of pages) {
    t.equal(status, expected);
    t.match(headers, {
      'content-security-policy': /^default-src 'none'; style-src 'self'; form-action 'self'/,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    if (status === 303) continue;
    t.equal(headers['content-type'], 'text/html; charset=utf-8');
    const document = documentIn(text);
    t.same(named(document, 'script', 'style', 'iframe', 'object', 'img'), []);
    t.equal(attribute(named(document, 'html')[0]!, 'lang'), 'en');
    for (const one of named(document, 'a', 'link', 'form')) {
      const to = attribute(one, 'href') ?? attribute(one, 'action') ?? '';
      t.match(to, /^(\.\.\/)*[a-z#]/, 'all links are relative');
      t.notMatch(to, /^[a-z]+:/);
    }
    for (const one of [...named(document, 'a', 'input', 'button', 'th', 'td')])
      t.notOk(one.attrs.some(({ name }) => name.startsWith('on') || name === 'style'));
  }
  const deep = await browser.get('/no/such/page');
  t.match(deep.text, 'href="../../style.css"');
  t.match(await stranger.get('/style.css'), {
    status: 200,
    headers: { 'content-type': /^text\/css/ },
  });
});

t.test('whoever looks at pages holds a connection as whoever asks the API does', async (t) => {
  const opened = await withAda(t, {
    server: { connections: { limits: { strangersOfAddress: 2 }, isNear: () => false } },
  });
  const { app, admin } = opened;
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const cookie = `halcyon=${admin}`;
  const agents = Array.from({ length: 6 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.teardown(() => agents.forEach((agent) => agent.destroy()));
  const look = (agent: Agent): Promise<{ status: number; isSame: boolean }> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}/text/fleet`, { agent, headers: { cookie } }, (answer) => {
        const seen = { status: answer.statusCode!, isSame: asked.reusedSocket };
        answer.resume().once('end', () => resolve(seen));
      });
      asked.once('error', reject).end();
    });
  // Were they strangers, the third would end the first.
  for (const agent of agents) t.same(await look(agent), { status: 200, isSame: false });
  for (const agent of agents) t.same(await look(agent), { status: 200, isSame: true });
});
