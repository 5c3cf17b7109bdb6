/** Many who look: who is slow, who is too many, whose right has ended. */

import t from 'tap';
import { reasonOf, settled, Spectator, startConsole } from './played.ts';

const alice = { principal: 'alice', source: '192.0.2.1' };

t.test('57: 50 readers and a writer see the same bytes', async (t) => {
  const { obm, attach, console } = await startConsole(t);
  const all = Array.from({ length: 51 }, (_, i) => attach({ principal: `user${i}` }));
  await settled();
  const { viewer } = all[50]!;
  t.same(console.requestWriter(viewer), { isGranted: true });
  for (let i = 0; i < 100; i += 1) obm.say(`line ${i}\r\n`);
  const expected = Array.from({ length: 100 }, (_, i) => `line ${i}\r\n`).join('');
  for (const { seen } of all) t.equal(seen.text, expected);
});

t.test('one who stands still is cut with what he has missed, and holds nobody up', async (t) => {
  const settings = { ringBytes: 8_192, unreadMax: 8_192 };
  const { obm, attach, console } = await startConsole(t, { settings });
  const stalled = attach();
  const { seen } = attach();
  await settled();
  stalled.seen.isFull = true;
  for (let i = 0; i < 10; i += 1) obm.say(Buffer.alloc(1_000, String(i)));
  t.equal(stalled.seen.bytes.length, 1_000);
  t.match(stalled.seen.ends, [{ why: 'slow', missed: 9_000 }]);
  t.equal(seen.bytes.length, 10_000);
  t.equal(console.viewers.size, 1);
  stalled.viewer.resume();
  t.equal(stalled.seen.bytes.length, 1_000);
});

t.test(
  'case 15: one who would rather miss something goes on at the newest, and knows how much',
  async (t) => {
    const settings = { ringBytes: 32_768, unreadMax: 32_768 };
    const { obm, attach } = await startConsole(t, { settings });
    const { viewer, seen } = attach({ onSlow: 'skip' });
    await settled();
    seen.isFull = true;
    for (let i = 0; i < 100; i += 1) obm.say(Buffer.alloc(1_000, 'x'));
    obm.say('the end');
    seen.isFull = false;
    viewer.resume();
    const skipped = /(\d+) bytes were skipped/.exec(seen.markers.at(-1)!.text)!;
    t.equal(seen.bytes.length + Number(skipped[1]), 100_007);
    t.ok(seen.text.endsWith('the end'));
    t.same(seen.ends, []);
  },
);

t.test('one who takes nothing for a minute although something waits is cut', async (t) => {
  const { obm, attach, time } = await startConsole(t);
  const { seen } = attach({ onSlow: 'skip' });
  const quiet = attach();
  await settled();
  seen.isFull = true;
  obm.say('x');
  await time.pass(59_000);
  t.same(seen.ends, []);
  await time.pass(2_000);
  t.match(seen.ends, [{ why: 'standstill' }]);
  t.same(quiet.seen.ends, [], 'silence is no standstill');
});

t.test('what is shown at first is no more than may wait', async (t) => {
  const settings = { ringBytes: 16_384, unreadMax: 5_000 };
  const { obm, attach, console } = await startConsole(t, { settings });
  attach({ onSlow: 'skip' });
  await settled();
  const { end } = console.status();
  for (let i = 0; i < 10; i += 1) obm.say(Buffer.alloc(1_000, String(i)));
  const { seen } = attach();
  t.equal(seen.bytes.length, 5_000);
  t.same(seen.ends, []);
  const resumed = attach({ from: { position: end } });
  t.equal(resumed.seen.bytes.length, 5_000);
  t.match(resumed.seen.markers[0], { kind: 'skipped', text: /^5000 bytes/ });
});

t.test('one whose sink fails is ended, and nobody else', async (t) => {
  const { obm, attach } = await startConsole(t);
  class Broken extends Spectator {
    override data(): boolean {
      throw new Error('write after end');
    }
  }
  const broken = attach({ sink: new Broken() });
  const { seen } = attach();
  await settled();
  obm.say('on and on');
  t.match(broken.seen.ends, [{ why: 'failed' }]);
  t.equal(seen.text, 'on and on');
});

t.test('viewers are bounded: of a console, of a principal, and in all', async (t) => {
  const limits = { inAll: 5, perPrincipal: 3 };
  const { attach, hub } = await startConsole(t, { settings: { viewersMax: 4 }, limits });
  const first = [attach(), attach(), attach()];
  t.equal(await reasonOf(() => attach()), 'limit');
  attach({ principal: 'bob' });
  t.equal(await reasonOf(() => attach({ principal: 'carol' })), 'limit');
  first[0]!.viewer.leave();
  attach({ principal: 'carol' });
  t.equal(hub.viewers, 4);

  const wide = await startConsole(t, { limits });
  for (let i = 0; i < 5; i += 1) wide.attach({ principal: `user${i}` });
  t.equal(await reasonOf(() => wide.attach({ principal: 'user5' })), 'limit');
});

