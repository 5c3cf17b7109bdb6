/** Consoles: of OpenIPMI's simulator, and of a BMC that takes little, late, or not at all. */

import t from 'tap';
import type { Test } from 'tap';
import { getDeviceId, openConsole, releaseConsole } from '../../src/ipmi/index.ts';
import type { ConsoleOptions, SerialConsole, Session } from '../../src/ipmi/index.ts';
import { encodeSolPlace } from '../../src/ipmi/commands/payload.ts';
import { decodeSolToBmc, encodeSolToConsole } from '../../src/ipmi/packet/sol.ts';
import type { SolToBmc, SolToConsole } from '../../src/ipmi/packet/sol.ts';
import { startFakeHost } from './fake-host.ts';
import { startBmc } from './played-bmc.ts';
import type { PlayedBmc, PlayedSession } from './played-bmc.ts';
import { clientFor, reasonOf, sessionWith, startSimulator, until } from './simulator.ts';

interface Seen {
  readonly console: SerialConsole;
  readonly text: () => string;
}

const consoleOf = async (session: Session, more: Partial<ConsoleOptions> = {}): Promise<Seen> => {
  let text = '';
  const data = (bytes: Buffer): void => void (text += bytes.toString('latin1'));
  const console = await openConsole(session, { data, ...more });
  return { console, text: () => text };
};

const simulated = async (t: Test, echoes = false) => {
  const host = await startFakeHost(t, { echoes });
  const simulator = await startSimulator(t, host.port);
  await until('the serial line is connected', host.isConnected);
  return { host, simulator };
};

t.test('what a machine writes is seen, and what is typed arrives', async (t) => {
  const { host, simulator } = await simulated(t);
  const { console, text } = await consoleOf(await sessionWith(t, simulator));
  host.write('login: ');
  await until('the prompt is seen', () => text() === 'login: ');
  await console.write(Buffer.from('root\r'));
  await until('the name has arrived', () => host.typed() === 'root\r');
});

t.test(
  '63: a paste of 4,000 characters arrives whole, in pieces that the BMC can take',
  async (t) => {
    const { host, simulator } = await simulated(t);
    const { console } = await consoleOf(await sessionWith(t, simulator));
    const paste = Array.from(
      { length: 400 },
      (_, line) => `line ${String(line).padStart(4, '0')}\n`,
    );
    await console.write(Buffer.from(paste.join('')));
    await until('all has arrived', () => host.typed().length === 4_000);
    t.equal(host.typed(), paste.join(''));
  },
);

t.test('64: a burst of 160,000 characters is seen whole', async (t) => {
  const { host, simulator } = await simulated(t);
  const { text } = await consoleOf(await sessionWith(t, simulator));
  const burst = Array.from({ length: 2_000 }, (_, line) => `${String(line).padStart(78, '.')}\r\n`);
  host.write(burst.join(''));
  await until('all is seen', () => text().length >= 160_000);
  t.equal(text(), burst.join(''));
});

t.test('63: a break arrives as one, between what was typed before and after', async (t) => {
  const { host, simulator } = await simulated(t);
  const { console } = await consoleOf(await sessionWith(t, simulator));
  await console.write(Buffer.from('before'));
  await console.sendBreak();
  await console.write(Buffer.from('after'));
  await until('all has arrived', () => host.typed() === 'beforeafter');
  t.equal(host.breaks(), 1);
});

t.test('commands go on while a console is open', async (t) => {
  const { host, simulator } = await simulated(t, true);
  const session = await sessionWith(t, simulator);
  const { console, text } = await consoleOf(session);
  const asked = Array.from({ length: 20 }, () => session.send(getDeviceId));
  await console.write(Buffer.from('x'.repeat(500)));
  t.equal((await Promise.all(asked)).length, 20);
  await until('the echo is seen', () => text() === 'x'.repeat(500));
  t.equal(host.typed().length, 500);
});

t.test('a second console is refused while another session has it', async (t) => {
  const { simulator } = await simulated(t);
  const { console } = await consoleOf(await sessionWith(t, simulator));
  const other = await sessionWith(t, simulator);
  t.equal(await reasonOf(consoleOf(other)), 'taken');
  await console.close();
  t.match(await console.ended, { reason: 'closed' });
  t.equal(await reasonOf(consoleOf(other)), null);
});

t.test(
  '59: who loses his console is told so: when it is released, and when it is taken',
  async (t) => {
    const { simulator } = await simulated(t);
    const first = await consoleOf(await sessionWith(t, simulator), { keepAliveMs: 100 });
    const other = await sessionWith(t, simulator);
    await releaseConsole(other);
    t.match(await first.console.ended, { reason: 'deactivated' });
    t.equal(await reasonOf(first.console.write(Buffer.from('x'))), 'deactivated');
    await releaseConsole(other);
    t.pass('to release what is not active is a success');

    const second = await consoleOf(await sessionWith(t, simulator), { keepAliveMs: 1_500 });
    await releaseConsole(other);
    await consoleOf(other);
    t.match(await second.console.ended, { reason: 'taken' });
  },
);

