/** One link, kept: lost, had again, taken by others, stale after a crash. */

import t from 'tap';
import { ObmError } from '../../../src/obm/errors.ts';
import { reasonOf, settled, startConsole } from './played.ts';
import type { PlayedConsole } from './played.ts';

const recorder = {
  ...{ origin: 0, notKeptSince: null, wasConnected: null, data: () => undefined },
  ...{ mark: () => undefined, owner: async () => undefined, close: async () => undefined },
};
const taken = new ObmError('console-taken', 'another session has the console');

const kindsOf = ({ changes }: PlayedConsole): string[] =>
  changes.map((change) => (change.kind === 'lost' ? change.reason.reason : change.kind));

t.test(
  'a console without a log is kept as long as somebody looks, and a little longer',
  async (t) => {
    const played = await startConsole(t);
    const { obm, time, attach, console } = played;
    t.equal(obm.opened.length, 0);
    const { viewer, seen } = attach();
    await settled();
    obm.say('login: ');
    t.equal(seen.text, 'login: ');
    viewer.leave();
    await time.pass(29_000);
    attach();
    await time.pass(60_000);
    t.equal(obm.opened.length, 1);
    for (const one of console.viewers) one.leave();
    await time.pass(31_000);
    t.equal(obm.closed, 1);
    t.match(console.status().link, { kind: 'idle' });
    attach();
    await settled();
    t.equal(obm.opened.length, 2);
  },
);

t.test('a console with a log is kept whether or not anybody looks', async (t) => {
  const { obm, time } = await startConsole(t, { recorder });
  await time.pass(3_600_000);
  t.equal(obm.opened.length, 1);
  t.equal(obm.closed, 0);
});

t.test(
  'case 11: a console that is closed as soon as it is opened: at most 20 activations in ten minutes, and one line a change',
  async (t) => {
    const played = await startConsole(t, {
      recorder,
      prepare: (obm) => (obm.onOpen = () => obm.lose()),
    });
    const { obm, time } = played;
    await time.pass(600_000);
    t.ok(obm.opened.length <= 20, `${obm.opened.length}`);
    t.ok(obm.opened.length >= 10, `${obm.opened.length}`);
    t.same(kindsOf(played), ['connected', 'no-answer']);
    obm.onOpen = () => undefined;
    await time.pass(120_000);
    t.same(kindsOf(played), ['connected', 'no-answer', 'connected']);
  },
);

t.test('what comes over a link that is not announced yet has its gap marked', async (t) => {
  const { obm, time, attach } = await startConsole(t);
  const { seen } = attach();
  await settled();
  obm.say('one');
  obm.lose();
  await time.pass(3_000);
  obm.say('two');
  t.equal(seen.story, '<attached><connected>one<lost><gap>two');
  await time.pass(10_000);
  t.equal(seen.story, '<attached><connected>one<lost><gap>two<connected>');
});

t.test('61: a BMC that was away for two hours is had again within the capped pause', async (t) => {
  const played = await startConsole(t, { recorder });
  const { obm, time, attach } = played;
  const { seen } = attach();
  await time.pass(3_600_000);
  obm.say('before');
  obm.refuse = () => new ObmError('no-answer', 'the BMC does not answer');
  obm.lose();
  await time.pass(7_200_000);
  const tries = obm.opened.length;
  t.ok(tries < 200, 'at most one a minute, about');
  obm.refuse = () => null;
  await time.pass(60_000);
  t.ok(obm.isOpen);
  obm.say('after');
  t.equal(seen.story, '<connected><attached>before<lost><connected>after');
  t.same(kindsOf(played), ['connected', 'no-answer', 'connected']);
});

t.test('61: pauses grow to their longest, with chance in them, and begin anew', async (t) => {
  const { obm, time } = await startConsole(t, { recorder });
  obm.refuse = () => new ObmError('no-answer', 'silence');
  await time.pass(100_000);
  obm.lose();
  await time.pass(600_000);
  const pauses = obm.opened.slice(1).map((at, i) => at - (i === 0 ? 100_000 : obm.opened[i]!));
  t.same(pauses.slice(0, 7), [1_750, 3_500, 7_000, 14_000, 28_000, 52_500, 52_500]);
  obm.refuse = () => null;
  await time.pass(200_000);
  obm.lose();
  const before = obm.opened.length;
  await time.pass(1_750);
  t.equal(obm.opened.length, before + 1);
});

t.test(
  '61: reconnecting now does not wait for the pause, and is not asked for in a loop',
  async (t) => {
    const { obm, time, console, audit } = await startConsole(t, { recorder });
    const who = { principal: 'alice', source: '192.0.2.1' };
    obm.refuse = () => new ObmError('no-answer', 'silence');
    obm.lose();
    await time.pass(300_000);
    obm.refuse = () => null;
    console.reconnectNow(who);
    await settled();
    t.ok(obm.isOpen);
    obm.lose();
    await settled();
    t.equal(await reasonOf(() => console.reconnectNow(who)), 'limit');
    t.match(audit.at(-1), { what: 'reconnect', principal: 'alice' });
  },
);

