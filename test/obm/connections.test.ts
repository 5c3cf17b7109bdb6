/** Console connections at `halcyon obmd`: numbers are those of the acceptance cases. */

import t from 'tap';
import { until } from '../ipmi/simulator.ts';
import { Daemon } from './daemon.ts';
import { viewing } from './viewing.ts';
import type { Viewing } from './viewing.ts';

interface Made {
  readonly id: string;
  readonly port: number;
  readonly mode: string;
  readonly expires: number;
  readonly token: string;
  readonly path: string;
}

interface Shown extends Omit<Made, 'token' | 'path'> {
  readonly uses: number;
  readonly used: number;
  readonly by: string;
  readonly holder: string;
  readonly connected: { readonly principal: string; readonly source: string } | null;
}

const of = (label: string): string => `/v2/obms/${label}/console`;
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const make = async (daemon: Daemon, label: string, body: object = {}): Promise<Made> => {
  const { status, text } = await daemon.asAdmin('POST', `${of(label)}/connections`, body);
  if (status !== 201) throw new Error(`not made: ${status} ${text}`);
  return JSON.parse(text) as Made;
};

const list = async (daemon: Daemon, label: string): Promise<Shown[]> => {
  const { text } = await daemon.asAdmin('GET', `${of(label)}/connections`);
  return (JSON.parse(text) as { connections: Shown[] }).connections;
};

const view = (daemon: Daemon, label: string, token: string): Promise<Viewing> =>
  viewing(daemon, of(label), bearer(token));

/** A machine that has said something. */
const lendTalking = async (daemon: Daemon, label: string): Promise<string> => {
  const token = await daemon.lend(label, 'dummy', { name: label, boot_ms: 0 });
  await until('the console', () => /the console is connected/.test(daemon.process.stderr));
  await daemon.ask('POST', `/node/${label}/power_on?token=${token}`);
  return token;
};

t.test('13, 14, 15: a connection is shown once, and kept as a hash', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await lendTalking(daemon, 'n1');
  const wish = { mode: 'read-write', lasts: 60, uses: 2, for: 'alice' };
  const made = await make(daemon, 'n1', wish);
  t.match(made, { port: 1, mode: 'read-write', holder: 'alice', by: 'admin', uses: 2 });
  t.match(made.token, /^[0-9a-f]{32}$/);
  const byHolder = await daemon.ask('POST', `${of('n1')}/connections`, {}, bearer(token));
  t.match(JSON.parse(byHolder.text), { port: 2, mode: 'read-only', by: /^holder:n1:/ });
  t.equal(byHolder.headers.get('cache-control'), 'no-store');
  t.equal(byHolder.headers.get('referrer-policy'), 'no-referrer');
  const seen = await view(daemon, 'n1', made.token);
  await until('the prompt', () => /n1 login: $/.test(seen.text()));
  t.match(await list(daemon, 'n1'), [
    { id: made.id, used: 1, connected: { principal: 'alice', source: '127.0.0.1' } },
    { port: 2, used: 0, connected: null },
  ]);
  const all = await daemon.asAdmin('GET', '/v2/console-connections');
  t.equal((JSON.parse(all.text) as { connections: [] }).connections.length, 2);
  seen.stop();
  await until('nobody is connected', async () => (await list(daemon, 'n1'))[0]?.connected === null);
  const ticket = await viewing(daemon, made.path);
  t.equal(ticket.status, 200);
  ticket.stop();
  const other = (JSON.parse(byHolder.text) as Made).token;
  const { everything } = daemon;
  for (const secret of [made.token, made.path.split('=')[1]!, other, token])
    t.notMatch(everything, secret);
});

t.test('23: a URL carries a ticket, which lets in once', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await lendTalking(daemon, 'n1');
  const made = await make(daemon, 'n1', { uses: 10 });
  const first = await viewing(daemon, made.path);
  t.equal(first.status, 200);
  t.equal((await viewing(daemon, made.path)).status, 401, 'it is used up');
  first.stop();
  await until('nobody is connected', async () => (await list(daemon, 'n1'))[0]?.connected === null);
  const asked = await daemon.ask('POST', `${of('n1')}/tickets`, undefined, bearer(made.token));
  t.equal(asked.status, 201);
  const { path, ticket } = JSON.parse(asked.text) as Made & { ticket: string };
  const elsewhere = path.replace('/n1/', '/n2/');
  await daemon.lend('n2', 'dummy', {});
  t.equal((await viewing(daemon, elsewhere)).status, 401, 'for no other machine');
  const again = await viewing(daemon, path);
  t.equal(again.status, 200, 'who tries it elsewhere does not use it up');
  again.stop();
  for (const wrong of [ticket, '', 'x', `${ticket}&ticket=${ticket}`, made.token])
    t.equal((await viewing(daemon, `${of('n1')}?ticket=${wrong}`)).status, 401, wrong);
  t.equal((await viewing(daemon, `${of('n1')}?token=${token}`)).status, 401, 'no token in a URL');
  const own = await daemon.ask('POST', `${of('n1')}/tickets`, undefined, bearer(token));
  const by = await viewing(daemon, (JSON.parse(own.text) as Made).path);
  t.equal(by.status, 200, 'one of the OBM itself');
  by.stop();
});

