/** What real BMCs do and `ipmi_sim` does not: SHA-256, limits of privilege, faults, deviations. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import {
  controlPower,
  getChassisStatus,
  getDeviceId,
  getSystemGuid,
  raw,
  setBootFlags,
  suiteById,
} from '../../src/ipmi/index.ts';
import type { WorkAround } from '../../src/ipmi/index.ts';
import { playedGuid, startBmc } from './played-bmc.ts';
import type { Behaviour, PlayedBmc } from './played-bmc.ts';
import { clientFor, freeipmi, reasonOf, until } from './simulator.ts';

const ipmitool = async ({ port }: PlayedBmc, suite: number, ...args: string[]): Promise<string> => {
  const place = ['-I', 'lanplus', '-C', String(suite), '-H', '127.0.0.1', '-p', String(port)];
  const run = promisify(execFile)(
    'ipmitool',
    [...place, '-U', 'admin', '-E', '-N', '20', ...args],
    {
      env: { ...process.env, IPMI_PASSWORD: 'secret' },
    },
  );
  return (await run).stdout;
};

/** Asks again soon; only for what never answers. */
const brisk = { firstMs: 20, attempts: 3 };

for (const id of [17, 3, 2, 1])
  t.test(`ipmitool and FreeIPMI compute suite ${id} as we do`, async (t) => {
    const bmc = await startBmc(t, { suites: [17, 3, 2, 1] });
    bmc.on = true;
    t.equal(await ipmitool(bmc, id, 'chassis', 'power', 'status'), 'Chassis Power is on\n');
    const place = { port: bmc.port };
    t.equal(await freeipmi('ipmipower', place, '-I', String(id), '--stat'), '127.0.0.1: on\n');
  });

t.test('a session is protected by SHA-256 where the BMC can', async (t) => {
  const bmc = await startBmc(t);
  const session = await clientFor(t).open(bmc.options());
  t.equal(session.suite, 'sha256-aes');
  t.equal(await session.send(getSystemGuid), playedGuid.toString('hex'));
  t.equal(session.guid, playedGuid.toString('hex'));
});

t.test('a BMC with a key of its own wants that as well', async (t) => {
  const kg = 'a key of twenty byte';
  for (const suites of [[17], [3]]) {
    const bmc = await startBmc(t, { kg: Buffer.from(kg), suites });
    const ipmi = clientFor(t);
    const session = await ipmi.open(bmc.options({ kg }));
    t.match(await session.send(getDeviceId), { id: 0x20 });
    t.equal(await reasonOf(ipmi.open(bmc.options())), 'wrong-password');
    t.equal(await reasonOf(ipmi.open(bmc.options({ kg: 'another' }))), 'wrong-password');
  }
});

t.test('case 3: passwords arrive byte for byte, and what is too long is refused', async (t) => {
  for (const password of [
    '',
    '00123456',
    'seventeen letters',
    'twenty letters long!',
    'pä$ß"\' wörd',
  ]) {
    const bmc = await startBmc(t, { users: { admin: { password, privilege: 4 } } });
    const session = await clientFor(t).open(bmc.options({ password }));
    t.equal(session.suite, 'sha256-aes', password);
  }
  const bmc = await startBmc(t);
  const tooLong = clientFor(t).open(bmc.options({ password: 'twenty-one characters' }));
  t.equal(await reasonOf(tooLong), 'settings');
  t.same(bmc.executed, []);
});

t.test(
  'case 2, quirk 2: the next suite is taken after any refusal, but not after a wrong password',
  async (t) => {
    const ipmi = clientFor(t);
    for (const openStatus of [0x11, 0x04, 0x09]) {
      const bmc = await startBmc(t);
      let opens = 0;
      bmc.behaviour.delivers = (bytes) => {
        if (bytes[5] === 0x11) bmc.behaviour.openStatus = ++opens > 1 ? null : openStatus;
        return [bytes];
      };
      bmc.behaviour.openStatus = openStatus;
      const session = await ipmi.open(
        bmc.options({ suites: ['sha256-aes', 'sha256-aes', 'sha1-aes'] }),
      );
      t.ok(opens <= 3, `${opens} opens`);
      t.ok(session.isOpen);
      await session.close();
    }
    const bmc = await startBmc(t);
    t.equal(await reasonOf(ipmi.open(bmc.options({ password: 'wrong' }))), 'wrong-password');
    t.equal(bmc.sessions.size, 0);
  },
);

