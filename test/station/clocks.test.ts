/** The clocks of a station, when the wall's jumps and when the station stands still. */

import t from 'tap';
import { awakeClock, leapOf, logClock } from '../../src/station/clocks.ts';
import { systemTime } from '../../src/station/time.ts';
import { openStation, until } from './harness.ts';

const hour = 3_600_000;
const noon = 1_790_000_000_000;

const clocks = (last = noon) => {
  const time = { wall: noon, monotonic: 77, last };
  const now = logClock(
    () => time.wall,
    () => time.monotonic,
    () => time.last,
  );
  const pass = (ms: number): number => {
    time.wall += ms;
    time.monotonic += ms;
    return now();
  };
  return { time, now, pass };
};

t.test('the time of the log is that of the wall', async (t) => {
  const { time, now, pass } = clocks();
  t.equal(now(), noon);
  t.equal(pass(1000), noon + 1000);
  time.wall += hour;
  t.equal(now(), noon + 1000 + hour, 'when it jumps ahead, too');
});

t.test(
  'when the wall goes back, time in the log goes on, until the wall has caught up',
  async (t) => {
    const { time, now, pass } = clocks();
    time.wall -= hour;
    t.equal(now(), noon);
    t.equal(pass(1000), noon + 900);
    t.equal(pass(1000), noon + 1800);
    t.equal(pass(11 * hour), noon - hour + 2000 + 11 * hour);
  },
);

t.test('however often it jumps to and fro, the log is not led away', async (t) => {
  const { time, now, pass } = clocks();
  for (let i = 0; i < 1000; i += 1) {
    time.wall += i % 2 === 0 ? -hour : hour;
    pass(1000);
  }
  t.equal(now(), time.wall);
});

t.test(
  'what another station appended by a clock that is ahead has passed here as well',
  async (t) => {
    const { time, now, pass } = clocks();
    pass(1000);
    time.last = noon + hour;
    t.equal(now(), noon + hour);
    t.equal(pass(10_000), noon + hour + 9000);
    t.equal(pass(11 * hour), noon + 11_000 + 11 * hour, 'until its own is ahead');
  },
);

t.test('a log that is ahead of the wall goes on from its last commit', async (t) => {
  const { now, pass } = clocks(noon + hour);
  t.equal(now(), noon + hour);
  t.equal(pass(10_000), noon + hour + 9000);
});

t.test('time in which nobody looked is not time awake', async (t) => {
  let monotonic = 5;
  const awake = awakeClock(() => monotonic);
  t.equal(awake(), 0);
  monotonic += 250;
  t.equal(awake(), 250);
  monotonic += hour;
  t.equal(awake(), 750);
});

t.test('a leap is told apart from time that passes, once', async (t) => {
  const { time, now, pass } = clocks();
  const hasLeapt = leapOf(now, () => time.monotonic);
  pass(20_000);
  t.notOk(hasLeapt());
  time.wall += hour;
  t.ok(hasLeapt());
  pass(250);
  t.notOk(hasLeapt());
  time.wall -= hour;
  t.notOk(hasLeapt());
});

t.test('deadlines come although the wall has gone back by a day', async (t) => {
  let now = noon;
  const { station, fill, ask } = await openStation(t, { time: { ...systemTime, now: () => now } });
  await fill();
  const issued = await ask('POST', '/tokens', { name: 'x', role: 'viewer', expires_in: 1 });
  t.equal(issued.status, 201, issued.text);
  const { id } = issued.body;
  now -= 24 * hour;
  await until('the token to be gone', () => station.graph.get('credential', id) === undefined);
});
