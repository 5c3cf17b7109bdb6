/** What `halcyon obmd` tells of its machines: numbers are those of the acceptance cases. */

import t from 'tap';
import { eventOf, recordOf } from '../../src/obm/catalogue/events.ts';
import { ipmitool, startSimulator, until } from '../ipmi/simulator.ts';
import { ConsoleViewer } from './console-viewer.ts';
import { Daemon, ipmiInfo } from './daemon.ts';
import { EventReader } from './event-reader.ts';

const revisionOf = async (daemon: Daemon): Promise<number> => {
  const { text } = await daemon.asAdmin('GET', '/v2/obms');
  return (JSON.parse(text) as { revision: number }).revision;
};

t.test('what happens to a machine is told in order, by whom, and without a secret', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0']);
  const reader = await EventReader.start(daemon);
  const token = await daemon.lend('n1', 'dummy', { boot_ms: 0 });
  await daemon.power('n1', token);
  await daemon.ask('POST', `/node/n1/power_on?token=${token}`);
  await daemon.power('n1', token);
  const made = await daemon.asAdmin('POST', '/v2/obms/n1/console/connections', {
    ...{ mode: 'read-write', for: 'bob' },
  });
  const connection = JSON.parse(made.text) as { token: string; id: string };
  const alice = await ConsoleViewer.attach(daemon, 'n1', token);
  alice.ask({ type: 'request-writer' });
  await alice.hears('role');
  const bob = await ConsoleViewer.attach(daemon, 'n1', connection.token);
  bob.ask({ type: 'take-writer' });
  await reader.hears('writer-taken');
  await bob.leave();
  await reader.hears('console-detached');
  await daemon.asAdmin('DELETE', '/node/n1/token');
  await reader.hears('console-detached', 2);
  await daemon.asAdmin('DELETE', '/node/n1');
  await reader.hears('unregistered');
  const told = reader.events.map(({ type, actor, data }) => ({ type, actor, data }));
  const holder = /^holder:n1:2$/;
  const source = '127.0.0.1';
  t.match(told, [
    { type: 'registered', actor: 'admin', data: { driver: 'dummy' } },
    { type: 'token-issued', actor: 'admin', data: { epoch: 2, expires: null } },
    { type: 'power-changed', actor: 'obmd', data: { state: 'off', cause: 'first', order: null } },
    { type: 'order-begun', actor: holder, data: { action: 'on' } },
    { type: 'order-ended', data: { outcome: 'done' } },
    { type: 'power-changed', data: { state: 'on', cause: 'order', order: /^[0-9a-f]{16}$/ } },
    { type: 'connection-made', actor: 'admin', data: { port: 1, for: 'bob', uses: 1 } },
    { type: 'console-attached', data: { connection: null, principal: holder, source } },
    { type: 'console-attached', data: { connection: connection.id, principal: 'bob', source } },
    { type: 'writer-taken', actor: 'bob', data: { principal: 'bob', from: { principal: holder } } },
    { type: 'console-detached', data: { why: 'left' } },
    { type: 'token-revoked', actor: 'admin', data: { epoch: 3 } },
    { type: 'console-detached', data: { why: 'revoked' } },
    { type: 'unregistered', actor: 'admin' },
  ]);
  t.equal(told.length, 14);
  t.ok(reader.events.every(({ label }) => label === 'n1'));
  t.notMatch(JSON.stringify(reader.events), /hash|[0-9a-f]{32}/);
  reader.stop();
});

