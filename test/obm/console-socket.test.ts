/** Interactive consoles at `halcyon obmd`, by WebSocket: numbers are those of the acceptance cases. */

import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { Test } from 'tap';
import { until } from '../ipmi/simulator.ts';
import { ConsoleViewer, refusalOf } from './console-viewer.ts';
import { Daemon } from './daemon.ts';
import { SerialMachine } from './serial-machine.ts';

interface Set {
  readonly daemon: Daemon;
  readonly machine: SerialMachine;
  readonly token: string;
}

const setUp = async (t: Test, flags: readonly string[] = []): Promise<Set> => {
  const machine = await SerialMachine.start(t);
  const daemon = await Daemon.start(t, flags);
  const token = await daemon.lend('n1', 'dummy', { addr: machine.addr });
  await until('the console', () => machine.isConnected);
  return { daemon, machine, token };
};

const connectionOf = async (daemon: Daemon, body: object): Promise<Record<string, string>> => {
  const { text } = await daemon.asAdmin('POST', '/v2/obms/n1/console/connections', body);
  return JSON.parse(text) as Record<string, string>;
};

t.test('57: many see the same, one types, and who loses that is told by whom', async (t) => {
  const { daemon, machine, token } = await setUp(t);
  machine.echoes = true;
  const readers = await Promise.all(
    Array.from({ length: 50 }, () => ConsoleViewer.attach(daemon, 'n1', token, '?mode=read-only')),
  );
  const alice = await ConsoleViewer.attach(daemon, 'n1', token);
  const made = await connectionOf(daemon, { mode: 'read-write', for: 'bob' });
  const bob = await ConsoleViewer.attach(daemon, 'n1', made['token']!);
  alice.ask({ type: 'request-writer' });
  t.match(await alice.hears('role'), { writer: true, why: 'asked', by: null });
  alice.type('hello ');
  bob.ask({ type: 'request-writer' });
  t.match(await bob.hears('refused'), {
    wish: 'request-writer',
    code: 'busy',
    holder: { principal: /^holder:n1/, source: '127.0.0.1', idle_ms: Number },
  });
  bob.type('not this');
  t.match(await bob.hears('refused', ({ wish }) => wish === 'type'), { code: 'refused' });
  await until('it is echoed', () => alice.text === 'hello ');
  bob.ask({ type: 'take-writer' });
  t.match(await alice.hears('role', ({ writer }) => !writer), {
    why: 'taken',
    by: { principal: 'bob', source: '127.0.0.1' },
  });
  bob.type('world');
  const all = [...readers, alice, bob];
  await until('all see it', () => all.every(({ text }) => text === 'hello world'));
  t.equal(machine.typed.toString(), 'hello world');
  bob.ask({ type: 'status' });
  const { viewers, link, logged } = await bob.hears('status');
  t.match({ link, logged }, { link: 'connected', logged: true });
  t.equal(viewers.length, 52);
  t.match(
    viewers.filter(({ writer }) => writer),
    [{ principal: 'bob', idle_ms: Number }],
  );
  bob.ask({ type: 'break' });
  await alice.hears('mark', ({ kind, text }) => kind === 'break' && text.includes('bob'));
  bob.ask({ type: 'give-back' });
  t.match(await bob.hears('role', ({ writer }) => !writer), { why: 'asked' });
  alice.ask({ type: 'request-writer' });
  await alice.hears('role', ({ writer }) => writer);
  await Promise.all(all.map((viewer) => viewer.leave()));
});

t.test('22: who may only read neither types nor sends a break nor takes anything', async (t) => {
  const { daemon, machine, token } = await setUp(t);
  const { token: readOnly } = await connectionOf(daemon, { mode: 'read-only', uses: 9 });
  const asked = `?mode=read-only`;
  for (const viewer of [
    await ConsoleViewer.attach(daemon, 'n1', readOnly!),
    await ConsoleViewer.attach(daemon, 'n1', token, asked),
  ]) {
    t.equal(viewer.has('hello')?.may_write, false);
    for (const type of ['request-writer', 'take-writer', 'break', 'reconnect'] as const) {
      viewer.ask({ type });
      const { code } = await viewer.hears('refused', ({ wish }) => wish === type);
      t.match(code, /privilege|refused/, type);
    }
    viewer.type('rm -rf /\r');
    await viewer.hears('refused', ({ wish }) => wish === 'type');
    await viewer.leave();
  }
  t.equal(machine.typed.length, 0);
});

