/** A client of obmd's API at `halcyon obmd`: numbers are those of the acceptance cases. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Executable } from '../agent/executable.ts';
import { startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

t.test('S1, S2: who is no administrator is told that there is nothing', async (t) => {
  const daemon = await Daemon.start(t);
  const calls = [
    ['PUT', '/node/n1', { type: 'dummy', info: {} }],
    ['POST', '/node/n1/token'],
    ['DELETE', '/node/n1'],
    ['DELETE', '/node/n1/token'],
  ] as const;
  const wrong = [
    {},
    { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` },
    { authorization: `Basic ${Buffer.from(`other:${daemon.admin}`).toString('base64')}` },
    { authorization: `Bearer ${daemon.admin}` },
  ];
  for (const headers of wrong)
    for (const [method, path, body] of calls)
      t.equal((await daemon.ask(method, path, body, headers)).status, 404, `${method} ${path}`);
  const statuses = [];
  for (const [method, path, body] of calls)
    statuses.push((await daemon.asAdmin(method, path, body)).status);
  t.same(statuses, [200, 200, 200, 404], 'in order, and no token of an OBM that is gone');
  t.equal((await daemon.asAdmin('DELETE', '/node/n1')).status, 200, 'what is gone may go again');
});

t.test('1: a label that is taken is refused, and what has it stays as it is', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', {});
  await daemon.ask('POST', `/node/n1/power_on?token=${token}`);
  const again = await daemon.asAdmin('PUT', '/node/n1', { type: 'dummy', info: { fault: 'busy' } });
  t.equal(again.status, 409);
  t.equal(await daemon.power('n1', token), 'on');
});

t.test('2: what is wrong with a registration is named, and nothing is kept of it', async (t) => {
  const daemon = await Daemon.start(t);
  const info = { addr: '10.0.0.1', user: 'oper', pass: 'p' };
  for (const [body, field] of [
    [{ type: 'ilo', info }, 'type'],
    [{ info }, 'type'],
    [{ type: 'ipmi' }, 'info'],
    [{ type: 'ipmi', info: { ...info, addr: undefined } }, 'info.addr'],
    [{ type: 'ipmi', info: { ...info, addr: 5 } }, 'info.addr'],
    [{ type: 'ipmi', info: { ...info, addr: '-Ievil' } }, 'info.addr'],
    [{ type: 'ipmi', info: { ...info, addr: 'a b; reboot' } }, 'info.addr'],
    [{ type: 'ipmi', info: { ...info, prot: 623 } }, 'info.prot'],
    [{ type: 'ipmi', info: { ...info, port: 0 } }, 'info.port'],
    [{ type: 'ipmi', info: { ...info, user: 'seventeen-letters' } }, 'info.user'],
    [{ type: 'ipmi', info: { ...info, pass: 'twenty-one characters' } }, 'info.pass'],
    [{ type: 'ipmi', info: { ...info, suites: [0] } }, 'info.suites'],
    [{ type: 'ipmi', info, extra: 1 }, 'extra'],
  ] as const) {
    const { status, text } = await daemon.asAdmin('PUT', '/node/n1', body);
    t.match(JSON.parse(text), { status: 400, code: 'invalid-request' }, text);
    t.ok((JSON.parse(text) as { field: string }).field.startsWith(field), `${field}: ${text}`);
    t.equal(status, 400);
    t.notMatch(text, 'twenty-one characters', 'a password is not repeated');
  }
  for (const body of ['', '[]', '{"type":', 'null', '"dummy"'])
    t.equal((await daemon.asAdmin('PUT', '/node/n1', body)).status, 400, body);
  t.equal((await daemon.asAdmin('POST', '/node/n1/token')).status, 404);
  for (const label of ['a%2Fb', '%00', 'x'.repeat(81)])
    t.equal(
      (await daemon.asAdmin('PUT', `/node/${label}`, { type: 'dummy', info: {} })).status,
      404,
    );
});

t.test(
  'T1, T2, 15, 26, 27: no wrong token tells more than another, nor whether there is an OBM',
  async (t) => {
    const daemon = await Daemon.start(t);
    const good = await daemon.lend('n1', 'dummy', {});
    t.equal(await daemon.power('n1', good.toUpperCase()), 'off', 'either case is good');
    const old = good;
    const token = await daemon.token('n1');
    const bad = [
      ...['', '1234', '0'.repeat(32), token.slice(1), `${token}0`, `$${token.slice(1)}`],
      ...['%00'.repeat(32), old, `${token}&token=${token}`, 'a'.repeat(10_000)],
    ];
    const answers = new Set<string>();
    for (const text of bad) {
      const { status, text: said } = await daemon.ask('GET', `/node/n1/power_status?token=${text}`);
      answers.add(`${status} ${said}`);
    }
    for (const path of ['/node/n2/power_status', `/node/n2/power_status?token=${token}`])
      answers.add(
        Object.values(await daemon.ask('GET', path))
          .slice(0, 2)
          .join(' '),
      );
    t.equal(answers.size, 1, [...answers].join('\n'));
    t.match([...answers][0], /^401 /);
    t.equal(await daemon.power('n1', token), 'off');
  },
);

t.test('S4, S5, S7: a dummy goes on and off as it is told', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', {});
  const post = async (what: string, body?: object): Promise<number> =>
    (await daemon.ask('POST', `/node/n1/${what}?token=${token}`, body)).status;
  t.equal(await daemon.power('n1', token), 'off');
  t.equal(await post('power_cycle', { force: false }), 200);
  t.match(await daemon.ask('GET', `/node/n1/power_status?token=${token}`), {
    status: 200,
    text: '{"power_status":"on"}\n',
    type: 'application/json',
  });
  t.equal(await post('power_off'), 200);
  t.equal(await daemon.power('n1', token), 'off');
  t.equal(await post('power_on'), 200);
  t.equal(await post('power_cycle', {}), 200, 'force may be left out');
  t.equal(await post('power_cycle'), 400, 'the body may not');
  t.equal(await post('power_cycle', { force: 'yes' }), 400);
  t.equal(await daemon.power('n1', token), 'on');
});

t.test('S6, S8, S9, 45: orders reach a BMC, and what is refused does not', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  const call = async (method: string, what: string, body?: object, by = token): Promise<number> =>
    (await daemon.ask(method, `/node/n1/${what}?token=${by}`, body)).status;
  t.equal(await daemon.power('n1', token), 'off');
  t.equal(await call('POST', 'power_on'), 200);
  t.equal(await call('POST', 'power_on'), 200, 'what is on is left alone');
  t.equal(await call('POST', 'power_cycle', { force: true }), 200);
  t.same(simulator.executed, ['power 1', 'reset 1']);
  t.equal(await call('POST', 'power_off', undefined, '0'.repeat(32)), 401);
  t.equal(await call('PUT', 'boot_device', { bootdev: 'invalid' }), 400);
  t.equal(await call('PUT', 'boot_device', {}), 400);
  t.same(simulator.executed.length, 2);
  t.equal(await call('PUT', 'boot_device', { bootdev: 'pxe' }), 200);
  t.match(simulator.executed[2], /^boot (net|pxe)/);
  t.equal(await call('POST', 'power_off'), 200);
  t.equal(await daemon.power('n1', token), 'off');
});

t.test('13, 14, 29: no token and no password is kept or said in the clear', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--log-level', 'trace']);
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  await daemon.register('n2', 'ipmi', ipmiInfo(simulator.port, { pass: 'not-the-password' }));
  const second = await daemon.token('n2');
  t.equal(await daemon.power('n1', token), 'off');
  t.match(await daemon.power('n2', second), 'credentials-refused');
  await daemon.asAdmin('PUT', '/node/n3', { type: 'ipmi', info: { pass: 'in-vain-hidden' } });
  await daemon.ask('GET', `/node/n1/nothing?token=${token}`);
  const { everything } = daemon;
  t.match(everything, 'n1', 'there is something to be seen');
  for (const secret of [token, second, 'not-the-password', 'in-vain-hidden'])
    t.notOk(everything.includes(secret), secret);
  // The administrator's is shown once, and kept nowhere.
  t.equal(everything.split(daemon.admin).length, 2);
  t.same(daemon.shown, [], 'which every test of the daemon looks at in its end');
  const leak = join(daemon.data, 'leak');
  for (const text of [token, Buffer.from(token, 'hex'), Buffer.from('in-vain-hidden')]) {
    writeFileSync(leak, Buffer.isBuffer(text) ? text : `x${text}y`);
    t.equal(daemon.shown.length, 1, 'and would find');
  }
  rmSync(leak);
});

t.test('32: a restart keeps registrations, tokens and what was revoked', async (t) => {
  const daemon = await Daemon.start(t);
  const kept = await daemon.lend('kept', 'dummy', {});
  const revoked = await daemon.lend('revoked', 'dummy', {});
  await daemon.asAdmin('DELETE', '/node/revoked/token');
  await daemon.lend('gone', 'dummy', {});
  await daemon.asAdmin('DELETE', '/node/gone');
  await daemon.process.stop('SIGKILL');
  await daemon.run();
  t.equal(await daemon.power('kept', kept), 'off');
  t.match(await daemon.power('revoked', revoked), 'unauthorized');
  t.equal((await daemon.asAdmin('POST', '/node/gone/token')).status, 404);
  t.notMatch(daemon.process.stdout, 'admin token');
});

t.test('39: a reset that was sent before a kill -9 is not sent again', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  await daemon.ask('POST', `/node/n1/power_on?token=${token}`);
  // So slow that the daemon dies before the answer, most of the time.
  simulator.slowDown(1);
  const reset = { force: true };
  const asked = daemon.ask('POST', `/node/n1/power_cycle?token=${token}`, reset).catch(() => null);
  await until('the BMC resets', () => simulator.executed.includes('reset 1'));
  await daemon.process.stop('SIGKILL');
  t.equal(await asked, null);
  simulator.speedUp();
  await daemon.run();
  t.equal(await daemon.power('n1', token), 'on');
  t.equal((await daemon.ask('POST', `/node/n1/power_off?token=${token}`)).status, 200);
  t.same(simulator.executed, ['power 1', 'reset 1', 'power 0']);
});

t.test('21, 34: a BMC that hangs delays neither its revocation nor other machines', async (t) => {
  const hung = await startSimulator(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('hung', 'ipmi', ipmiInfo(hung.port));
  t.equal(await daemon.power('hung', token), 'off');
  hung.child.kill('SIGSTOP');
  // What was seen within a second before is told again.
  await pause(1_100);
  const others = await Promise.all(
    Array.from({ length: 50 }, (_, i) => daemon.lend(`d${i}`, 'dummy', {})),
  );
  let isAnswered = false;
  const asked = daemon.power('hung', token).finally(() => (isAnswered = true));
  const states = await Promise.all(others.map((own, i) => daemon.power(`d${i}`, own)));
  t.same(new Set(states), new Set(['off']));
  t.notOk(isAnswered, 'all of them answer while the one hangs');
  t.equal((await daemon.asAdmin('DELETE', '/node/hung/token')).status, 200);
  t.notOk(isAnswered, 'so does the revocation');
  t.match(await asked, 'no-answer');
  t.match(await daemon.power('hung', token), 'unauthorized');
});

t.test('18: what waits for its turn when a token is revoked is not carried out', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  t.equal(await daemon.power('n1', token), 'off');
  simulator.slowDown(3);
  const asked = [
    daemon.ask('POST', `/node/n1/power_on?token=${token}`),
    daemon.ask('PUT', `/node/n1/boot_device?token=${token}`, { bootdev: 'pxe' }),
    daemon.ask('PUT', `/v2/obms/n1/light?token=${token}`, { light: 5 }),
  ];
  // The first looks at the machine, which takes it three seconds or more.
  const view = { orders: 3 };
  await until('all are there', async () => {
    const { text } = await daemon.asAdmin('GET', '/v2/obms/n1');
    return (JSON.parse(text) as typeof view).orders === view.orders;
  });
  t.equal((await daemon.asAdmin('DELETE', '/node/n1/token')).status, 200);
  for (const { status, text } of await Promise.all(asked)) t.equal(status, 500, text);
  simulator.speedUp();
  const next = await daemon.token('n1');
  t.equal(await daemon.power('n1', next), 'off');
  t.same(simulator.executed, []);
});

t.test('50: why a BMC does not answer as it should is told apart', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t);
  for (const [label, more, reason] of [
    ['password', { pass: 'wrong' }, 'credentials-refused'],
    ['user', { user: 'nobody' }, 'credentials-refused'],
    ['suite', { suites: [17] }, 'unsupported-suite'],
    ['dead', { port: 1 }, /no-answer|network/],
  ] as const) {
    const token = await daemon.lend(label, 'ipmi', ipmiInfo(simulator.port, more));
    t.match(await daemon.power(label, token), reason, label);
  }
  const guest = ipmiInfo(simulator.port, { user: 'guest', pass: 'userpw', privilege: 'user' });
  const token = await daemon.lend('guest', 'ipmi', guest);
  t.equal(await daemon.power('guest', token), 'off');
  const refused = await daemon.ask('POST', `/node/guest/power_on?token=${token}`);
  t.match(JSON.parse(refused.text), { status: 500, code: 'privilege' });
  t.same(simulator.executed, []);
});

t.test('28: who guesses is slowed down, and who has a token is not', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', {});
  const guess = (): Promise<{ status: number }> =>
    daemon.ask('GET', `/node/n1/power_status?token=${'0'.repeat(32)}`);
  const statuses = (await Promise.all(Array.from({ length: 200 }, guess))).map(
    ({ status }) => status,
  );
  t.ok(statuses.filter((status) => status === 429).length > 50, 'most are told to wait');
  t.ok(statuses.filter((status) => status === 401).length >= 20);
  t.equal(await daemon.power('n1', token), 'off');
});

t.test('a second daemon on the same data is refused, and says who has it', async (t) => {
  const daemon = await Daemon.start(t);
  const second = new Executable(t, ['obmd', '--data', daemon.data, '--listen', '127.0.0.1:0']);
  t.match(await second.exit, { code: 1 });
  t.match(second.stderr, `in use by another obmd (pid ${daemon.process.pid})`);
});
