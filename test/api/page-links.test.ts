/** Links that sign in once: what they are good for, for how long, and whose the session is. */

import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { ownReadsMs } from '../../src/api/following/pass-on.ts';
import { linksOfOneMax, linksMax, Links } from '../../src/station/access/links.ts';
import { keptIn, SecretSearch } from '../obm/secret-search.ts';
import { until } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { twoStations } from '../station/two-stations.ts';
import { password, withAda } from './page-of-ada.ts';
import type { PageOfAda } from './page-of-ada.ts';
import { PageBrowser } from './page-browser.ts';
import type { PageAnswer } from './page-browser.ts';
import { idOf, ours, twoProjects } from './two-projects.ts';

const linkOf = async ({ ask }: Pick<PageOfAda, 'ask'>, token?: string): Promise<string> => {
  const made = await ask('POST', '/sessions/links', undefined, token ? { token } : {});
  if (made.status !== 201) throw new Error(made.text);
  return made.body.ticket as string;
};

/** A browser of its own that opens the link. */
const opened = async (url: string, link: string) => {
  const browser = new PageBrowser();
  const page = browser.page(`${url}/`);
  const enter = (): Promise<PageAnswer> => page('session', { method: 'POST', body: { link } });
  return { browser, page, enter, entered: await enter() };
};

t.test(
  'a link of a user opens a session of that user, once, which ends with its maker',
  async (t) => {
    const ada = await withAda(t);
    const { ask, url, clock, logged, directory } = ada;
    const maker = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
    const { token } = maker;
    const made = await ask('POST', '/sessions/links', undefined, { token });
    t.match(made, { status: 201, body: { expires: clock.now + 600_000 } });
    t.match(made.headers, { 'cache-control': 'no-store' });
    const { ticket } = made.body;
    t.match(ticket, /^[\w-]{43}$/);
    const { page, browser, entered, enter } = await opened(url, ticket);
    t.match(entered, { status: 200, body: { user: 'ada', role: 'operator' } });
    t.match(await enter(), { status: 401, body: { code: 'login-refused', detail: /it was used/ } });
    t.match(await page('api/v1/whoami'), { status: 200 }, 'who was in stays');

    const { items } = (await page('api/v1/sessions')).body;
    t.match(items, [
      { id: maker.id, opener: null, current: false },
      { opener: maker.id, current: true, user: 'ada', expires: maker.expires },
    ]);
    t.match(await page('api/v1/sessions/links', { method: 'POST' }), {
      ...{ status: 403, body: { code: 'not-allowed', detail: /opens no others/ } },
    });
    const search = new SecretSearch();
    search.add('the ticket', ticket);
    search.add('the session', browser.cookies[0]!.value);
    search.look('the logs', logged.join('\n'));
    search.look('its data', keptIn(directory));
    search.look('events', (await ask('GET', '/events?limit=1000')).text);
    t.same([...search.found], []);

    await page('session', { method: 'DELETE' });
    t.equal((await ask('GET', '/whoami', undefined, { token })).status, 200, 'the maker goes on');
    const again = await opened(url, await linkOf(ada, token));
    await ask('DELETE', '/sessions/current', undefined, { token });
    t.match(await again.page('api/v1/whoami'), { status: 401, body: { detail: /sign in again/ } });
  },
);

t.test('the first token, which is no user’s, gets a link; revoked, all is over', async (t) => {
  const ada = await withAda(t);
  const { ask, url, admin, tokenOf } = ada;
  const { page, entered } = await opened(url, await linkOf(ada));
  t.match(entered, { status: 200, body: { user: null, role: 'admin' } });
  t.match(await page('api/v1/users', { method: 'POST', body: { name: 'bob', role: 'admin' } }), {
    status: 201,
  });
  const own = `/audit?actor=${idOf(admin)}&since=0`;
  const byBrowser = { actor: `token:${(await page('session')).body.id}`, type: 'UserAdded' };
  const told = async (token: string): Promise<Json[]> =>
    (await ask('GET', own, undefined, { token })).body.items;
  t.match((await told(admin)).at(-1), byBrowser, 'what it did is told of the token, too');
  const other = await tokenOf('admin');
  const unused = await linkOf(ada);
  const [session] = (await ask('GET', '/sessions')).body.items;
  t.match(session, { user: null, opener: idOf(admin) });
  t.match(await ask('GET', '/sessions', undefined, { token: await tokenOf('viewer') }), {
    ...{ status: 200, body: { items: [] } },
  });
  await ask('DELETE', `/tokens/${idOf(admin)}`, undefined, { token: other });
  t.match(await page('api/v1/whoami'), { status: 401 });
  t.match((await opened(url, unused)).entered, { status: 401, body: { code: 'login-refused' } });
  t.ok(
    (await told(other)).some(({ actor }) => actor === byBrowser.actor),
    'also when both are gone',
  );
});