t.test('each is told once, to whoever goes on from where he was, whatever crashes', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0']);
  const reader = await EventReader.start(daemon, '?from=0');
  for (let i = 0; i < 40; i++) await daemon.register(`n${i}`, 'dummy', {});
  const token = await daemon.token('n1');
  const viewer = await ConsoleViewer.attach(daemon, 'n1', token);
  await reader.hears('console-attached');
  await daemon.process.stop('SIGKILL');
  await Promise.all([reader.ended, viewer.closed]);
  await daemon.run();
  const again = await EventReader.start(daemon, '', { 'last-event-id': reader.last! });
  t.match(await again.hears('console-detached'), { data: { why: 'lost' } });
  await daemon.asAdmin('DELETE', '/node/n2');
  await again.hears('unregistered');
  const all = await EventReader.start(daemon, '?from=0');
  await all.hears('unregistered');
  t.same([...reader.events, ...again.events], all.events);
  t.equal(new Set(all.events.map(({ id }) => id)).size, all.events.length);
  t.match(
    all.story.filter((type) => type !== 'registered'),
    [...['token-issued', 'console-attached', 'console-detached', 'unregistered']],
  );
  for (const from of [1, 17, 40]) {
    const part = await EventReader.start(daemon, `?from=${all.events[from]!.id}`);
    await part.hears('unregistered');
    t.same(part.events, all.events.slice(from + 1));
    part.stop();
  }
  all.stop();
  again.stop();
});

t.test('who begins now knows where that was, and his orders by what he calls them', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0']);
  const token = await daemon.lend('n1', 'dummy', { boot_ms: 0 });
  const reader = await EventReader.start(daemon);
  await until('it says where it begins', () => reader.last === '2');
  reader.stop();
  const bearer = { authorization: `Bearer ${token}` };
  const order = (body: object): ReturnType<Daemon['ask']> =>
    daemon.ask('POST', '/v2/obms/n1/power', body, bearer);
  t.equal((await order({ action: 'on', reference: '17/n1.example' })).status, 200);
  t.equal((await order({ action: 'on' })).status, 200);
  for (const reference of ['', 'a b', 'x'.repeat(301), 1])
    t.match(await order({ action: 'on', reference }), { status: 400, text: /reference/ });
  const again = await EventReader.start(daemon, `?from=${reader.last}`);
  t.match(await again.hears('order-begun'), { data: { reference: '17/n1.example' } });
  t.match(await again.hears('order-begun', 2), { data: { reference: null } });
  again.stop();
});

t.test('who begins with what is known is told that first', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const reader = await EventReader.start(daemon);
  const token = await daemon.lend('n1', 'dummy', { boot_ms: 0 });
  await daemon.power('n1', token);
  const wrong = { pass: 'not-what-it-is' };
  await daemon.lend('n2', 'ipmi', ipmiInfo(simulator.port, wrong));
  await reader.hears('power-changed');
  await reader.hears('unreachable');
  reader.stop();
  const known = await EventReader.start(daemon, '?known=true');
  await until('it says where it begins', () => known.last !== undefined);
  t.match(known.known, [
    { label: 'n1', data: { power: { state: 'off', since: Number }, unreachable: null } },
    { label: 'n2', data: { power: null, unreachable: { reason: 'credentials-refused' } } },
  ]);
  t.equal(known.known.length, 2);
  t.same(known.events, []);
  await daemon.asAdmin('DELETE', '/node/n1');
  await known.hears('unregistered');
  known.stop();
  for (const query of ['known=1', 'known=true&from=0'])
    t.equal((await daemon.asAdmin('GET', `/v2/events?${query}`)).status, 400, query);
});

t.test('42: what somebody switched by hand is told as drift, and not undone', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const reader = await EventReader.start(daemon);
  const token = await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  t.match(await reader.hears('power-changed'), { data: { state: 'off', cause: 'first' } });
  await ipmitool(simulator, 'chassis', 'power', 'on');
  t.match(await reader.hears('power-changed', 2), { data: { state: 'on', cause: 'drift' } });
  await daemon.ask('POST', `/node/n1/power_off?token=${token}`);
  const ended = await reader.hears('order-ended');
  t.match(await reader.hears('power-changed', 3), {
    data: { state: 'off', cause: 'order', order: (ended.data as { order: string }).order },
  });
  await ipmitool(simulator, 'chassis', 'power', 'on');
  t.match(await reader.hears('power-changed', 4), { data: { state: 'on', cause: 'drift' } });
  reader.stop();
});