t.test('viewers are ended at once: not one byte reaches them any more', async (t) => {
  const { obm, attach, hub, console } = await startConsole(t);
  const kept = attach({ principal: 'bob' });
  const ended = [attach(), attach()];
  await settled();
  obm.say('before');
  hub.endViewers(({ principal }) => principal === 'alice', 'the token was revoked');
  for (const { seen, viewer } of ended) {
    t.match(seen.ends, [{ why: 'revoked', message: 'the token was revoked' }]);
    const { length } = seen.items;
    obm.say('after');
    console.mark('note', 'after');
    viewer.resume();
    t.equal(seen.items.length, length);
    t.equal(seen.ends.length, 1);
  }
  t.equal(kept.seen.text, 'beforeafterafter');
});

t.test('one who is ended in the middle of what he is given gets no more of it', async (t) => {
  const { obm, attach, hub } = await startConsole(t);
  class Revoking extends Spectator {
    override data(bytes: Buffer, position: number): boolean {
      super.data(bytes, position);
      hub.endViewers(() => true, 'revoked');
      return true;
    }
  }
  const other = attach();
  const { seen } = attach({ sink: new Revoking() });
  await settled();
  obm.say(Buffer.alloc(50_000, 'x'));
  t.equal(seen.bytes.length, 4_096);
  t.equal(other.seen.bytes.length, 4_096);
});

t.test('a viewer ends with his signal', async (t) => {
  const { obm, attach, console } = await startConsole(t);
  const abort = new AbortController();
  const { seen } = attach({ signal: abort.signal });
  await settled();
  abort.abort();
  obm.say('x');
  t.match(seen.ends, [{ why: 'left' }]);
  t.equal(seen.text, '');
  t.equal(console.viewers.size, 0);
  t.equal(await reasonOf(() => attach({ signal: abort.signal })), 'closed');
});

t.test('a new owner sees nothing of the old one, who sees nothing of the new', async (t) => {
  const { obm, attach, console } = await startConsole(t);
  const old = attach();
  await settled();
  obm.say('password of the old owner');
  await console.newOwner(2);
  t.match(old.seen.ends, [{ why: 'owner-changed' }]);
  obm.say('of the new');
  t.equal(await reasonOf(() => attach()), 'privilege');
  const { seen } = attach({ epoch: 2, from: { position: 0 } });
  t.equal(seen.text, 'of the new');
  t.ok(seen.markers.every(({ text }) => !text.includes('alice looks no more')));
  t.equal(old.seen.text, 'password of the old owner');
});

t.test('57: a second writer is refused, told by whom; a take-over tells the loser', async (t) => {
  const { attach, console, time, audit } = await startConsole(t);
  const one = attach();
  const two = attach({ principal: 'bob', source: '192.0.2.2' });
  await settled();
  console.requestWriter(one.viewer);
  await time.pass(5_000);
  t.same(console.requestWriter(two.viewer), { isGranted: false, holder: alice, idleMs: 5_000 });
  t.equal(await reasonOf(() => console.write(two.viewer, Buffer.from('x'))), 'refused');
  console.takeWriter(two.viewer);
  t.match(one.seen.roles.at(-1), {
    ...{ isWriter: false, why: 'taken', by: { principal: 'bob', source: '192.0.2.2' } },
  });
  t.match(two.seen.roles.at(-1), { isWriter: true });
  t.match(one.seen.markers.at(-1), {
    ...{ kind: 'writer', text: 'bob from 192.0.2.2 types instead of alice from 192.0.2.1' },
  });
  await console.write(two.viewer, Buffer.from('x'));
  t.equal(await reasonOf(() => console.write(one.viewer, Buffer.from('x'))), 'refused');
  console.giveWriterBack(two.viewer);
  t.same(console.requestWriter(one.viewer), { isGranted: true });
  t.same(
    audit.map(({ what, principal }) => `${principal} ${what}`),
    [
      ...['alice attached', 'bob attached', 'alice writer', 'bob refused', 'bob took'],
      ...['bob wrote', 'bob gave-back', 'alice writer'],
    ],
  );
  one.viewer.leave();
  t.same(console.requestWriter(two.viewer), { isGranted: true }, 'it goes with who had it');
});

t.test('67: the right to type is given back after its limit, and not before', async (t) => {
  const { attach, console, time } = await startConsole(t, { settings: { writerIdleMs: 60_000 } });
  const { viewer, seen } = attach();
  await settled();
  console.requestWriter(viewer);
  for (let i = 0; i < 5; i += 1) {
    await time.pass(50_000);
    await console.write(viewer, Buffer.from('x'));
  }
  t.equal(seen.roles.length, 1);
  await time.pass(61_000);
  t.match(seen.roles.at(-1), { isWriter: false, why: 'idle' });
  t.equal(await reasonOf(() => console.write(viewer, Buffer.from('x'))), 'refused');
});

