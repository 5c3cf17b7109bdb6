/** Who is let in to an OBM, for how long, and what others learn: at `halcyon obmd`. Numbers are those of the rows. */

import { createSocket } from 'node:dgram';
import t from 'tap';
import type { Test } from 'tap';
import { until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
const tokenOf = (path: string): string => new URL(path, daemon.url).searchParams.get('token') ?? '';

/** A BMC that hears all and says nothing. */
const startSilent = async (t: Test): Promise<{ port: number; packets: () => number }> => {
  const socket = createSocket('udp4');
  let packets = 0;
  socket.on('message', () => packets++);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => socket.close());
  return { port: socket.address().port, packets: () => packets };
};

const calls = [
  ['POST', 'power_on'],
  ['POST', 'power_cycle'],
  ['PUT', 'boot_device'],
  ['GET', 'power_status'],
  ['GET', 'console'],
] as const;

t.test(
  '3, 40: an OBM of which nobody has the token is not spoken to, after a restart neither',
  async (t) => {
    const bmc = await startSilent(t);
    const own = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
    await own.register('n1', 'ipmi', ipmiInfo(bmc.port));
    for (const [method, path] of calls)
      t.equal(
        (await own.ask(method, `/node/n1/${path}?token=${'0'.repeat(32)}`)).status,
        401,
        path,
      );
    const token = await own.token('n1');
    t.equal((await own.asAdmin('DELETE', '/node/n1/token')).status, 200);
    for (const [method, path] of calls)
      t.equal((await own.ask(method, `/node/n1/${path}?token=${token}`)).status, 401, path);
    const kept = await own.token('n1');
    const view = async (): Promise<unknown> => {
      const { status, text } = await own.asAdmin('GET', '/v2/obms');
      return [status, JSON.parse(text)];
    };
    const before = await view();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await own.process.stop(signal);
      await own.run();
      t.same(await view(), before, 'to read the log again adds nothing to it');
    }
    t.equal(
      (await own.ask('GET', `/v2/obms/n1?token=${kept}`)).status,
      200,
      'the token is the same',
    );
    t.equal(bmc.packets(), 0);
  },
);

t.test(
  '5: to revoke what is revoked is a success, and what there is not is not found',
  async (t) => {
    await daemon.register('n5', 'dummy', {});
    const revoke = async (label: string): Promise<number> =>
      (await daemon.asAdmin('DELETE', `/node/${label}/token`)).status;
    t.same([await revoke('n5'), await revoke('n5')], [200, 200], 'before there was one');
    const token = await daemon.token('n5');
    t.same([await revoke('n5'), await revoke('n5')], [200, 200]);
    t.match(await daemon.power('n5', token), 'unauthorized');
    t.equal(await revoke('n6'), 404);
  },
);

t.test(
  '19: a viewer to whom nothing is said ends with the token, before who revokes is answered',
  async (t) => {
    const token = await daemon.lend('n19', 'dummy', {});
    const answer = await fetch(`${daemon.url}/node/n19/console?token=${token}`);
    t.equal(answer.status, 200);
    let isOver = false;
    const over = answer.text().finally(() => (isOver = true));
    t.notOk(isOver, 'a machine that is off writes nothing');
    t.equal((await daemon.asAdmin('DELETE', '/node/n19/token')).status, 200);
    t.equal(await over, '');
  },
);

t.test('22: the token of an OBM opens no other', async (t) => {
  const token = await daemon.lend('n22', 'dummy', {});
  const other = await daemon.lend('n23', 'dummy', {});
  for (const path of ['/node/n23/power_on', '/v2/obms/n23/power'])
    t.equal((await daemon.ask('POST', `${path}?token=${token}`, { action: 'on' })).status, 401);
  t.equal(await daemon.power('n23', other), 'off');
});

