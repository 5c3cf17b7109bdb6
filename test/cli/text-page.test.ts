/** The page without JavaScript beside `halctl`, and in a browser of text. */

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Observation } from '../../src/checks/observation.ts';
import { tsvCell } from '../../src/checks/view/delimited.ts';
import { systemTime } from '../../src/station/time.ts';
import { folderOf } from '../folder.ts';
import { openStation, reported } from '../station/harness.ts';
import { fleetIn } from '../web/html.ts';
import { environment, shell } from './station.ts';

const now = 1_790_000_000_000;

/** A station that listens, at one moment, with machines in many states. */
const fleet = async (t: Test) => {
  const opened = await openStation(t, {
    time: { ...systemTime, now: () => now, monotonic: () => 0 },
  });
  const { app, ask, station, admin } = opened;
  for (let i = 1; i <= 12; i += 1) await ask('POST', '/hosts', { fqdn: `n${i}.savio3` });
  await ask('PUT', '/hosts/n1.savio3/facts', reported('10.0.0.1'));
  await ask('PUT', '/hosts/n4.savio3/maintenance', { reason: 'a fan = <loud>' });
  await ask('POST', '/hosts/n5.savio3/notes', { text: '=1+1 <script>alert(1)</script>' });
  const seen = (
    n: number,
    check: string,
    verdict: Observation['verdict'],
    more: Partial<Observation> = {},
  ): Observation => ({
    ...{ machine: `n${n}.savio3`, check, verdict, value: null, text: '' },
    ...{ observedAt: now - n * 61_000, durationMs: 5, ...more },
  });
  station.observations.record([
    seen(1, 'ssh', 'ok', { value: true }),
    seen(1, 'memory', 'warn', { value: 0.961 }),
    seen(2, 'ssh', 'fail', { cause: 'timeout', text: 'no answer in 5 s' }),
    seen(2, 'ping', 'fail', { soft: true }),
    seen(3, 'ssh', 'ok', { value: true, flapping: true }),
    seen(3, 'load', 'warn', { value: 40.25 }),
    seen(3, 'uptime', 'ok', { value: 86_400.5, text: 'up a day' }),
    seen(4, 'ssh', 'fail', { cause: 'refused' }),
    seen(5, 'ssh', 'fail', { text: '\u001b[31m-1\u202e<b>\r\n\ttab' }),
    seen(6, 'power', 'ok', { value: 'off' }),
    seen(7, 'clock', 'fail', { value: -3600, text: '@SUM(1)' }),
    seen(8, 'ssh', 'unknown', { cause: 'dns', text: 'no such name' }),
  ]);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const folder = folderOf(t, { home: {} });
  const more = { HALCYON_STATION: url, HALCYON_TOKEN: admin, LANG: 'C.UTF-8' };
  const env = environment(join(folder, 'home'), more);
  const cookie = `halcyon=${admin}`;
  return { url, cookie, run: (line: string) => shell(line, folder, { ...env, COOKIE: cookie }) };
};

t.test('30: the page has the cells of `halctl status --tsv`, one by one', async (t) => {
  const { url, cookie, run } = await fleet(t);
  const looks: readonly (readonly [query: string, flags: string])[] = [
    ['', ''],
    ['?problems=true', '--problems'],
    [
      '?filter=ssh%3Adown+and+not+n2.savio3&sort=-machine',
      "-f 'ssh:down and not n2.savio3' --sort=-machine",
    ],
    [
      '?columns=machine,since,age,note,project,ssh,ssh.value,ssh.age,ssh.at,ssh.ms,ssh.cause,memory.value,uptime,clock.text',
      '--columns machine,since,age,note,project,ssh,ssh.value,ssh.age,ssh.at,ssh.ms,ssh.cause,memory.value,uptime,clock.text',
    ],
    ['?nodes=n%5B3-5%5D.savio3', "'n[3-5].savio3'"],
  ];
  for (const [query, flags] of looks) {
    const { out, err } = await run(`halctl status --tsv ${flags}`);
    const table = out
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
    t.ok(table.length > 1, err);
    const page = await fetch(`${url}/text/fleet${query}`, { headers: { cookie } });
    t.equal(page.status, 200);
    const cells = fleetIn(await page.text());
    // What would be a formula has a mark before it there; in a page it is text.
    t.same(
      cells.map((row) => row.map(tsvCell)),
      table,
      flags,
    );
  }
});

