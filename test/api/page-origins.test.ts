/** The page's session in a browser as people have it: what it does below a proxy, and what pages of others get by it. */

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { openStation } from '../station/harness.ts';
import type { Choices } from '../station/harness.ts';
import { certificate } from './certificate.ts';
import { openBrowser, visit } from '../web/chromium.ts';

const password = 'correct horse battery';

const withAda = async (t: Test, server: Choices['server'] = {}) => {
  const opened = await openStation(t, { server });
  const { ask, app } = opened;
  await ask('POST', '/users', { name: 'ada', role: 'admin' });
  await ask('PUT', '/users/ada/password', { password });
  await ask('POST', '/hosts', { fqdn: 'n1.savio3' });
  return { ...opened, url: await app.listen({ host: '127.0.0.1', port: 0 }) };
};

/** What runs in pages: a request, and what came of it. */
const sent = (address: string, init: object): string =>
  `fetch(${JSON.stringify(address)}, ${JSON.stringify(init)}).then((answer) => answer.status, () => 'not sent')`;

const headers = { 'halcyon-page': '1', 'content-type': 'application/json' };
const signIn = sent('session', {
  ...{ method: 'POST', headers, body: JSON.stringify({ user: 'ada', password }) },
});
const whoami = sent('api/v1/whoami', { headers });

t.test('a page of another origin can neither act, nor look, nor open a socket', async (t) => {
  const { ask, url } = await withAda(t);
  const evil = createServer((_request, answer) => {
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>others</title>');
  });
  await once(evil.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => evil.close());
  const { port } = evil.address() as AddressInfo;
  const { page: tab } = await visit(t, await openBrowser(t));
  await tab.goto(`${url}/healthz`);
  t.equal(await tab.evaluate(signIn), 200);
  t.equal(await tab.evaluate(whoami), 200);
  t.equal(await tab.evaluate('document.cookie'), '', 'no script reads it');

  const notes = `${url}/api/v1/hosts/n1.savio3/notes`;
  const body = JSON.stringify({ text: 'by another page' });
  const act = { method: 'POST', credentials: 'include', body };
  // The same site, where the browser sends the cookie along; and another.
  for (const host of ['127.0.0.1', 'localhost']) {
    await tab.goto(`http://${host}:${port}/`);
    t.equal(await tab.evaluate(sent(notes, { ...act, headers })), 'not sent', host);
    t.equal(await tab.evaluate(sent(notes, { ...act, mode: 'no-cors' })), 0, 'it learns nothing');
    await tab.evaluate(sent(`${url}/session`, { method: 'DELETE', credentials: 'include' }));
    const looked = { credentials: 'include' };
    t.equal(await tab.evaluate(sent(`${url}/api/v1/whoami`, looked)), 'not sent', 'nor is it told');
    const socket = `${url.replace('http', 'ws')}/api/v1/agent`;
    t.equal(
      await tab.evaluate(`new Promise((resolve) => {
        const socket = new WebSocket(${JSON.stringify(socket)});
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      })`),
      'refused',
    );
    await tab.evaluate(`new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'to', onload: resolve });
      const form = document.createElement('form');
      Object.assign(form, { action: ${JSON.stringify(notes)}, method: 'POST', target: 'to' });
      document.body.append(frame, form);
      form.submit();
    })`);
  }
  t.same((await ask('GET', '/hosts/n1.savio3/notes')).body.notes, []);
  await tab.goto(`${url}/healthz`);
  t.equal(await tab.evaluate(whoami), 200, 'who had signed in still is');
});

t.test('with TLS the cookie is for TLS only, and none is readable', async (t) => {
  const { url } = await withAda(t, { tls: certificate(folderOf(t, {})) });
  const { page: tab, context } = await visit(t, await openBrowser(t), { ignoreHTTPSErrors: true });
  await tab.goto(`${url}/healthz`);
  t.equal(await tab.evaluate(signIn), 200);
  t.equal(await tab.evaluate(whoami), 200);
  t.match(await context.cookies(), [
    { name: /^halcyon-[0-9a-f]{8}$/, path: '/', httpOnly: true, sameSite: 'Strict', secure: true },
  ]);
});

t.test('a link lets in at the page, once, and stays nowhere in the browser', async (t) => {
  const { ask, url, logged } = await withAda(t);
  const { ticket } = (await ask('POST', '/sessions/links')).body;
  const browser = await openBrowser(t);
  const { page: tab } = await visit(t, browser);
  const asked: string[] = [];
  tab.on('request', (request) => asked.push(`${request.url()} ${request.headers()['referer']}`));
  await tab.goto(`${url}/#sign-in=${ticket}`);
  await tab.getByRole('link', { name: 'n1.savio3' }).waitFor();
  t.notMatch(tab.url(), ticket);
  t.notMatch(asked.join('\n'), ticket);
  t.notMatch(logged.join('\n'), ticket);
  await tab.goto('about:blank');
  await tab.goBack();
  await tab.getByRole('link', { name: 'n1.savio3' }).waitFor();
  t.notMatch(tab.url(), ticket, 'nor is it where one came from');
  const { page: other } = await visit(t, browser);
  await other.goto(`${url}/#sign-in=${ticket}`);
  await other.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
});

t.test('below folders of a proxy, each page has its own session', async (t) => {
  const [one, two] = [await withAda(t), await withAda(t)];
  const proxy = createServer((asked, answer) => {
    const [, folder = '', path = ''] = /^\/([^/]*)(\/.*)$/.exec(asked.url!) ?? [];
    const { hostname, port } = new URL(folder === 'one' ? one.url : two.url);
    const { method, headers } = asked;
    const on = request({ hostname, port, path, method, headers }, (said) => {
      answer.writeHead(said.statusCode!, said.headers);
      said.pipe(answer);
    });
    asked.pipe(on);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => proxy.close());
  const before = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { page: tab } = await visit(t, await openBrowser(t));
  const pages = [`${before}/one/`, `${before}/two/`, `${one.url}/`, `${two.url}/`];
  for (const folder of pages) {
    await tab.goto(`${folder}healthz`);
    if (pages.indexOf(folder) < 2) t.equal(await tab.evaluate(whoami), 401, folder);
    t.equal(await tab.evaluate(signIn), 200, folder);
  }
  for (const folder of pages) {
    await tab.goto(`${folder}healthz`);
    t.equal(await tab.evaluate(whoami), 200, folder);
  }
  t.equal(
    await tab.evaluate(sent('session', { method: 'DELETE', headers: { 'halcyon-page': '1' } })),
    204,
  );
  t.equal(await tab.evaluate(whoami), 401);
  await tab.goto(`${one.url}/healthz`);
  t.equal(await tab.evaluate(whoami), 200, 'the other station, on the same host');
});