t.test('22: a connection is good for its console and nothing else', async (t) => {
  const daemon = await Daemon.start(t);
  await daemon.lend('n1', 'dummy', {});
  await daemon.lend('n2', 'dummy', {});
  const { token, id } = await make(daemon, 'n1', { mode: 'read-write', uses: 5 });
  const ask = (method: string, path: string): ReturnType<Daemon['ask']> =>
    daemon.ask(method, path, method === 'GET' ? undefined : {}, bearer(token));
  for (const [method, path] of [
    ['POST', '/node/n1/power_on'],
    ['GET', '/node/n1/power_status'],
    ['GET', '/node/n1/console'],
    ['POST', '/v2/obms/n1/power'],
    ['GET', '/v2/obms/n1'],
    ['POST', `${of('n1')}/connections`],
    ['GET', `${of('n1')}/connections`],
    ['DELETE', `${of('n1')}/connections/${id}`],
  ] as const)
    t.equal((await ask(method, path)).status, 403, `${method} ${path}`);
  const wrong = await daemon.ask('GET', of('n2'), undefined, bearer('f'.repeat(32)));
  for (const label of ['n2', 'n3', '%00'])
    t.match(await ask('GET', of(label)), { status: wrong.status, text: wrong.text }, label);
  t.equal((await daemon.asAdmin('GET', '/v2/obms/n1')).text.includes('"state":"on"'), false);
});

t.test('16, 17: a connection that expires ends what it let in, with no cleaner', async (t) => {
  const daemon = await Daemon.start(t);
  await lendTalking(daemon, 'n1');
  const made = await make(daemon, 'n1', { lasts: 5, uses: 9 });
  const viewer = await view(daemon, 'n1', made.token);
  t.equal(viewer.status, 200);
  t.match(await viewer.ended, /end|TypeError/);
  t.ok(Date.now() < made.expires + 60_000);
  t.equal((await view(daemon, 'n1', made.token)).status, 401);
  t.same(await list(daemon, 'n1'), []);
  t.equal((await make(daemon, 'n1')).port, 1, 'its port is free');
});

t.test('it never outlives the token of the OBM', async (t) => {
  const daemon = await Daemon.start(t, ['--token-ttl', '60']);
  await daemon.lend('n1', 'dummy', {});
  const made = await make(daemon, 'n1', { lasts: 3_600 });
  t.ok(made.expires <= Date.now() + 60_000);
});

t.test('18, 19: whatever ends the right ends its connections and who is connected', async (t) => {
  const daemon = await Daemon.start(t);
  await lendTalking(daemon, 'n1');
  const ends: [string, (id: string) => Promise<{ status: number }>, number][] = [
    ['revoked', (id) => daemon.asAdmin('DELETE', `${of('n1')}/connections/${id}`), 204],
    ['a new token', () => daemon.asAdmin('POST', '/node/n1/token'), 200],
    ['disabled', () => daemon.asAdmin('DELETE', '/node/n1/token'), 200],
    ['unregistered', () => daemon.asAdmin('DELETE', '/node/n1'), 200],
  ];
  for (const [what, end, status] of ends) {
    if (what === 'unregistered') await daemon.token('n1');
    const made = await make(daemon, 'n1', { uses: 9 });
    const ticket = (await make(daemon, 'n1')).path;
    const viewer = await view(daemon, 'n1', made.token);
    t.equal(viewer.status, 200, what);
    t.equal((await end(made.id)).status, status);
    t.match(await viewer.ended, /end|TypeError/, what);
    t.equal((await view(daemon, 'n1', made.token)).status, 401, what);
    if (what === 'revoked') t.equal((await end(made.id)).status, status, 'revoked twice');
    else t.equal((await viewing(daemon, ticket)).status, 401, what);
  }
  const refused = await daemon.asAdmin('POST', `${of('n1')}/connections`, {});
  t.equal(refused.status, 404);
  await daemon.register('n1', 'dummy', {});
  const disabled = await daemon.asAdmin('POST', `${of('n1')}/connections`, {});
  t.match(disabled, { status: 409, text: /"disabled"/ });
});

