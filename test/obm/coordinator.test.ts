/** Who is spoken to next about one OBM. */

import t from 'tap';
import { Coordinator } from '../../src/obm/coordinator.ts';
import type { CoordinatorSettings } from '../../src/obm/coordinator.ts';
import { ObmError } from '../../src/obm/errors.ts';
import { Network } from '../../src/obm/network.ts';
import type { Time } from '../../src/obm/time.ts';

/** Time that goes on when it is told to. */
class PlayedTime implements Time {
  #now = 0;
  readonly #due: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now + 1_800_000_000_000;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const one = { at: this.#now + ms, call };
    this.#due.push(one);
    return () => void (this.#due.includes(one) && this.#due.splice(this.#due.indexOf(one), 1));
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = end;
  }
}

/** Everything that can happen without time has happened. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

const make = (settings: Partial<CoordinatorSettings> = {}, places = 64) => {
  const time = new PlayedTime();
  const network = new Network(time, places);
  return { time, network, coordinator: new Coordinator(time, network, settings) };
};

/** Work that is done when it is told to be, and gives way when it is told to. */
const held = () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let begun = 0;
  const work = (signal: AbortSignal): Promise<string> => {
    begun++;
    return new Promise((done, reject) => {
      void promise.then(done);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  return { work, end: resolve, begun: () => begun };
};

const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof ObmError ? error.reason : String(error)),
  );

t.test('35: orders are carried out one at a time, in the order in which they came', async (t) => {
  const { coordinator } = make();
  const [first, second] = [held(), held()];
  const done: string[] = [];
  const both = Promise.all([
    coordinator.order(first.work).then((what) => done.push(what)),
    coordinator.order(second.work).then((what) => done.push(what)),
  ]);
  await settled();
  t.same([first.begun(), second.begun()], [1, 0]);
  second.end('second');
  await settled();
  t.same(done, [], 'nobody overtakes');
  first.end('first');
  await both;
  t.same(done, ['first', 'second']);
});

t.test('36: an order overtakes a read that hangs, which is done again afterwards', async (t) => {
  const { coordinator } = make();
  const [read, order] = [held(), held()];
  const seen = coordinator.read('power', read.work);
  await settled();
  t.equal(read.begun(), 1);
  const ordered = coordinator.order(order.work);
  await settled();
  t.equal(order.begun(), 1, 'while the read was under way');
  order.end('done');
  t.equal(await ordered, 'done');
  await settled();
  t.equal(read.begun(), 2);
  read.end('on');
  t.equal(await seen, 'on');
});

t.test('a thousand who ask for the same cause one look', async (t) => {
  const { coordinator } = make();
  const read = held();
  const seen = Array.from({ length: 1000 }, () => coordinator.read('power', read.work));
  await settled();
  read.end('on');
  t.same(new Set(await Promise.all(seen)), new Set(['on']));
  t.equal(read.begun(), 1);
  const later = coordinator.read('power', async () => 'off');
  t.equal(await later, 'off', 'what is asked afterwards is looked at anew');
});

t.test('37: a queue that is full refuses, and says so', async (t) => {
  const { coordinator } = make({ ordersMax: 2, readsMax: 2 });
  const work = held();
  const running = coordinator.order(work.work);
  await settled();
  const waiting = [1, 2].map(() => coordinator.order(work.work));
  t.equal(await reasonOf(coordinator.order(work.work)), 'busy');
  t.equal(coordinator.orders, 3);
  const reads = ['a', 'b'].map((kind) => coordinator.read(kind, async () => kind));
  t.equal(await reasonOf(coordinator.read('c', async () => 'c')), 'busy');
  work.end('done');
  await Promise.all([running, ...waiting, ...reads]);
  t.equal(coordinator.orders, 0);
});

t.test('52: between two things there is the pause that the BMC needs', async (t) => {
  const { coordinator, time } = make({ minIntervalMs: 500 });
  const at: number[] = [];
  const look = async (): Promise<number> => at.push(time.monotonic());
  const looks = ['a', 'b', 'c'].map((kind) => coordinator.read(kind, look));
  await time.pass(5_000);
  await Promise.all(looks);
  t.same(at, [0, 500, 1000]);
});