t.test('50: what a browser follows ends when the token is revoked that let it in', async (t) => {
  const ada = await withAda(t);
  const { ask, url, tokenOf } = ada;
  const token = await tokenOf('viewer');
  const { browser } = await opened(url, await linkOf(ada, token));
  const address = `${url}/api/v1/events`;
  const accept = 'text/event-stream';
  const headers = { accept, cookie: browser.cookieFor(address), 'halcyon-page': '1' };
  const followed = await fetch(address, { headers: { ...headers, 'last-event-id': '1.0' } });
  t.equal(followed.status, 200);
  const reader = followed.body!.getReader();
  t.notOk((await reader.read()).done, 'it is under way');
  await ask('DELETE', `/tokens/${idOf(token)}`);
  const end = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  await t.rejects(end(), { message: 'terminated' }, 'it is cut');
  t.equal((await fetch(address, { headers })).status, 401);
});

t.test('a link is good for ten minutes, and none of others is', async (t) => {
  const ada = await withAda(t);
  const { url, clock } = ada;
  const [late, early] = [await linkOf(ada), await linkOf(ada)];
  clock.now += 599_999;
  t.match((await opened(url, early)).entered, { status: 200 });
  clock.now += 1;
  t.match((await opened(url, late)).entered, { status: 401 });
  for (const none of ['', 'x', late.slice(1), 'y'.repeat(500)])
    t.match((await opened(url, none)).entered, { status: 401, body: { code: 'login-refused' } });
  const elsewhere = { method: 'POST', body: { link: await linkOf(ada) } };
  const page = new PageBrowser().page(`${url}/`);
  for (const headers of [{ 'halcyon-page': undefined }, { 'sec-fetch-site': 'cross-site' }])
    t.match(await page('session', { ...elsewhere, headers }), { status: 403 });
  t.match(await page('session', elsewhere), { status: 200 }, 'and it was not used up by that');
});

t.test('whoever makes many links loses the oldest, and nobody else does', async (t) => {
  const ada = await withAda(t);
  const { ask, url, tokenOf } = ada;
  const viewer = await linkOf(ada, await tokenOf('viewer'));
  const { token } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
  const links: string[] = [];
  for (let i = 0; i <= linksOfOneMax; i += 1) links.push(await linkOf(ada, token));
  t.match((await opened(url, links[0]!)).entered, { status: 401 });
  t.match((await opened(url, links[1]!)).entered, { status: 200 });
  t.match((await opened(url, links.at(-1)!)).entered, { status: 200 });
  t.match((await opened(url, viewer)).entered, { status: 200 });
});

t.test('of all links together so many are kept', (t) => {
  const links = new Links(() => 0);
  const by = { name: '', role: 'viewer', hash: '', host: null, process: null } as const;
  const made = Array.from({ length: linksMax + 1 }, (_, i) =>
    links.make({ ...by, id: `t${i}`, expires: 0, created: 1 as never, changed: 1 as never }),
  );
  t.equal(links.size, linksMax);
  t.equal(links.take(made[0]!.ticket), undefined);
  t.equal(links.take(made[1]!.ticket)?.id, 't1');
  t.end();
});

t.test('one token opens so many sessions of late, and is told to wait then', async (t) => {
  const { page, tokenOf } = await withAda(t, 'operator', {
    server: { paces: { openedSessions: { burst: 2, perSecond: 0.001 } } },
  });
  const body = { token: await tokenOf('viewer') };
  for (let i = 0; i < 2; i += 1)
    t.match(await page('session', { method: 'POST', body }), { status: 200 });
  t.match(await page('session', { method: 'POST', body }), {
    ...{ status: 429, headers: { 'retry-after': '30' }, body: { code: 'too-many-requests' } },
  });
  const other = { token: await tokenOf('viewer') };
  t.match(await page('session', { method: 'POST', body: other }), { status: 200 });
});

