/** The library by a clock whose hands the test turns, and a network that it plays. */

import t from 'tap';
import { createIpmi, IpmiError } from '../../src/ipmi/index.ts';
import type { IpmiOptions, Time } from '../../src/ipmi/index.ts';

class PlayedTime implements Time {
  now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  monotonic(): number {
    return this.now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.now + ms, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Goes to the next timer; what it sets off has happened when this resolves. */
  async turn(): Promise<void> {
    const next = [...this.#timers].reduce((one, other) => (other.at < one.at ? other : one));
    this.#timers.delete(next);
    this.now = next.at;
    next.call();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const playedIpmi = (time: Time, sent: () => void, more: Partial<IpmiOptions> = {}) =>
  createIpmi({
    time,
    random: (count) => Buffer.alloc(count, 128),
    openSocket: async () => ({ send: sent, close: () => undefined }),
    ...more,
  });

t.test('a dead BMC costs a timer, and is given up after its time', async (t) => {
  const time = new PlayedTime();
  const at: number[] = [];
  const ipmi = playedIpmi(time, () => at.push(time.now));
  const opened = ipmi
    .open({ host: '127.0.0.1', user: 'admin', password: 'secret' })
    .catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  while (ipmi.counts.sessions > 0) {
    t.equal(time.timers, 1);
    await time.turn();
  }
  t.match(await opened, { reason: 'no-answer' });
  t.same(at, [0, 787.5, 2362.5]);
  t.equal(time.now, 5512.5);
  t.equal(time.timers, 0);
});

t.test('a network that cannot be reached is told from a BMC that is silent', async (t) => {
  const time = new PlayedTime();
  const ipmi = createIpmi({
    time,
    openSocket: async () => ({
      send: (_bytes, _to, failed) => failed(new Error('ENETUNREACH')),
      close: () => undefined,
    }),
  });
  const opened = ipmi
    .open({ host: '127.0.0.1', user: 'admin', password: 'secret' })
    .catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  while (ipmi.counts.sessions > 0) await time.turn();
  t.match(await opened, { reason: 'network' });
});

t.test('a name without an address is a matter of the network; nothing is sent', async (t) => {
  const ipmi = playedIpmi(new PlayedTime(), () => t.fail('sent'), {
    resolve: () => Promise.reject(new Error('ENOTFOUND')),
  });
  const opened = ipmi.open({ host: 'bmc.example', user: 'admin', password: 'secret' });
  const error = await opened.catch((error: unknown) => error);
  t.ok(error instanceof IpmiError);
  t.match(error, { reason: 'network' });
  t.equal(ipmi.counts.sessions, 0);
});

t.test('14: neither errors nor sessions show a secret', async (t) => {
  const time = new PlayedTime();
  const ipmi = playedIpmi(time, () => undefined);
  const opened = ipmi
    .open({ host: '127.0.0.1', user: 'admin', password: 'pass-of-mine', kg: 'key-of-mine' })
    .catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  while (ipmi.counts.sessions > 0) await time.turn();
  const { inspect } = await import('node:util');
  const shown = inspect([await opened, ipmi], { depth: 20, showHidden: true });
  t.notMatch(shown, /of-mine/);
});