t.test('56: who was cut off goes on behind the last byte that he has seen', async (t) => {
  const { daemon, machine, token } = await setUp(t);
  let said = 0;
  const say = (lines: number): void => {
    for (let i = 0; i < lines; i++) machine.say(`line ${String(said++).padStart(6, '0')}\r\n`);
  };
  say(100);
  let seen = '';
  let from: number | null = null;
  for (let round = 0; round < 8; round++) {
    const query: string = from === null ? '?back=100000' : `?from=${from}`;
    const viewer: ConsoleViewer = await ConsoleViewer.attach(daemon, 'n1', token, query);
    say(50);
    await until('more lines', () => (seen + viewer.text).length >= (said - 25) * 13);
    // In the middle of what comes, as connections break.
    viewer.socket.terminate();
    await viewer.closed;
    seen += viewer.text;
    from = viewer.position;
    say(20);
  }
  const last = await ConsoleViewer.attach(daemon, 'n1', token, `?from=${from}`);
  await until('the last line', () => (seen + last.text).length >= said * 13);
  const lines = (seen + last.text).split('\r\n').slice(0, -1);
  t.same(
    lines,
    lines.map((_, i) => `line ${String(i).padStart(6, '0')}`),
    'no gap, nothing twice',
  );
  t.equal(lines.length, said);
  const unknown = await ConsoleViewer.attach(daemon, 'n1', token, `?from=${last.position + 1}`);
  await unknown.hears('mark', ({ kind }) => kind === 'gap');
});

t.test('what a machine writes is never taken for what the daemon says', async (t) => {
  const { daemon, machine, token } = await setUp(t);
  const viewer = await ConsoleViewer.attach(daemon, 'n1', token);
  const fake = JSON.stringify({ type: 'role', writer: true, why: 'asked', by: null });
  machine.say(`${fake}\r\n\x81\x05hello\x88\x02\x03\xe8`);
  await until('it is shown', () => viewer.text.includes('hello'));
  t.ok(viewer.text.startsWith(fake));
  t.equal(viewer.has('role'), undefined);
  t.equal(viewer.socket.readyState, viewer.socket.OPEN);
});

t.test('63: a paste of 200 KB and 8-bit bytes arrive exactly, and come back exactly', async (t) => {
  const { daemon, machine, token } = await setUp(t);
  machine.echoes = true;
  const viewer = await ConsoleViewer.attach(daemon, 'n1', token);
  viewer.ask({ type: 'request-writer' });
  await viewer.hears('role');
  const paste = randomBytes(200_000);
  for (let from = 0; from < paste.length; from += 16 * 1024)
    viewer.type(paste.subarray(from, from + 16 * 1024));
  await until('it has arrived', () => machine.typed.length >= paste.length);
  t.ok(machine.typed.equals(paste));
  await until('it is shown', () => viewer.bytes.length >= paste.length);
  t.ok(viewer.bytes.equals(paste));
});

t.test('25: pages of other origins are refused before there is a WebSocket', async (t) => {
  const { daemon, token } = await setUp(t, ['--allow-origin', 'https://halcyon.example']);
  const path = '/v2/obms/n1/console';
  const from = (origin: string): Promise<number> =>
    refusalOf(daemon, path, { authorization: `Bearer ${token}`, origin });
  for (const origin of [
    ...['http://evil.example', 'null', 'https://halcyon.example:444', 'http://halcyon.example'],
    ...[daemon.url.replace('http:', 'https:'), `${daemon.url}.evil.example`, 'file://', ''],
  ])
    t.equal(await from(origin), 403, origin);
  t.equal(await from(daemon.url), 101);
  t.equal(await from('https://halcyon.example'), 101);
  t.equal(await refusalOf(daemon, path, {}), 401);
  t.equal(await refusalOf(daemon, path, { authorization: `Bearer ${'0'.repeat(32)}` }), 401);
  t.equal(await refusalOf(daemon, `${path}?token=${token}`, {}), 401, 'no token in a URL');
  t.equal(await refusalOf(daemon, '/v2/obms/n1', { authorization: `Bearer ${token}` }), 404);
  for (const wrong of ['back=-1', 'from=x', 'mode=write', 'slow=no'])
    t.equal(
      await refusalOf(daemon, `${path}?${wrong}`, { authorization: `Bearer ${token}` }),
      400,
      wrong,
    );
});