t.test('50, 54: when no suite is accepted, the first refusal is told', async (t) => {
  const bmc = await startBmc(t, { suites: [] });
  t.equal(await reasonOf(clientFor(t).open(bmc.options())), 'unsupported-suite');
});

t.test('54: suites that are not safe are refused by number, and used by name only', async (t) => {
  t.equal(suiteById(17), 'sha256-aes');
  t.equal(suiteById(3), 'sha1-aes');
  for (const id of [0, 1, 2]) t.throws(() => suiteById(id), /ask for it by its name/, String(id));
  t.throws(() => suiteById(8), /not supported/);
  const bmc = await startBmc(t, { suites: [2, 1, 0] });
  const ipmi = clientFor(t);
  t.equal(await reasonOf(ipmi.open(bmc.options())), 'unsupported-suite');
  const session = await ipmi.open(bmc.options({ suites: ['sha1-unencrypted'] }));
  t.equal(session.suite, 'sha1-unencrypted');
});

t.test('50: nobody gets more privilege than he has', async (t) => {
  const bmc = await startBmc(t);
  const ipmi = clientFor(t);
  const guest = { user: 'guest', password: 'guestpw' };
  t.equal(await reasonOf(ipmi.open(bmc.options(guest))), 'privilege');
  const session = await ipmi.open(bmc.options({ ...guest, privilege: 'user' }));
  t.match(await session.send(getChassisStatus), { on: false });
  t.match(await controlPower(session, 'on'), {
    outcome: 'not-done',
    by: 'answer',
    error: { reason: 'privilege' },
  });
  t.equal(bmc.count('0/2'), 0);
});

t.test('a session is opened with the privilege of an operator unless said', async (t) => {
  const bmc = await startBmc(t);
  const session = await clientFor(t).open(bmc.options({ user: 'operator', password: 'operpw' }));
  t.equal(session.privilege, 'operator');
  t.match(await controlPower(session, 'on'), { outcome: 'done' });
});

t.test('users can be looked up by name and role', async (t) => {
  const bmc = await startBmc(t);
  const session = await clientFor(t).open(bmc.options({ lookup: 'name-and-role' }));
  t.match(await session.send(getDeviceId), { id: 0x20 });
});

const deviations: readonly [WorkAround, Partial<Behaviour>, string][] = [
  ['open-session-privilege', { granted: 0 }, 'privilege'],
  ['payload-size', { overstatesPayloads: true }, 'no-answer'],
  ['role-without-lookup', { ignoresLookup: true }, 'wrong-password'],
];

for (const [workAround, behaviour, reason] of deviations)
  t.test(`a BMC that needs ${workAround} is refused without, and served with it`, async (t) => {
    const bmc = await startBmc(t, behaviour);
    const ipmi = clientFor(t);
    const { patience: _, ...options } = bmc.options();
    t.equal(await reasonOf(ipmi.open({ ...options, patience: brisk })), reason);
    const session = await ipmi.open(bmc.options({ workArounds: [workAround] }));
    t.match(await session.send(getChassisStatus), { on: false });
  });

t.test('a BMC that says nothing of itself is served where nobody asks it', async (t) => {
  const bmc = await startBmc(t, { delivers: (bytes) => (bytes[4] === 0 ? [] : [bytes]) });
  const ipmi = clientFor(t);
  t.equal(await reasonOf(ipmi.open(bmc.options({ patience: brisk }))), 'no-answer');
  const session = await ipmi.open(bmc.options({ workArounds: ['no-capabilities'] }));
  t.match(await session.send(getDeviceId), { id: 0x20 });
});

t.test('the check value of RAKP 4 is compared, unless that is waived', async (t) => {
  const bmc = await startBmc(t, {
    delivers(bytes) {
      if (bytes[5] === 0x15) bytes[bytes.length - 1]! ^= 1;
      return [bytes];
    },
  });
  const ipmi = clientFor(t);
  t.equal(await reasonOf(ipmi.open(bmc.options())), 'wrong-password');
  const session = await ipmi.open(bmc.options({ workArounds: ['unchecked-rakp4'] }));
  t.match(await session.send(getDeviceId), { id: 0x20 });
});