t.test('23: no answer leads elsewhere, is kept, or repeats a token', async (t) => {
  const token = await daemon.lend('n24', 'dummy', {});
  const basic = `Basic ${Buffer.from(`admin:${daemon.admin}`).toString('base64')}`;
  for (const [method, path] of [
    ['GET', `/node/n24/power_status?token=${token}`],
    ['POST', `/node/n24/power_cycle?token=${token}`],
    ['GET', `/node/n24/nothing?token=${token}`],
    ['GET', `/node/elsewhere/power_status?token=${token}`],
    ['GET', `/v2/obms/n24?token=${token}`],
    ['DELETE', '/node/n24/token'],
  ] as const) {
    const url = `${daemon.url}${path}`;
    const headers = { authorization: basic };
    const answer = await fetch(url, { method, headers, redirect: 'manual' });
    const said = `${await answer.text()} ${JSON.stringify([...answer.headers])}`;
    t.equal(answer.headers.get('location'), null, path);
    t.equal(answer.headers.get('referrer-policy'), 'no-referrer', path);
    t.equal(answer.headers.get('cache-control'), 'no-store', path);
    for (const secret of [token, basic, daemon.admin])
      t.notOk(said.includes(secret), `${path}: ${tokenOf(path)}`);
  }
});

t.test('23: a token needs to be in no URL', async (t) => {
  const token = await daemon.lend('n25', 'dummy', {});
  const authorization = `Bearer ${token}`;
  const asked = await daemon.ask('GET', '/node/n25/power_status', undefined, { authorization });
  t.match(asked, { status: 200, text: '{"power_status":"off"}\n' });
});

t.test('26: what is too long to be a token is refused before it is read', async (t) => {
  const token = await daemon.lend('n26', 'dummy', {});
  const long = 'a'.repeat(1024 * 1024);
  const status = async (path: string, headers: Record<string, string> = {}): Promise<unknown> =>
    daemon.ask('GET', path, undefined, headers).then(
      (answer) => answer.status,
      // It hangs up while we are still sending.
      () => 431,
    );
  t.equal(await status(`/node/n26/power_status?token=${long}`), 431);
  t.equal(await status('/node/n26/power_status', { authorization: `Bearer ${long}` }), 431);
  t.equal(await daemon.power('n26', token), 'off', 'and nobody else is held up');
});

t.test(
  '31: whatever order a hundred changes at once are made in, at most the last token is good',
  async (t) => {
    // Of its own: whoever shows so many tokens that are over is slowed down.
    const daemon = await Daemon.start(t);
    await daemon.register('n31', 'dummy', {});
    const tokens: string[] = [];
    const viewers: Promise<unknown>[] = [];
    const change = async (turn: number): Promise<void> => {
      if (turn % 3 === 2) {
        const { status } = await daemon.asAdmin('DELETE', '/node/n31/token');
        if (status !== 200) throw new Error(`${status}`);
        return;
      }
      const token = await daemon.token('n31');
      tokens.push(token);
      // Let in while it may be over already.
      const answer = await fetch(`${daemon.url}/node/n31/console?token=${token}`);
      viewers.push(answer.text().catch(() => 'cut'));
    };
    await Promise.all(Array.from({ length: 100 }, (_, turn) => change(turn)));
    const good = async (): Promise<string[]> => {
      const found = [];
      for (const token of tokens) {
        const authorization = `Bearer ${token}`;
        const { status } = await daemon.ask('GET', '/v2/obms/n31', undefined, { authorization });
        if (status === 200) found.push(token);
      }
      return found;
    };
    const { token } = JSON.parse((await daemon.asAdmin('GET', '/v2/obms/n31')).text) as {
      token: object | null;
    };
    t.equal((await good()).length, token === null ? 0 : 1, 'as the daemon says');
    await daemon.asAdmin('DELETE', '/node/n31/token');
    t.same(await good(), []);
    await Promise.all(viewers);
    t.pass('and no stream is left');
  },
);

t.test(
  'whoever has the token of one OBM is counted apart from who has that of another',
  async (t) => {
    const stop = new AbortController();
    const look = (label: string, token: string): Promise<unknown> =>
      fetch(`${daemon.url}/node/${label}/console?token=${token}`, { signal: stop.signal });
    const tokens = [
      await daemon.lend('a1', 'dummy', {}),
      await daemon.lend('a2', 'dummy', {}),
    ] as const;
    await look('a1', tokens[0]);
    await look('a2', tokens[1]);
    await look('a1', tokens[0]);
    const attached = /"obm":"(a\d)","what":"attached","principal":"([^"]+)"/g;
    const looked = (): string[] =>
      [...daemon.process.stderr.matchAll(attached)].map(
        ([, label, principal]) => `${label} ${principal}`,
      );
    await until('all look', () => looked().length === 3);
    t.same(looked(), ['a1 holder:a1:2', 'a2 holder:a2:2', 'a1 holder:a1:2']);
    stop.abort();
  },
);
