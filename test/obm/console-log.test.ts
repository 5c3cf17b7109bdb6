/** Logs of consoles at `halcyon obmd`, by HTTP: numbers are those of the acceptance cases. */

import t from 'tap';
import type { Test } from 'tap';
import { until } from '../ipmi/simulator.ts';
import { Daemon } from './daemon.ts';
import { SerialMachine } from './serial-machine.ts';
import { viewing } from './viewing.ts';
import type { Viewing } from './viewing.ts';

const logPath = '/v2/obms/n1/console/log';
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

interface Logged {
  readonly daemon: Daemon;
  readonly machine: SerialMachine;
  readonly token: string;
  readonly log: (query?: string) => Promise<{ status: number; text: string; type: string | null }>;
  /** Says something, and waits until it is in the log. */
  readonly say: (text: string) => Promise<void>;
}

const setUp = async (t: Test, flags: readonly string[] = []): Promise<Logged> => {
  const machine = await SerialMachine.start(t);
  const daemon = await Daemon.start(t, flags);
  const token = await daemon.lend('n1', 'dummy', { addr: machine.addr });
  await until('the console', () => machine.isConnected);
  const log = (query = ''): ReturnType<Daemon['ask']> =>
    daemon.ask('GET', `${logPath}${query}`, undefined, bearer(token));
  let said = 0;
  const say = async (text: string): Promise<void> => {
    machine.say(text);
    said += text.length;
    await until('it is in the log', async () => {
      const { text } = await log('?format=asciicast');
      return outputOf(text).length >= said;
    });
  };
  return { daemon, machine, token, log, say };
};

const jsonOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** What a recording plays. */
const outputOf = (cast: string): string =>
  cast
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as [number, string, string])
    .flatMap(([, kind, text]) => (kind === 'o' ? [text] : []))
    .join('');

const follow = (daemon: Daemon, token: string, query = ''): Promise<Viewing> =>
  viewing(daemon, `${logPath}?follow=true${query}`, bearer(token));

t.test('69: a log is read with its times, by pages, by time, and by text', async (t) => {
  const { daemon, log, say } = await setUp(t);
  await say(Array.from({ length: 50 }, (_, i) => `line ${i}\r\n`).join(''));
  const before = Date.now();
  await say('an Oops\r\nlast\r\n');
  const { text, type } = await log();
  t.equal(type, 'text/plain; charset=utf-8');
  t.match(text, /\n\d{4}-\d\d-\d\dT[\d:.]+Z line 0\n.*Z line 49\n.*Z an Oops\n.*Z last\n$/s);
  t.match(text, /Z -- connected: the console is connected\n/);
  const seen: unknown[] = [];
  let query = '?format=json&limit=7';
  for (;;) {
    const rows = jsonOf((await log(query)).text);
    const { next, more } = rows.pop() as { next: number; more: boolean };
    t.ok(rows.length <= 7);
    seen.push(...rows.flatMap(({ line }) => (line === undefined ? [] : [line])));
    if (!more) break;
    query = `?format=json&limit=7&cursor=${next}`;
  }
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
  t.same(seen, [...lines, 'an Oops', 'last'], 'each line once');
  const found = jsonOf((await log('?format=json&grep=OOPS&ignore_case=true')).text);
  t.match(found, [{ line: 'an Oops', at: Number, position: Number }, { more: false }]);
  const there = jsonOf((await log(`?format=json&cursor=${String(found[0]!['position'])}`)).text);
  t.equal(there[0]!['line'], 'an Oops', 'a hit leads to its place');
  const late = (await log(`?since=${new Date(before).toISOString()}`)).text;
  t.match(late, /an Oops/);
  t.notMatch(late, /line 0\n/);
  t.notMatch((await log(`?until=${before}`)).text, /Oops/);
  t.match((await log('?back=6')).text, /Z last\n$/);
  const admin = await daemon.asAdmin('GET', `${logPath}?grep=Oops`);
  t.match(admin.text, /Z an Oops\n$/);
  const limited = await log('?limit=1');
  t.match(limited.text, /\n-- there is more: cursor=\d+\n$/);
});

t.test('69: a log is exported as a recording that plays', async (t) => {
  const { log, say } = await setUp(t);
  await say('\x1b[1mbold\x1b[0m\r\n');
  const { text, type } = await log('?format=asciicast');
  t.equal(type, 'application/x-asciicast; charset=utf-8');
  t.match(JSON.parse(text.split('\n')[0]!), { version: 2, width: 80, height: 24, title: 'n1' });
  t.equal(outputOf(text), '\x1b[1mbold\x1b[0m\r\n');
});