t.test('a console ends with its session', async (t) => {
  const { simulator } = await simulated(t);
  const session = await sessionWith(t, simulator);
  const { console } = await consoleOf(session);
  await session.close();
  t.match(await console.ended, { reason: 'closed' });
});

t.test('59: a BMC that hangs is noticed by its console', async (t) => {
  const { simulator } = await simulated(t);
  const patience = { firstMs: 100, attempts: 3 };
  const session = await sessionWith(t, simulator, { patience });
  const { console } = await consoleOf(session, { keepAliveMs: 200 });
  simulator.child.kill('SIGSTOP');
  t.match(await console.ended, { reason: 'lost' });
});

const nothing: SolToConsole = {
  ...{ sequence: 0, acknowledged: 0, accepted: 0, nack: false, data: Buffer.alloc(0) },
  ...{ unavailable: false, deactivated: false, overrun: false, breaks: false },
};

interface PlayedConsole {
  readonly bmc: PlayedBmc;
  readonly session: Session;
  /** Every packet that came with characters or a break. */
  readonly packets: SolToBmc[];
  /** What the console has acknowledged: packet and characters. */
  readonly acknowledged: [number, number][];
  readonly say: (packet: Partial<SolToConsole>) => void;
}

/** @param answer what the BMC does about a packet with characters */
const played = async (
  t: Test,
  answer: (packet: SolToBmc, say: PlayedConsole['say']) => void,
): Promise<PlayedConsole> => {
  const bmc = await startBmc(t);
  const packets: SolToBmc[] = [];
  const acknowledged: [number, number][] = [];
  let owner: PlayedSession | null = null;
  const say = (packet: Partial<SolToConsole>): void => {
    if (owner !== null) bmc.sendSol(owner, encodeSolToConsole({ ...nothing, ...packet }));
  };
  bmc.handlers.set('6/72', (_, session) => {
    if (owner !== null) return { completion: 0x80 };
    owner = session;
    return { data: encodeSolPlace({ toBmc: 36, toConsole: 36, port: 623 }) };
  });
  bmc.handlers.set('6/73', () => {
    const wasActive = owner !== null;
    owner = null;
    return { completion: wasActive ? 0 : 0x80 };
  });
  bmc.handlers.set('6/74', () => ({ data: Buffer.of(1, owner === null ? 0 : 1, 0) }));
  bmc.handlers.set('6/75', () => {
    const data = Buffer.alloc(12);
    data.writeUInt32LE(owner?.id ?? 0);
    return { data };
  });
  bmc.onSol = (payload) => {
    const packet = decodeSolToBmc(payload);
    if (packet.acknowledged !== 0) acknowledged.push([packet.acknowledged, packet.accepted]);
    if (packet.sequence === 0) return;
    packets.push({ ...packet, data: Buffer.from(packet.data) });
    answer(packet, say);
  };
  const session = await clientFor(t).open(bmc.options());
  return { bmc, session, packets, acknowledged, say };
};

t.test('characters that a BMC has no room for are sent again, and no other', async (t) => {
  let arrived = '';
  const { session, packets } = await played(t, ({ sequence, data }, say) => {
    const accepted = Math.min(10, data.length);
    arrived += data.subarray(0, accepted).toString();
    say({ acknowledged: sequence, accepted, nack: accepted < data.length });
  });
  const { console } = await consoleOf(session);
  const text = 'The quick brown fox jumps over the lazy dog, twice.';
  await console.write(Buffer.from(text));
  t.equal(arrived, text);
  t.ok(packets.every(({ data }) => data.length <= 32));
  t.ok(
    packets.every(({ sequence }, at) => at === 0 || sequence === packets[at - 1]!.sequence + 1),
    'what is left goes in a packet of its own',
  );
});

t.test('a packet that is not acknowledged is sent again as it was', async (t) => {
  let lost = 2;
  const { session, packets } = await played(t, ({ sequence, data }, say) => {
    if (lost-- <= 0) say({ acknowledged: sequence, accepted: data.length });
  });
  const { console } = await consoleOf(session);
  await console.write(Buffer.from('once'));
  t.same(
    packets.map(({ sequence, data }) => [sequence, data.toString()]),
    [
      [1, 'once'],
      [1, 'once'],
      [1, 'once'],
    ],
  );
});