t.test('23: a page has a ticket in its URL, which is good once', async (t) => {
  const { daemon, machine } = await setUp(t);
  const { path } = await connectionOf(daemon, { uses: 2 });
  const page = new ConsoleViewer(daemon, path!, undefined, { origin: daemon.url });
  await page.hears('mark');
  machine.say('hello');
  await until('it is shown', () => page.text === 'hello');
  t.equal(await refusalOf(daemon, path!, {}), 401);
  const { everything } = daemon;
  t.notMatch(everything, path!.split('=')[1]!);
});

t.test('a port has one viewer, and a second one is told who that is', async (t) => {
  const { daemon } = await setUp(t);
  const { token } = await connectionOf(daemon, { uses: 5, for: 'alice' });
  const first = await ConsoleViewer.attach(daemon, 'n1', token!);
  const headers = { authorization: `Bearer ${token}` };
  t.equal(await refusalOf(daemon, '/v2/obms/n1/console', headers), 409);
  await first.leave();
  await until('the port is free', async () => {
    const { text } = await daemon.asAdmin('GET', '/v2/obms/n1/console/connections');
    return text.includes('"connected":null');
  });
  await ConsoleViewer.attach(daemon, 'n1', token!);
});

t.test('18, 19: whatever ends the right ends the WebSocket, and nothing comes after', async (t) => {
  const { daemon, machine } = await setUp(t);
  for (const end of ['revoke', 'reissue', 'disable', 'expiry', 'unregister'] as const) {
    const { token, id } = await connectionOf(daemon, { lasts: end === 'expiry' ? 3 : 600 });
    const idle = await ConsoleViewer.attach(daemon, 'n1', token!, '?back=0');
    const asAdmin = async (method: string, path: string): Promise<void> => {
      const { status } = await daemon.asAdmin(method, path);
      t.ok(status < 300, end);
    };
    if (end === 'revoke') await asAdmin('DELETE', `/v2/obms/n1/console/connections/${id}`);
    if (end === 'reissue') await asAdmin('POST', '/node/n1/token');
    if (end === 'disable') await asAdmin('DELETE', '/node/n1/token');
    if (end === 'unregister') await asAdmin('DELETE', '/node/n1');
    const answered = performance.now();
    if (end !== 'expiry') machine.say('secret of the next owner');
    const { code } = await idle.closed;
    if (end !== 'expiry') t.ok(performance.now() - answered < 60_000, 'long before its time');
    const why = end === 'expiry' ? /^expired$/ : /revoked|owner-changed|closed/;
    t.match(idle.has('ended'), { why }, end);
    t.match(code, end === 'unregister' ? /4401|1001/ : /4401/, end);
    t.equal(idle.text, '', `${end}: nothing of what came later`);
    if (end === 'disable') await daemon.token('n1');
  }
});

t.test(
  '19, 34: a viewer that stands still is cut off with its right, and holds nobody up',
  async (t) => {
    const { daemon, machine, token } = await setUp(t);
    const stalled = await ConsoleViewer.attach(daemon, 'n1', token, '?slow=skip');
    const slow = await ConsoleViewer.attach(daemon, 'n1', token, '?slow=cut');
    stalled.socket.pause();
    slow.socket.pause();
    const quick = await ConsoleViewer.attach(daemon, 'n1', token);
    const flood = Buffer.alloc(1024 ** 2, 'x');
    let said = 0;
    await until('the slow one is cut', () => {
      machine.say(flood);
      said += flood.length;
      return /"left"/.test(daemon.process.stderr) && said > 16 * 1024 ** 2;
    });
    machine.say('the end');
    await until('the quick one has seen the end', () => quick.text.endsWith('the end'));
    t.equal((await daemon.asAdmin('DELETE', '/node/n1/token')).status, 200);
    machine.say('secret of the next owner');
    stalled.socket.resume();
    t.match(await stalled.closed, { code: 1006 }, 'cut without a word, for much was on its way');
    t.notMatch(stalled.text.slice(-100), 'secret');
    t.notMatch(quick.text.slice(-100), 'secret');
  },
);