t.test('what a terminal would act on does nothing in a view', async (t) => {
  const { log, say } = await setUp(t);
  await say('\x1b]0;title\x07a\x1b[2Jb\x1b[31mc\x07\x9b2Jd\u202ee\r\n');
  for (const format of ['text', 'json']) {
    const { text } = await log(`?format=${format}`);
    t.notMatch(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    t.match(text, /abc/);
  }
});

t.test('18, 19: who follows is given what comes, and nothing after his right', async (t) => {
  const { daemon, machine, token, say } = await setUp(t);
  await say('before\r\n');
  const make = async (lasts: number): Promise<{ id: string; token: string; path: string }> => {
    const { text } = await daemon.asAdmin('POST', '/v2/obms/n1/console/connections', { lasts });
    return JSON.parse(text) as { id: string; token: string; path: string };
  };
  const all = await follow(daemon, token, '&cursor=0');
  await until('what was before', () => all.text().includes('before'));
  let holder = token;
  for (const end of ['revoke', 'expiry', 'reissue', 'disable', 'unregister'] as const) {
    const made = await make(end === 'expiry' ? 4 : 600);
    const viewer = await follow(daemon, made.token);
    t.equal(viewer.status, 200, end);
    const own = await follow(daemon, holder, '&format=json');
    machine.say(`now ${end}\r\n`);
    await until('it is told', () => viewer.text().includes(`Z now ${end}\n`));
    await until('it is told', () => own.text().includes(`"now ${end}"`));
    t.notMatch(viewer.text(), 'before');
    const asked = performance.now();
    if (end === 'revoke')
      await daemon.asAdmin('DELETE', `/v2/obms/n1/console/connections/${made.id}`);
    if (end === 'reissue') holder = await daemon.token('n1');
    if (end === 'disable') await daemon.asAdmin('DELETE', '/node/n1/token');
    if (end === 'unregister') await daemon.asAdmin('DELETE', '/node/n1');
    if (end !== 'expiry') machine.say('secret of the next owner\r\n');
    t.equal(await viewer.ended, 'end', end);
    if (end !== 'expiry') t.ok(performance.now() - asked < 60_000, `${end}: long before its time`);
    if (['reissue', 'disable', 'unregister'].includes(end)) t.equal(await own.ended, 'end', end);
    t.notMatch(viewer.text(), 'secret', end);
    t.equal((await follow(daemon, made.token)).status, 401, end);
    if (end === 'disable') holder = await daemon.token('n1');
    own.stop();
  }
  t.equal(await all.ended, 'end');
});

t.test('a new owner sees nothing of what was before, and the administrator may', async (t) => {
  const { daemon, say } = await setUp(t);
  await say('of the old owner\r\n');
  const token = await daemon.token('n1');
  const { text } = await daemon.ask('GET', logPath, undefined, bearer(token));
  t.notMatch(text, 'of the old owner');
  const asked = await daemon.ask('GET', `${logPath}?owners=all`, undefined, bearer(token));
  t.equal(asked.status, 403);
  t.notMatch((await daemon.asAdmin('GET', logPath)).text, 'of the old owner');
  t.match((await daemon.asAdmin('GET', `${logPath}?owners=all`)).text, 'of the old owner');
});

t.test('a page downloads a log by a ticket, once', async (t) => {
  const { daemon, token, say } = await setUp(t);
  await say('hello\r\n');
  const made = await daemon.ask('POST', '/v2/obms/n1/console/tickets', undefined, bearer(token));
  const { ticket } = JSON.parse(made.text) as { ticket: string };
  const answer = await daemon.ask('GET', `${logPath}?ticket=${ticket}`);
  t.match(answer.text, /Z hello\n/);
  t.equal(answer.headers.get('cache-control'), 'no-store');
  t.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  t.equal((await daemon.ask('GET', `${logPath}?ticket=${ticket}`)).status, 401);
  t.equal((await daemon.ask('GET', logPath)).status, 401);
});

t.test('what makes no sense is refused with the parameter, and reads are bounded', async (t) => {
  const { daemon, token, log } = await setUp(t);
  for (const wrong of [
    ...[
      'since=yesterday',
      'until=2030-13-01T00:00:00Z',
      'cursor=-1',
      'cursor=1.5',
      'limit=1000001',
    ],
    ...['grep=', `grep=${'x'.repeat(257)}`, 'follow=maybe', 'format=html', 'owners=mine', 'tail=3'],
    ...['limit=1&limit=2', 'cursor=99999999999999999'],
  ]) {
    const { status, text } = await log(`?${wrong}`);
    const field = wrong.split('=')[0];
    t.match({ status, ...JSON.parse(text) }, { status: 400, field }, wrong);
  }
  const readers = await Promise.all(Array.from({ length: 16 }, () => follow(daemon, token)));
  t.ok(readers.every(({ status }) => status === 200));
  t.equal((await log()).status, 429);
  t.equal((await daemon.asAdmin('GET', logPath)).status, 200, 'who is another is not held up');
  for (const reader of readers) reader.stop();
  await until('there is room again', async () => (await log()).status === 200);
  const connections = [1, 2].map(async () => {
    const wish = { for: 'alice', lasts: 600 };
    const { text } = await daemon.asAdmin('POST', '/v2/obms/n1/console/connections', wish);
    return (JSON.parse(text) as { token: string }).token;
  });
  const [one, another] = (await Promise.all(connections)) as [string, string];
  const hers = await Promise.all(
    Array.from({ length: 16 }, (_, i) => follow(daemon, i % 2 === 0 ? one : another)),
  );
  t.ok(hers.every(({ status }) => status === 200));
  const more = await daemon.ask('GET', logPath, undefined, bearer(one));
  t.equal(more.status, 429, 'several connections of one person are one share');
  for (const reader of hers) reader.stop();
  const without = await Daemon.start(t, ['--no-console-log']);
  const other = await without.lend('n1', 'dummy', {});
  const refused = await without.ask('GET', logPath, undefined, bearer(other));
  t.match(refused, { status: 409, text: /unsupported/ });
});