t.test('acknowledgements that come twice, or late, lose nothing', async (t) => {
  let arrived = '';
  let late = 0;
  const { session } = await played(t, ({ sequence, data }, say) => {
    const accepted = Math.min(3, data.length);
    arrived += data.subarray(0, accepted).toString();
    if (late > 0) say({ acknowledged: late, accepted: 3 });
    for (let times = 0; times < 3; times++) say({ acknowledged: sequence, accepted });
    late = sequence;
  });
  const { console } = await consoleOf(session);
  await console.write(Buffer.from('abcdefghijklmnopqrstuvwxyz'));
  t.equal(arrived, 'abcdefghijklmnopqrstuvwxyz');
});

t.test('what is typed while the BMC has no room waits for it', async (t) => {
  let arrived = '';
  const { session } = await played(t, ({ sequence, data }, say) => {
    const accepted = Math.min(2, data.length);
    arrived += data.subarray(0, accepted).toString();
    say({ acknowledged: sequence, accepted, nack: true });
  });
  const { console } = await consoleOf(session);
  const text = 'abcdefghijkl';
  const written = [...text].map(async (character, place) => {
    await new Promise((resolve) => setTimeout(resolve, 20 * place));
    await console.write(Buffer.from(character));
  });
  await Promise.all(written);
  t.equal(arrived, text);
});

t.test('a BMC that takes nothing any more ends the console', async (t) => {
  const { session } = await played(t, () => undefined);
  const { console } = await consoleOf(session);
  const written = reasonOf(console.write(Buffer.from('x')));
  t.match(await console.ended, { reason: 'no-answer' });
  t.equal(await written, 'no-answer');
});

t.test('what a machine writes is seen once, although the BMC sends it again', async (t) => {
  const { session, say, acknowledged } = await played(t, () => undefined);
  let gaps = 0;
  const { text } = await consoleOf(session, { gap: () => void gaps++ });
  for (const [sequence, data] of [
    [14, 'one '],
    [14, 'one '],
    [15, 'two '],
    [14, 'one '],
    [1, 'thr'],
    [1, 'three '],
    [2, 'four'],
  ] as const)
    say({ sequence, data: Buffer.from(data) });
  await until('all is seen', () => text().endsWith('four'));
  t.equal(text(), 'one two three four');
  t.equal(gaps, 0);
  t.same(acknowledged.at(-1), [2, 4]);
  say({ sequence: 4, data: Buffer.from('six') });
  await until('the next is seen', () => text().endsWith('six'));
  t.equal(gaps, 1, 'that five is missing is told');
});

t.test('a BMC may end a console by itself', async (t) => {
  const { session, say } = await played(t, () => undefined);
  const { console } = await consoleOf(session);
  say({ deactivated: true });
  t.match(await console.ended, { reason: 'deactivated' });
});

t.test('an activation whose answer is lost is known to be ours', async (t) => {
  const { bmc, packets } = await played(t, ({ sequence, data }, say) =>
    say({ acknowledged: sequence, accepted: data.length }),
  );
  const activate = bmc.handlers.get('6/72')!;
  let lost = 1;
  bmc.handlers.set('6/72', (data, owner) => {
    const answer = activate(data, owner);
    return lost-- > 0 ? null : answer;
  });
  const ipmi = clientFor(t);
  const patience = { firstMs: 100, attempts: 8 };
  const { console } = await consoleOf(await ipmi.open(bmc.options({ patience })));
  t.equal(bmc.count('6/72'), 2);
  await console.write(Buffer.from('x'));
  t.equal(packets.length, 1);
  t.equal(await reasonOf(consoleOf(await ipmi.open(bmc.options({ patience })))), 'taken');
});

t.test('case 12: that a console was not active is a success when it is released', async (t) => {
  const { session, bmc } = await played(t, () => undefined);
  await releaseConsole(session);
  t.equal(bmc.count('6/73'), 1);
});

t.test('what waits to be typed is bounded', async (t) => {
  const { session } = await played(t, () => undefined);
  const { console } = await consoleOf(session, { queueMax: 100 });
  const first = reasonOf(console.write(Buffer.alloc(100)));
  t.equal(await reasonOf(console.write(Buffer.alloc(1))), 'limit');
  await console.close();
  t.equal(await first, 'closed');
});

for (const [workAround, place, reason] of [
  ['sol-port', { toBmc: 36, toConsole: 36, port: 0x6f02 }, 'refused'],
  ['sol-payload-size', { toBmc: 0x2400, toConsole: 0x2400, port: 623 }, 'malformed'],
] as const)
  t.test(`a BMC that needs ${workAround} is refused without, and served with it`, async (t) => {
    const { bmc } = await played(t, () => undefined);
    bmc.handlers.set('6/72', () => ({ data: encodeSolPlace(place) }));
    const ipmi = clientFor(t);
    const strict = await ipmi.open(bmc.options());
    t.equal(await reasonOf(consoleOf(strict)), reason);
    const lenient = await ipmi.open(bmc.options({ workArounds: [workAround] }));
    t.equal(await reasonOf(consoleOf(lenient)), null);
  });