t.test('case 1, quirk 1: nothing is asked that BMCs are known not to answer', async (t) => {
  const bmc = await startBmc(t);
  await clientFor(t).open(bmc.options());
  t.equal(bmc.count('6/56'), 1, 'Get Channel Authentication Capabilities');
  t.equal(bmc.count('6/84'), 0, 'Get Channel Cipher Suites');
});

t.test(
  'quirk 10: a read whose answers are lost is asked again, and a busy BMC a little later',
  async (t) => {
    const bmc = await startBmc(t);
    const patience = { firstMs: 50, attempts: 8 };
    const session = await clientFor(t).open(bmc.options({ patience }));
    let lost = 2;
    bmc.behaviour.delivers = (bytes) => (lost-- > 0 ? [] : [bytes]);
    t.match(await session.send(getChassisStatus), { on: false });
    t.equal(bmc.count('0/1'), 3);
    let busy = 2;
    bmc.handlers.set('6/1', () => ({ completion: busy-- > 0 ? 0xc0 : 0xc1 }));
    t.equal(await reasonOf(session.send(getDeviceId)), 'refused');
    t.equal(bmc.count('6/1'), 3);
  },
);

t.test('answers that come twice, or too late for their request, confuse nobody', async (t) => {
  const bmc = await startBmc(t);
  const session = await clientFor(t).open(bmc.options());
  bmc.behaviour.delivers = (bytes) => [bytes, bytes];
  for (let round = 0; round < 100; round++) {
    bmc.on = round % 2 === 0;
    t.equal((await session.send(getChassisStatus)).on, bmc.on);
  }
});

t.test('47: an order without an answer is sent once, and its outcome read', async (t) => {
  const options = { observeMs: 1_000, everyMs: 50 };
  for (const [name, action, follows, expected] of [
    ['on that is followed', 'on', true, { outcome: 'done', by: 'state', on: true }],
    ['on that is not followed', 'on', false, { outcome: 'not-done', by: 'state', on: false }],
    ['a reset', 'reset', true, { outcome: 'unknown', by: 'nothing', on: false }],
    ['an interrupt', 'diagnostic-interrupt', true, { outcome: 'unknown', by: 'nothing' }],
    ['soft', 'soft', true, { outcome: 'unknown', by: 'nothing' }],
  ] as const) {
    const bmc = await startBmc(t);
    const session = await clientFor(t).open(bmc.options());
    bmc.handlers.set('0/2', () => {
      if (follows && action === 'on') bmc.on = true;
      return null;
    });
    t.match(await controlPower(session, action, options), expected, name);
    t.equal(bmc.count('0/2'), 1, name);
    // Time in which a repetition would come.
    for (let reads = 0; reads < 5; reads++) await session.send(getChassisStatus);
    t.equal(bmc.count('0/2'), 1, name);
  }
});

t.test('a cycle without an answer is known by the dark half of it', async (t) => {
  const bmc = await startBmc(t);
  bmc.on = true;
  const session = await clientFor(t).open(bmc.options());
  bmc.handlers.set('0/2', () => {
    bmc.on = false;
    return null;
  });
  const outcome = await controlPower(session, 'cycle', { everyMs: 50 });
  t.match(outcome, { outcome: 'done', by: 'state', on: false });
  t.equal(bmc.count('0/2'), 1);
});

t.test('48, quirk 10: an answer that says nothing certain is no outcome', async (t) => {
  const bmc = await startBmc(t);
  const session = await clientFor(t).open(bmc.options());
  bmc.handlers.set('0/2', () => ({ completion: 0xff }));
  const options = { observeMs: 500, everyMs: 50 };
  t.match(await controlPower(session, 'reset', options), {
    outcome: 'unknown',
    error: { completion: 0xff },
  });
  bmc.handlers.set('0/2', () => ({ completion: 0xd5 }));
  t.match(await controlPower(session, 'cycle', options), {
    outcome: 'not-done',
    by: 'answer',
    error: { completion: 0xd5 },
  });
  t.equal(bmc.count('0/2'), 2);
});