t.test('what takes too long ends, and the next one has its turn', async (t) => {
  const { coordinator, time } = make({ readMs: 3_000, orderMs: 7_000 });
  const never = held();
  const read = reasonOf(coordinator.read('power', never.work));
  await time.pass(3_000);
  t.equal(await read, 'no-answer');
  const order = reasonOf(coordinator.order(never.work));
  const next = coordinator.order(async () => 'next');
  await time.pass(7_000);
  t.equal(await order, 'no-answer');
  t.equal(await next, 'next');
});

t.test('case 10: credentials that are refused are not tried again and again', async (t) => {
  const { coordinator, time } = make();
  let [tries, isRight] = [0, false];
  const login = async (): Promise<string> => {
    tries++;
    if (isRight) return 'in';
    throw new ObmError('credentials-refused', 'no');
  };
  for (let second = 0; second < 600; second++) {
    t.equal(await reasonOf(coordinator.read('power', login)), 'credentials-refused');
    await time.pass(1_000);
  }
  t.ok(tries <= 5, `${tries} tries in ten minutes`);
  t.ok(coordinator.nextTry !== null);
  isRight = true;
  const seen: string[] = [];
  for (let second = 0; second < 310; second++) {
    seen.push(await reasonOf(coordinator.read('power', login)));
    await time.pass(1_000);
  }
  t.equal(seen.at(-1), 'none', 'the right password works at its try, whoever asks meanwhile');
  t.equal(coordinator.nextTry, null);
});

t.test('34: those that hang take no places of their network from those that answer', async (t) => {
  const time = new PlayedTime();
  const network = new Network(time, 2);
  const hung = Array.from({ length: 20 }, () => {
    const coordinator = new Coordinator(time, network);
    return reasonOf(coordinator.read('power', held().work));
  });
  await settled();
  const healthy = new Coordinator(time, network);
  let isSeen = false;
  const seen = healthy.read('power', async () => 'on').then(() => (isSeen = true));
  // Two at a time, a second each, come before it.
  await time.pass(10_000);
  t.ok(isSeen, 'although all of them hang for twenty seconds');
  await seen;
  await time.pass(60_000);
  t.same(new Set(await Promise.all(hung)), new Set(['no-answer']));
});

t.test('34: an order goes before all looks that wait for the same network', async (t) => {
  const time = new PlayedTime();
  const network = new Network(time, 1);
  for (let i = 0; i < 100; i++)
    void new Coordinator(time, network).read('power', held().work).catch(() => undefined);
  const coordinator = new Coordinator(time, network);
  const look = reasonOf(coordinator.read('power', held().work));
  await settled();
  let isDone = false;
  const ordered = coordinator.order(async () => (isDone = true));
  await time.pass(2_000);
  t.ok(isDone, 'although a hundred came before it, a second each');
  await ordered;
  coordinator.close();
  t.equal(await look, 'closed');
});

t.test('18: an order whose right ends is not begun, and not gone on with', async (t) => {
  const { coordinator } = make();
  const [first, second] = [held(), held()];
  const right = new AbortController();
  const orders = [
    coordinator.order(first.work, right.signal),
    coordinator.order(second.work, right.signal),
  ].map(reasonOf);
  await settled();
  right.abort(new ObmError('closed', 'revoked'));
  t.same(await Promise.all(orders), ['closed', 'closed']);
  t.same([first.begun(), second.begun()], [1, 0]);
  t.equal(await coordinator.order(async () => 'next', new AbortController().signal), 'next');
});

t.test('work that does not end although it is told to holds nobody up for long', async (t) => {
  const { coordinator, time } = make({ readMs: 1_000 });
  const deaf = reasonOf(coordinator.read('power', () => new Promise(() => undefined)));
  const next = coordinator.order(async () => 'next');
  await time.pass(10_000);
  t.equal(await next, 'next');
  await time.pass(10_000);
  t.equal(await deaf, 'no-answer');
});

t.test('what is closed fails what waits, and takes nothing more', async (t) => {
  const { coordinator } = make();
  const work = held();
  const all = [
    coordinator.order(work.work),
    coordinator.order(work.work),
    coordinator.read('power', work.work),
  ].map(reasonOf);
  await settled();
  coordinator.close();
  t.same(await Promise.all(all), ['closed', 'closed', 'closed']);
  t.equal(await reasonOf(coordinator.order(async () => 1)), 'closed');
  t.equal(await reasonOf(coordinator.read('x', async () => 1)), 'closed');
  t.equal(work.begun(), 1);
});