t.test('58: a browser of text shows table, filter form and links of machines', async (t) => {
  const { url, run } = await fleet(t);
  const w3m = (page: string, more = '') =>
    run(`w3m -dump -cols 400 -no-cookie -I UTF-8 -O UTF-8 ${more} '${url}/text/${page}'`);
  const cookie = '-header "Cookie: $COOKIE"';
  const seen = await w3m('fleet?columns=machine,state,reason', cookie);
  t.equal(seen.code, 0, seen.err);
  t.match(seen.out, /MACHINE +STATE +REASON/);
  t.match(seen.out, /n2\.savio3 +✗ dark +ssh: no answer in 5 s/);
  t.match(seen.out, /n5\.savio3 +✗ dark +ssh: \\u001b\[31m-1\\u202e<b>/);
  t.match(seen.out, /n1\.savio3 +✓ up/);
  t.match(seen.out, /Filter, such as ssh:down and age>1h *\[ +\]/);
  t.match(seen.out, /\[ \] Only what somebody should look at/);
  t.match(seen.out, /12 in all/);
  t.notMatch(seen.out, /\u001b/);
  const links = (await w3m('fleet', `${cookie} -o display_link_number=1`)).out;
  t.match(links, `${url}/text/machines/n12.savio3`);
  t.match(links, `${url}/text/fleet?filter=state%3Adark`);
  t.match(links, `${url}/text/fleet?sort=age`);

  await run("halctl note n2.savio3 'a <b>fan</b>'");
  const machine = await w3m('machines/n2.savio3', cookie);
  t.match(machine.out, /✗ dark: ssh: no answer in 5 s/);
  t.match(machine.out, /ssh +✗ fail +.*no answer in 5 s +2m/);
  t.match(machine.out, /2026-09-21T14:13:20Z +note +token:\w+ +a <b>fan<\/b>/, 'its history');

  const typo = await w3m('fleet?filter=shs:down', cookie);
  t.match(typo.out, /did you mean "ssh"/);
  const entrance = await w3m('fleet');
  t.match(entrance.out, /Sign in/, 'who has not signed in is led there');
  t.match(entrance.out, /Password/);
  t.match(entrance.out, /Code of the authenticator/);
  t.match(entrance.out, /Token/);
});

/** A proxy that serves a station below a path, and takes that off what it hands on. */
const proxied = async (t: Test, station: string, path: string): Promise<string> => {
  const proxy = createServer((asked, answer) => {
    const { method, headers, url = '' } = asked;
    if (!url.startsWith(`${path}/`)) {
      answer.writeHead(404).end();
      return;
    }
    const handed = request(station + url.slice(path.length), { method, headers }, (given) => {
      answer.writeHead(given.statusCode!, given.rawHeaders);
      given.pipe(answer);
    });
    handed.once('error', () => answer.destroy());
    asked.pipe(handed);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${path}`;
};

t.test('58: below the path of a proxy, signing in leads to the page and out again', async (t) => {
  const { url, cookie, run } = await fleet(t);
  const base = await proxied(t, url, '/of/ours');
  const token = cookie.slice(cookie.indexOf('=') + 1);
  const curl = (path: string, more = ''): Promise<{ out: string }> =>
    run(
      `curl -sS -L -c jar -b jar -w '\\n%{http_code} %{url_effective}' ${more} '${base}/text${path}'`,
    );
  const sent = await curl('/machines/n2.savio3');
  const back = encodeURIComponent('machines/n2.savio3');
  t.ok(sent.out.endsWith(`\n200 ${base}/text/sign-in?back=${back}`), sent.out.slice(-200));
  const form = `-H 'Referer: ${base}/text/sign-in' --data-urlencode 'token=${token}'`;
  const entered = await curl('/sign-in', `${form} --data-urlencode 'back=machines/n2.savio3'`);
  t.ok(entered.out.endsWith(`\n200 ${base}/text/machines/n2.savio3`), entered.out.slice(-200));
  t.match(entered.out, 'ssh: no answer in 5 s');
  t.match((await run('cat jar')).out, /#HttpOnly_127\.0\.0\.1\tFALSE\t\/of\/ours\/text\/?\t/);
  t.ok((await curl('')).out.endsWith(`\n200 ${base}/text/fleet`));
  const elsewhere = await curl('/sign-out', `-H 'Referer: http://127.0.0.1/of/ours/text' -d ''`);
  t.match(elsewhere.out, /another origin.*\n403 /s);
  // Where it follows, curl takes the cookie from the file again.
  const out = await curl('/sign-out', "--no-location -d ''");
  t.ok(out.out.endsWith(`\n303 ${base}/text/sign-out`), out.out);
  const left = await curl('/fleet');
  t.ok(left.out.endsWith(`\n200 ${base}/text/sign-in?back=fleet`), left.out);
});