t.test('case 10: wrong credentials are not tried again and again', async (t) => {
  const { obm, time } = await startConsole(t, {
    recorder,
    prepare: (obm) => (obm.refuse = () => new ObmError('credentials-refused', 'wrong password')),
  });
  await time.pass(3_600_000);
  t.ok(obm.opened.length <= 8, `${obm.opened.length}`);
});

t.test('59: who takes the console is waited for, and not fought', async (t) => {
  const played = await startConsole(t, { recorder });
  const { obm, time, attach } = played;
  const { seen } = attach();
  await settled();
  obm.say('ours');
  obm.refuse = () => taken;
  obm.lose(taken);
  await time.pass(600_000);
  t.same(obm.released, [], 'it is not taken back');
  t.same(kindsOf(played), ['connected', 'console-taken']);
  obm.refuse = () => null;
  await time.pass(60_000);
  obm.say('ours again');
  t.match(seen.story, /^<.*>ours<lost>.*ours again/);
});

t.test('case 12: a console that was taken for a moment is had again within 15 s', async (t) => {
  const played = await startConsole(t, { recorder });
  const { obm, time } = played;
  await time.pass(120_000);
  obm.lose(taken);
  await time.pass(15_000);
  t.ok(obm.isOpen);
  t.same(obm.released, []);
  t.same(kindsOf(played), ['connected', 'console-taken', 'connected']);
});

t.test('59: somebody may take it back by saying so', async (t) => {
  const { obm, time, console, audit } = await startConsole(t, { recorder });
  obm.refuse = () => taken;
  obm.lose(taken);
  await time.pass(20_000);
  t.equal(obm.released.length, 0);
  t.match(console.status().link, { kind: 'waiting', reason: { reason: 'console-taken' } });
  console.reconnectNow({ principal: 'bob', source: '192.0.2.2' }, { take: true });
  obm.refuse = () => null;
  await settled();
  t.equal(obm.released.length, 1);
  t.ok(obm.isOpen);
  t.match(audit.at(-1), { what: 'take', principal: 'bob' });
});

t.test('60: a console that is still ours from before a crash is taken back once', async (t) => {
  const { obm, time } = await startConsole(t, {
    recorder: { ...recorder, wasConnected: true },
    prepare: (obm) => (obm.refuse = () => (obm.released.length > 0 ? null : taken)),
  });
  t.same(obm.opened, [0]);
  await time.pass(10_000);
  t.same(obm.opened, [0, 3_000, 3_000], 'it was given a little time to end by itself');
  t.same(obm.released, [3_000]);
  t.ok(obm.isOpen);
  obm.refuse = () => taken;
  obm.lose(taken);
  await time.pass(600_000);
  t.equal(obm.released.length, 1, 'once, and never again');
});

t.test('60: one that ends by itself is not taken, nor one that cannot be ours', async (t) => {
  const first = await startConsole(t, { recorder, prepare: (obm) => (obm.refuse = () => taken) });
  first.obm.refuse = () => null;
  await first.time.pass(10_000);
  t.ok(first.obm.isOpen);
  t.same(first.obm.released, []);

  const second = await startConsole(t, {
    recorder: { ...recorder, wasConnected: false },
    prepare: (obm) => (obm.refuse = () => taken),
  });
  await second.time.pass(600_000);
  t.same(second.obm.released, []);
});

t.test('60: taking it back is tried once, also where that fails', async (t) => {
  const { obm, time } = await startConsole(t, {
    recorder,
    prepare: (obm) => (obm.refuse = () => taken),
  });
  await time.pass(3_600_000);
  t.equal(obm.released.length, 1);
});

t.test('60: one that we lost in silence may be ours still, and is taken back once', async (t) => {
  const { obm, time } = await startConsole(t, { recorder });
  await time.pass(120_000);
  obm.refuse = () => taken;
  obm.lose();
  await time.pass(600_000);
  t.equal(obm.released.length, 1);
  obm.refuse = () => null;
  await time.pass(60_000);
  obm.lose();
  obm.refuse = () => taken;
  await time.pass(600_000);
  t.equal(obm.released.length, 1, 'unless it did not hold for a while: nobody is fought');
});

t.test('an OBM that hands its console out too late gets it back', async (t) => {
  let late: () => void = () => undefined;
  const { obm, time } = await startConsole(t, {
    recorder,
    prepare: (obm) => (obm.answer = () => new Promise((resolve) => (late = resolve))),
  });
  await time.pass(59_000);
  t.equal(obm.opened.length, 1);
  obm.answer = () => Promise.resolve();
  await time.pass(3_000);
  t.equal(obm.opened.length, 2);
  late();
  await settled();
  t.equal(obm.closed, 1, 'the late one');
});

t.test("what comes over a link that is lost is nobody's", async (t) => {
  const { obm, time, attach } = await startConsole(t);
  const { seen } = attach();
  await settled();
  obm.say('one');
  const { say } = obm.link();
  obm.lose();
  await time.pass(3_000);
  say('late');
  obm.say('two');
  t.equal(seen.text, 'onetwo');
});