t.test('52: one order after the other, while reads overtake a late one', async (t) => {
  const bmc = await startBmc(t);
  const patience = { firstMs: 20, attempts: 20 };
  const session = await clientFor(t).open(bmc.options({ patience, orderPatienceMs: 1_500 }));
  bmc.handlers.set('0/2', () => null);
  const order = raw({ netFn: 0, code: 2 });
  const first = reasonOf(session.send(order, Buffer.of(3)));
  const second = reasonOf(session.send(order, Buffer.of(3)));
  await until('the first is out', () => bmc.count('0/2') === 1);
  t.match(await session.send(getChassisStatus), { on: false });
  t.equal(bmc.count('0/2'), 1, 'the second waits for the first');
  t.equal(await first, 'outcome-unknown');
  await until('the second is out', () => bmc.count('0/2') === 2);
  t.equal(await second, 'outcome-unknown');
});

t.test(
  'a BMC that has forgotten the session is noticed, and orders are not repeated',
  async (t) => {
    const bmc = await startBmc(t);
    const ipmi = clientFor(t);
    const session = await ipmi.open(bmc.options({ patience: brisk, keepAliveMs: 100 }));
    bmc.sessions.clear();
    t.match(await session.ended, { reason: 'lost' });
    t.equal(await reasonOf(session.send(getDeviceId)), 'lost');
    t.equal(ipmi.counts.sessions, 0);
  },
);

t.test('67: a silent session is kept alive', async (t) => {
  const bmc = await startBmc(t);
  const session = await clientFor(t).open(bmc.options({ keepAliveMs: 50 }));
  await until('it is asked for again and again', () => bmc.count('6/1') >= 3);
  t.ok(session.isOpen);
});

t.test('what waits is bounded: requests of a session, and sessions', async (t) => {
  const bmc = await startBmc(t, { delayMs: 200 });
  const ipmi = clientFor(t);
  const session = await ipmi.open(bmc.options({ queueMax: 4 }));
  const reasons = await Promise.all(
    Array.from({ length: 6 }, () => reasonOf(session.send(getDeviceId))),
  );
  t.same(reasons, [null, null, null, null, null, 'limit']);
});

t.test('case 5: a boot device is kept for longer than 60 s, where the BMC can', async (t) => {
  const bmc = await startBmc(t);
  let flags = Buffer.alloc(5);
  bmc.handlers.set('0/8', (data) => {
    if (data[0] === 5) flags = Buffer.from(data.subarray(1));
    return {};
  });
  bmc.handlers.set('0/9', () => ({ data: Buffer.concat([Buffer.of(1, 5), flags]) }));
  const session = await clientFor(t).open(bmc.options());
  const wanted = { device: 'pxe', persistent: true, efi: true } as const;
  t.same(await setBootFlags(session, wanted), {
    stored: { ...wanted, valid: true },
    lasting: true,
  });
  t.same(
    bmc.executed.filter((one) => one.startsWith('0/8')),
    ['0/8 0308', '0/8 05e004000000'],
  );
  bmc.handlers.set('0/8', (data) => (data[0] === 3 ? { completion: 0x80 } : {}));
  t.match(await setBootFlags(session, wanted), { lasting: null });
});

t.test('quirk 3: closing gives the session back, also when the first Close is lost', async (t) => {
  const bmc = await startBmc(t);
  const patience = { firstMs: 50, attempts: 8 };
  const session = await clientFor(t).open(bmc.options({ patience }));
  t.equal(bmc.sessions.size, 1);
  bmc.behaviour.delivers = (bytes, number) => (number % 2 === 0 ? [] : [bytes]);
  await session.close();
  t.equal(bmc.sessions.size, 0);
});

t.test('many sessions share few sockets, up to a limit', async (t) => {
  const { createIpmi } = await import('../../src/ipmi/index.ts');
  const bmc = await startBmc(t, { sessionsMax: 100 });
  const ipmi = createIpmi({ sessionsMax: 20, sessionsPerSocket: 10 });
  t.teardown(() => ipmi.close());
  const opened = await Promise.all(Array.from({ length: 20 }, () => ipmi.open(bmc.options())));
  t.equal(ipmi.counts.sockets, 2);
  t.equal(await reasonOf(ipmi.open(bmc.options())), 'limit');
  await opened[0]!.close();
  t.equal(await reasonOf(ipmi.open(bmc.options())), null);
});