t.test('22: who may only read cannot become the writer', async (t) => {
  const { attach, console } = await startConsole(t);
  const { viewer } = attach({ mayWrite: false });
  t.equal(await reasonOf(() => console.requestWriter(viewer)), 'privilege');
  t.equal(await reasonOf(() => console.takeWriter(viewer)), 'privilege');
});

t.test('63: a paste of 4 KiB, 8-bit bytes and a break arrive exactly, in order', async (t) => {
  const { attach, console, obm } = await startConsole(t);
  const { viewer } = attach();
  await settled();
  console.requestWriter(viewer);
  const paste = Buffer.from(Array.from({ length: 4_096 }, (_, i) => i % 256));
  const all = [console.write(viewer, paste), console.sendBreak(viewer)];
  all.push(console.write(viewer, Buffer.from('\r\nü')));
  await Promise.all(all);
  const breakAt = obm.typed.indexOf(null);
  const before = Buffer.concat(obm.typed.slice(0, breakAt).map((bytes) => bytes!));
  t.ok(before.equals(paste));
  const after = Buffer.concat(obm.typed.slice(breakAt + 1).map((bytes) => bytes!));
  t.equal(after.toString(), '\r\nü');
});

t.test('what waits to be typed is bounded, and dropped with the right to type it', async (t) => {
  const { attach, console, obm } = await startConsole(t, { settings: { typedMax: 2_000 } });
  const one = attach();
  const two = attach({ principal: 'bob' });
  await settled();
  console.requestWriter(one.viewer);
  let go: () => void = () => undefined;
  obm.take = () => new Promise((resolve) => (go = resolve));
  const written = reasonOf(() => console.write(one.viewer, Buffer.alloc(2_000, 'a')));
  t.equal(await reasonOf(() => console.write(one.viewer, Buffer.from('x'))), 'limit');
  console.takeWriter(two.viewer);
  t.equal(await written, 'closed');
  obm.take = () => Promise.resolve();
  go();
  await console.write(two.viewer, Buffer.from('bob'));
  t.equal(obm.text(), `${'a'.repeat(512)}bob`);
});

t.test('what a viewer typed is not typed any more when his right has ended', async (t) => {
  const { attach, console, obm } = await startConsole(t);
  const { viewer } = attach();
  await settled();
  console.requestWriter(viewer);
  let go: () => void = () => undefined;
  obm.take = () => new Promise((resolve) => (go = resolve));
  const written = reasonOf(() => console.write(viewer, Buffer.alloc(5_000, 'a')));
  console.endViewers(() => true, 'revoked');
  t.equal(await written, 'closed');
  obm.take = () => Promise.resolve();
  go();
  await settled();
  t.equal(obm.text().length, 512);
  t.equal(await reasonOf(() => console.takeWriter(viewer)), 'closed');
});

t.test('what is typed while the console is away is refused', async (t) => {
  const { attach, console, obm } = await startConsole(t);
  const { viewer } = attach();
  await settled();
  console.requestWriter(viewer);
  obm.take = () => new Promise(() => undefined);
  const waiting = reasonOf(() => console.write(viewer, Buffer.alloc(2_000)));
  obm.lose();
  t.equal(await waiting, 'no-answer');
  t.equal(await reasonOf(() => console.write(viewer, Buffer.from('x'))), 'no-answer');
});

t.test(
  '68: who attached, typed, took and broke, from where, and how much but never what',
  async (t) => {
    const { attach, console, audit, time } = await startConsole(t);
    const { viewer } = attach();
    await settled();
    console.requestWriter(viewer);
    for (const key of 'hunter2\r') await console.write(viewer, Buffer.from(key));
    await time.pass(60_000);
    await console.write(viewer, Buffer.from('more'));
    await console.sendBreak(viewer);
    viewer.leave();
    t.same(
      audit.map(({ what, bytes, source }) => [what, bytes, source]),
      [
        ...[
          ['attached', 0],
          ['writer', 0],
          ['wrote', 8],
          ['wrote', 4],
          ['break', 0],
        ],
        ...[
          ['gave-back', 0],
          ['left', 0],
        ],
      ].map((entry) => [...entry, '192.0.2.1']),
    );
    t.notMatch(JSON.stringify(audit), 'hunter2');
  },
);

t.test('closing ends viewers, gives the console back, and is done once', async (t) => {
  const { attach, hub, obm, console, time } = await startConsole(t);
  const { seen } = attach();
  await settled();
  await hub.remove('n1');
  t.match(seen.ends, [{ why: 'closed' }]);
  t.equal(obm.closed, 1);
  t.equal(await reasonOf(() => attach()), 'closed');
  await console.close();
  t.equal(obm.closed, 1);
  t.equal(time.timers, 0, 'nothing is left behind');
});
