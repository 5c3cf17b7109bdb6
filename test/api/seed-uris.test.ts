/** The addresses of the status server that came before, as its documentation has them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { canonicalUri } from '../../src/api/seed-uris.ts';
import { settingsOf } from '../../src/checks/settings/settings.ts';
import { openStation, root } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

const page = readFileSync(join(root, 'docs', 'seed-uris.md'), 'utf8');
const uris = Array.from(page.matchAll(/^\| `GET (\/\S+)` \|/gm), ([, uri]) => uri!);

const filled = async (t: Test): Promise<InProcess> => {
  // The file systems that the old server looked at; none is looked at here by itself.
  const mounts = { tmp: { path: '/tmp' }, scratch: { path: '/global/scratch' } };
  const opened = await openStation(t, { checks: settingsOf({ df: { mounts } }) });
  for (const fqdn of ['n0000.savio3', 'n0001.savio3', 'ssh'])
    await opened.ask('POST', '/hosts', { fqdn });
  opened.station.observations.record([
    {
      ...{ machine: 'n0000.savio3', check: 'ssh', verdict: 'ok', value: true, text: '' },
      ...{ observedAt: Date.now(), durationMs: 1 },
    },
  ]);
  return opened;
};

t.test('12: every address of the page answers, as it stands there', async (t) => {
  const { app, admin } = await filled(t);
  t.ok(uris.length >= 15);
  for (const url of uris) {
    const { statusCode, headers, body } = await app.inject({
      url,
      headers: { authorization: `Bearer ${admin}` },
    });
    t.equal(statusCode, 200, `${url}: ${body.slice(0, 200)}`);
    const isText = url.includes('format=text');
    t.match(headers['content-type'], isText ? /^text\/plain/ : /^application\/json/, url);
    if (!isText) t.doesNotThrow(() => JSON.parse(body) as unknown, url);
  }
});

t.test('11: a machine called ssh and the check of that name do not hide each other', async (t) => {
  const { ask } = await filled(t);
  const names = async (path: string): Promise<string[]> =>
    (await ask('GET', path)).body.nodes.map(({ name }: Json) => name).sort();
  t.same(await names('/status/ssh'), ['n0000.savio3', 'n0001.savio3', 'ssh']);
  const { checks } = (await ask('GET', '/status/ssh?h=n0000.savio3')).body.nodes[0];
  t.same(Object.keys(checks), ['ssh']);
  for (const path of ['/status/node/ssh', '/nodes/ssh', '/hosts/ssh/status'])
    t.equal((await ask('GET', path)).body.machine.name, 'ssh', path);
  t.match((await ask('GET', '/status')).body, { hosts: [{}, {}, {}] }, 'that of the cluster');
  t.match(await ask('GET', '/status/n9.savio3'), { status: 404, body: { code: 'unknown-host' } });
  t.match(await ask('GET', '/nodes/0x6e00000000000001:0x5'), { body: { code: 'unknown-node' } });
});

t.test('13: another method is 405 with what is allowed, and does nothing', async (t) => {
  const { ask, station } = await filled(t);
  const before = station.head;
  const wrong: readonly [method: string, path: string, allow: string][] = [
    ['DELETE', '/status', 'GET, HEAD'],
    ['POST', '/fleet', 'GET, HEAD'],
    ['GET', '/hosts/n0000.savio3/rename', 'POST'],
    ['GET', '/load', 'POST'],
    ['PUT', '/hosts/n0000.savio3', 'DELETE, GET, HEAD'],
  ];
  for (const [method, path, allow] of wrong) {
    const { status, headers, body } = await ask(method, path);
    t.equal(status, 405, path);
    t.equal(headers['allow'], allow, path);
    t.equal(body.code, 'method-not-allowed');
  }
  t.equal((await ask('GET', '/nowhere')).status, 404);
  t.equal(station.head, before);
});

t.test('what is asked wins over what an address says, and nothing else is touched', async (t) => {
  const pairs: readonly [from: string, to: string][] = [
    ['/api/v1/df/tmp?g=savio2/htc', '/api/v1/fleet?checks=df/tmp&groups=savio2/htc'],
    ['/api/v1/status-ssh?g=a,b&g=c', '/api/v1/fleet?checks=ssh&groups=a,b&groups=c'],
    ['/api/v1/status-ssh?checks=all', '/api/v1/fleet?checks=all'],
    ['/api/v1/hostinfo?h=n[0-3]', '/api/v1/fleet?nodes=n[0-3]'],
    ['/api/v1/status/cmd/df/scratch', '/api/v1/fleet?checks=df/scratch'],
    ['/api/v1/nodes/n1/history?limit=3', '/api/v1/hosts/n1/history?limit=3'],
    ['/api/v1/nodes/0x6e:0x1', '/api/v1/nodes/0x6e:0x1'],
    ['/api/v1/status?problems=true', '/api/v1/status?problems=true'],
    ['/api/v1/status?%67roups=all', '/api/v1/fleet?%67roups=all'],
    ['/api/v1/status?%zz', '/api/v1/status?%zz'],
    ['/healthz', '/healthz'],
  ];
  for (const [from, to] of pairs) t.equal(canonicalUri(from), to);
});