t.test('a port that is taken is refused with who has it, and the next one is told', async (t) => {
  const daemon = await Daemon.start(t);
  await lendTalking(daemon, 'n1');
  const third = await make(daemon, 'n1', { port: 3, for: 'bob', uses: 3 });
  t.equal(third.port, 3);
  const ask = (body: object): ReturnType<Daemon['ask']> =>
    daemon.asAdmin('POST', `${of('n1')}/connections`, body);
  t.match(await ask({ port: 3 }), {
    status: 409,
    text: /port-taken.*port 3 of n1 is taken: it is kept for bob.*next free port is 1/,
  });
  const viewer = await view(daemon, 'n1', third.token);
  t.match(await ask({ port: 3 }), { status: 409, text: /bob is connected from 127.0.0.1 since/ });
  const second = await daemon.ask('GET', of('n1'), undefined, bearer(third.token));
  t.match(second, { status: 409, text: /port 3 of n1 is taken: bob is connected from 127.0.0.1/ });
  for (const port of [1, 2, ...Array.from({ length: 13 }, (_, i) => i + 4)])
    t.equal((await make(daemon, 'n1')).port, port);
  t.match(await ask({}), { status: 409, text: /no-port-left.*all 16 ports of n1 are taken/ });
  t.match(await ask({ port: 3 }), { status: 409, text: /there are no more ports/ });
  viewer.stop();
});

t.test('uses are counted, also by a daemon that is killed, and a port is free again', async (t) => {
  const daemon = await Daemon.start(t);
  await lendTalking(daemon, 'n1');
  const made = await make(daemon, 'n1', { uses: 2, lasts: 600 });
  const first = await view(daemon, 'n1', made.token);
  t.equal(first.status, 200);
  await daemon.process.stop('SIGKILL');
  await daemon.run();
  await until('nobody is connected', async () => (await list(daemon, 'n1'))[0]?.connected === null);
  t.match(await list(daemon, 'n1'), [{ used: 1, uses: 2 }]);
  await until('the console', () => /the console is connected/.test(daemon.process.stderr));
  const last = await view(daemon, 'n1', made.token);
  t.equal(last.status, 200);
  last.stop();
  await until('it is used up', async () => (await list(daemon, 'n1')).length === 0);
  t.equal((await view(daemon, 'n1', made.token)).status, 401);
});

t.test('what makes no sense is refused with the field, and nothing is made', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', {});
  for (const [body, field] of [
    [{ mode: 'write' }, 'mode'],
    [{ port: 0 }, 'port'],
    [{ port: 17 }, 'port'],
    [{ lasts: 0 }, 'lasts'],
    [{ lasts: 86_401 }, 'lasts'],
    [{ uses: 1.5 }, 'uses'],
    [{ uses: 1_001 }, 'uses'],
    [{ for: '' }, 'for'],
    [{ for: 'a\nb' }, 'for'],
    [{ node: 'n2' }, 'node'],
  ] as const) {
    const { status, text } = await daemon.asAdmin('POST', `${of('n1')}/connections`, body);
    t.match({ status, ...JSON.parse(text) }, { status: 400, field });
  }
  t.equal((await daemon.asAdmin('POST', `${of('n1')}/connections`, '[]')).status, 400);
  t.same(await list(daemon, 'n1'), []);
  await daemon.register('n2', 'redfish', {
    addr: '127.0.0.1',
    port: 1,
    user: 'u',
    pass: 'p',
    insecure: true,
  });
  const other = await daemon.token('n2');
  t.match(await daemon.ask('GET', of('n2'), undefined, bearer(other)), { status: 409 });
  const without = await daemon.asAdmin('POST', `${of('n2')}/connections`, {});
  t.match(without, { status: 409, text: /unsupported/ });
  t.equal((await daemon.ask('GET', '/v2/console-connections')).status, 404);
  t.equal(
    (await daemon.ask('GET', '/v2/console-connections', undefined, bearer(token))).status,
    404,
  );
});

t.test(
  'they are bounded: tickets that nobody uses, and how fast connections are made',
  async (t) => {
    const daemon = await Daemon.start(t);
    const token = await daemon.lend('n1', 'dummy', {});
    const ticket = (): ReturnType<Daemon['ask']> =>
      daemon.ask('POST', `${of('n1')}/tickets`, undefined, bearer(token));
    for (let i = 0; i < 64; i++) t.equal((await ticket()).status, 201);
    t.match(await ticket(), { status: 429, text: /"limit"/ });
    t.match(await daemon.asAdmin('POST', `${of('n1')}/connections`, {}), { status: 429 });
    t.same(await list(daemon, 'n1'), [], 'without its ticket it is not made');
    await daemon.lend('n2', 'dummy', {});
    let made = 0;
    const again = async (): Promise<number> => {
      const { status, text } = await daemon.asAdmin('POST', `${of('n2')}/connections`, {});
      if (status !== 201) return status;
      made += 1;
      const { id, path } = JSON.parse(text) as Made;
      (await viewing(daemon, path)).stop();
      await daemon.asAdmin('DELETE', `${of('n2')}/connections/${id}`);
      return status;
    };
    let status = 201;
    while (status === 201 && made < 1_000) status = await again();
    t.equal(status, 429);
    t.ok(made >= 128, `${made} at once`);
  },
);