t.test('by a link one may what the maker may, and no more; machines make none', async (t) => {
  const ada = await withAda(t);
  const { ask, url, tokenOf } = ada;
  const note = { text: 'seen' };
  for (const role of ['viewer', 'note-taker', 'operator', 'admin'] as const) {
    const token = await tokenOf(role);
    const { page } = await opened(url, await linkOf(ada, token));
    const notes = 'hosts/n1.savio3/notes';
    const byLink = [
      await page('api/v1/fleet'),
      await page(`api/v1/${notes}`, { method: 'POST', body: note }),
      await page('api/v1/users'),
      await page('api/v1/tokens/none', { method: 'DELETE' }),
    ];
    const byToken = [
      await ask('GET', '/fleet', undefined, { token }),
      await ask('POST', `/${notes}`, note, { token }),
      await ask('GET', '/users', undefined, { token }),
      await ask('DELETE', '/tokens/none', undefined, { token }),
    ];
    const told = ({ status }: { readonly status: number }): number => status;
    t.same(byLink.map(told), byToken.map(told), role);
    t.match(byLink.map(told), role === 'viewer' ? [200, 403, 403, 403] : [200], role);
  }
  const token = await tokenOf('agent');
  t.match(await ask('POST', '/sessions/links', undefined, { token }), {
    ...{ status: 403, body: { detail: /agent, which is no person's/ } },
  });
  t.match(await ask('POST', '/sessions/links', undefined, { token: '' }), { status: 401 });
  t.match(await ask('POST', '/sessions/links', undefined, { key: 'a key' }), { status: 400 });
});

t.test('a link of a member shows its machines, for as long as they are', async (t) => {
  const two = await twoProjects(t);
  const { app, ask, viewer } = two;
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const { page, entered } = await opened(url, await linkOf(two, viewer));
  const projects = [{ name: 'ours', role: 'viewer' }];
  t.match(entered, { status: 200, body: { role: 'member', projects } });
  const machines = async (): Promise<string[]> =>
    (await page('api/v1/fleet?shape=nodes')).body.nodes.map(({ name }: { name: string }) => name);
  t.same(await machines(), [ours]);
  t.match((await page('api/v1/sessions')).body.items, [{ opener: idOf(viewer), current: true }]);
  await ask('DELETE', `/projects/ours/members/${idOf(viewer)}`);
  t.same(await machines(), []);
});

t.test('a grant taken up in the browser is that session’s, and takes a password', async (t) => {
  const ada = await withAda(t);
  const { ask, url } = ada;
  const { token } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' })).body;
  const { page } = await opened(url, await linkOf(ada, token));
  const body = { actions: ['power'], hosts: ['n1.savio3'], reason: 'it hangs' };
  const elevate = (more: object): Promise<PageAnswer> =>
    page('api/v1/grants', { method: 'POST', body: { ...body, ...more } });
  t.match(await elevate({}), { status: 401, body: { code: 'password-needed' } });
  t.match(await elevate({ password: 'wrong' }), { status: 401, body: { code: 'login-refused' } });
  const given = await elevate({ password });
  t.match(given, { status: 201, body: { user: 'ada' } });
  t.equal(given.body.token, (await page('session')).body.id);
  const can = 'auth/can?action=power&hosts=n1.savio3';
  const isAllowed = ({ body }: { readonly body: Json }): boolean => body.answers[0].allowed;
  t.equal(isAllowed(await page(`api/v1/${can}`)), true);
  t.equal(isAllowed(await ask('GET', `/${can}`, undefined, { token })), false, 'its own only');
});

t.test('the page of a station that follows is entered by link and by token', async (t) => {
  const { leader, follower } = await twoStations(t);
  const made = await follower.ask('POST', '/sessions/links');
  t.equal(made.status, 201);
  const { page, entered } = await opened(follower.url, made.body.ticket as string);
  t.match(entered, { status: 200, body: { role: 'admin' } });
  t.match(await page('api/v1/whoami'), { status: 200 });
  const other = new PageBrowser().page(`${follower.url}/`);
  const body = { token: follower.admin };
  t.match(await other('session', { method: 'POST', body }), { status: 200 });
  const added = await other('api/v1/hosts', { method: 'POST', body: { fqdn: 'n9.example' } });
  t.match(added, { status: 201 }, 'and changes are passed on');
  const wrong = await opened(follower.url, 'x'.repeat(43));
  t.match(wrong.entered, { status: 401, body: { code: 'login-refused' } });
  t.equal((await leader.ask('GET', '/sessions')).body.items.length, 2);
});

t.test('a session that a station behind has not heard of has not ended', async (t) => {
  const { leader, follower } = await twoStations(t);
  const ticketOf = async () => (await leader.ask('POST', '/sessions/links')).body.ticket as string;
  const tickets = [await ticketOf(), await ticketOf()];
  await until('the other one to be there', () => follower.station.head === leader.station.head);
  follower.log.line.hold();
  const late = await opened(follower.url, tickets[0]!);
  t.match(late.entered, { status: 504, body: { code: 'revision-not-reached' } });
  const { head } = leader.station;
  const entering = opened(follower.url, tickets[1]!);
  await until('the session to have begun', () => leader.station.head > head);
  // Longer than whoever passes on waits for its own log, and shorter than for a token.
  await pause(ownReadsMs + 500);
  follower.log.line.release();
  t.match((await entering).entered, { status: 200, body: { role: 'admin' } });
  t.match(await late.page('api/v1/whoami'), { status: 200 }, 'it was good, and is the browser’s');
});

t.test('a program may show a ticket too, and nothing beside it', async (t) => {
  const { ask } = await withAda(t);
  const ticket = await linkOf({ ask });
  const begin = (body: object) => ask('POST', '/sessions', body, { token: '' });
  t.match(await begin({ ticket, user: 'ada' }), { status: 400, body: { field: 'ticket' } });
  t.match(await begin({ user: 'ada' }), { status: 400, body: { field: 'password' } });
  t.match(await begin({}), { status: 400, body: { field: 'user' } });
  const begun = await begin({ ticket });
  t.match(begun, { status: 201, body: { role: 'admin', token: String } });
  t.match(await begin({ ticket }), { status: 401, body: { code: 'login-refused' } });
});