t.test('44: looks that find nothing new are not recorded', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const reader = await EventReader.start(daemon);
  await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port));
  // What the first look finds is recorded when it is told.
  for (const type of ['power-changed', 'identified'] as const) await reader.hears(type);
  reader.stop();
  const lookedAt = async (): Promise<number> => {
    const { text } = await daemon.asAdmin('GET', '/v2/obms/n1');
    return (JSON.parse(text) as { power: { at: number } | null }).power?.at ?? 0;
  };
  const before = await revisionOf(daemon);
  for (let looks = 0; looks < 5; looks++) {
    const last = await lookedAt();
    await until('it was looked at again', async () => (await lookedAt()) > last);
  }
  t.equal(await revisionOf(daemon), before);
});

/** Add SEL Entry: a temperature that is too high. */
const entry = '0x0a 0x44 0 0 2 1 2 3 4 0x20 0 4 1 0x30 1 9 0xff 0xff'.split(' ');

t.test('new entries of an event log are told once, and not what was there before', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t, ['--poll', '1', '--poll-events', '1']);
  const reader = await EventReader.start(daemon);
  await daemon.register('n1', 'ipmi', ipmiInfo(simulator.port));
  t.match(await reader.hears('system-events'), { data: { gap: false, entries: [] } });
  await ipmitool(simulator, 'raw', ...entry);
  const told = await reader.hears('system-events', 2);
  t.match(told, { data: { gap: false, entries: [{ id: String, severity: 'unknown' }] } });
  t.equal((told.data as { entries: [] }).entries.length, 1);
  reader.stop();
  await daemon.process.stop('SIGKILL');
  await daemon.run();
  const again = await EventReader.start(daemon, `?from=${reader.last}`);
  await ipmitool(simulator, 'raw', ...entry);
  const next = await again.hears('system-events');
  t.equal((next.data as { entries: [] }).entries.length, 1);
  await ipmitool(simulator, 'sel', 'clear');
  t.match(await again.hears('system-events', 2), { data: { gap: true } });
  again.stop();
});

t.test('events are the administrator’s, and streams of them are bounded', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', {});
  const ask = (headers: Record<string, string>): ReturnType<Daemon['ask']> =>
    daemon.ask('GET', '/v2/events', undefined, headers);
  t.equal((await ask({})).status, 404);
  t.equal((await ask({ authorization: `Bearer ${token}` })).status, 404);
  const asked = (query: string): ReturnType<Daemon['ask']> =>
    daemon.asAdmin('GET', `/v2/events?${query}`);
  t.match(await asked('from=1000000'), { status: 409, text: /"ahead"/ });
  for (const wrong of ['from=x', 'from=-1', 'from=1.2.3', 'from=1&from=2', 'since=1'])
    t.equal((await asked(wrong)).status, 400, wrong);
  const readers = await Promise.all(Array.from({ length: 16 }, () => EventReader.start(daemon)));
  t.ok(readers.every(({ status }) => status === 200));
  t.match(await asked('from=0'), { status: 429, text: /"limit"/ });
  for (const reader of readers) reader.stop();
  await until('there is room again', async () => {
    const reader = await EventReader.start(daemon);
    reader.stop();
    return reader.status === 200;
  });
  const last = await EventReader.start(daemon);
  t.same(await daemon.process.stop(), { code: 0, signal: null });
  await last.ended;
});

t.test('events of earlier releases are read', async (t) => {
  const written = { type: 'PowerChanged', v: 1, data: { label: 'n1', state: 'on' } };
  t.same(eventOf(written), {
    type: 'PowerChanged',
    data: { label: 'n1', state: 'on', cause: 'unknown', order: null },
  });
  t.same(eventOf(recordOf(eventOf(written))), eventOf(written));
  t.equal(recordOf(eventOf(written)).v, 2);
  const begun = { label: 'n1', order: 'a'.repeat(16), action: 'on' };
  t.same(eventOf({ type: 'OrderBegun', v: 1, data: begun }).data, { ...begun, reference: null });
  for (const v of [0, 3]) t.throws(() => eventOf({ ...written, v }), /knows no event/);
  t.throws(() => eventOf({ ...written, type: 'constructor' }), /knows no event/);
});