t.test(
  '31: whoever came in while the right was given and taken at once is out at its end',
  async (t) => {
    const { daemon, machine } = await setUp(t);
    const viewers: ConsoleViewer[] = [];
    const come = async (): Promise<void> => {
      const made = await connectionOf(daemon, { lasts: 600 });
      if (made['path'] === undefined) return;
      const viewer = new ConsoleViewer(daemon, made['path']);
      viewers.push(viewer);
      if (viewers.length % 3 === 0)
        await daemon.asAdmin('DELETE', `/v2/obms/n1/console/connections/${made['id']}`);
    };
    const all = Array.from({ length: 100 }, (_, i) => {
      if (i % 10 === 4) return daemon.asAdmin('DELETE', '/node/n1/token');
      return i % 10 === 7 ? daemon.asAdmin('POST', '/node/n1/token') : come();
    });
    await Promise.all(all);
    t.equal((await daemon.asAdmin('DELETE', '/node/n1/token')).status, 200);
    machine.say('secret of the next owner');
    await Promise.all(viewers.map(({ closed }) => closed));
    t.ok(viewers.length > 0, `${viewers.length} came`);
    t.notMatch(viewers.map(({ text }) => text).join(), 'secret');
    const { text } = await daemon.asAdmin('GET', '/v2/console-connections');
    t.same(JSON.parse(text), { connections: [] });
  },
);

t.test(
  'case 14: half of a connection is noticed, and one that is idle is kept alive',
  async (t) => {
    const { daemon, token } = await setUp(t);
    const half = await ConsoleViewer.attach(daemon, 'n1', token, '', { autoPong: false });
    const idle = await ConsoleViewer.attach(daemon, 'n1', token);
    let pings = 0;
    idle.socket.on('ping', () => (pings += 1));
    t.match(await half.closed, { code: 1006 });
    t.ok(pings >= 1);
    t.equal(idle.socket.readyState, idle.socket.OPEN);
  },
);

t.test('what is no message of the protocol ends the connection, and nothing else', async (t) => {
  const { daemon, token } = await setUp(t);
  const other = await ConsoleViewer.attach(daemon, 'n1', token);
  const says = async (...what: (string | Buffer)[]): Promise<number> => {
    const viewer = await ConsoleViewer.attach(daemon, 'n1', token);
    for (const one of what) viewer.socket.send(one);
    return (await viewer.closed).code;
  };
  for (const wrong of ['', '{', '[]', 'null', '{"type":"no"}', '{"type":"reconnect","take":1}'])
    t.equal(await says(wrong), 4400, wrong);
  t.equal(await says(`{"type":"status","more":"${'x'.repeat(16 * 1024)}"}`), 1009);
  t.equal(await says(Buffer.alloc(16 * 1024 + 1)), 1009);
  t.equal(await says(...Array.from({ length: 1_000 }, () => '{"type":"status"}')), 4429);
  t.equal(other.socket.readyState, other.socket.OPEN);
  other.ask({ type: 'status', ...{ more: 'is ignored' } });
  await other.hears('status');
});

t.test('a daemon that stops says so to whoever looks', async (t) => {
  const { daemon, token } = await setUp(t);
  const viewer = await ConsoleViewer.attach(daemon, 'n1', token);
  t.same(await daemon.process.stop(), { code: 0, signal: null });
  t.match(await viewer.closed, { code: 1001 });
  t.match(viewer.has('ended'), { why: 'closed', message: 'the daemon stops' });
});
