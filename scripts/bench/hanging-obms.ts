/**
 * What OBMs that hang cost the others: reads of the API and orders to 450 OBMs that answer, in a daemon with 50 more
 * that answer as well, and in one whose 50 never answer. Both daemons run, and are asked in turns.
 *
 *     scripts/node scripts/bench/hanging-obms.ts [OBMS [ROUNDS]]
 */

import { join } from 'node:path';
import { Pool } from 'undici';
import { startHalcyon } from './halcyon.ts';
import type { Running } from './halcyon.ts';
import { quantile, report } from './report.ts';
import { withDirectory } from './station.ts';

const [, , obms = '500', asked = '6'] = process.argv;
const [count, rounds] = [Number(obms), Number(asked)];
const hanging = Math.floor(count / 10);
/** Of each daemon in each round, ms. */
const roundMs = 3_000;
const inFlight = 8;
/** What OBMs that answer take for it, ms; those that hang take as long as may be said. */
const latency = { answers: 20, hangs: 600_000 } as const;

class Daemon {
  readonly #running: Running;
  readonly #pool: Pool;
  readonly #authorization: string;
  readonly reads: number[] = [];
  readonly orders: number[] = [];
  #turn = 0;

  private constructor(running: Running) {
    const { url, admin } = running;
    this.#running = running;
    this.#pool = new Pool(url, { connections: 2 * inFlight });
    this.#authorization = `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}`;
  }

  /** With some OBMs; the first ones take another time than the others. */
  static async start(data: string, firstMs: number): Promise<Daemon> {
    // It looks at each every five seconds, at those that hang too.
    const daemon = new Daemon(
      await startHalcyon('obmd', data, ['--poll', '5', '--no-console-log']),
    );
    for (let i = 0; i < count; i += 1) {
      const info = { latency_ms: i < hanging ? firstMs : latency.answers, boot_ms: 0 };
      await daemon.#ask('PUT', `/node/n${i}`, { type: 'dummy', info });
    }
    return daemon;
  }

  async #ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<void> {
    const answer = await this.#pool.request({
      ...{ method, path, headers: { authorization: this.#authorization } },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode}`);
  }

  /** Nobody asks the same OBM twice at once: then one would wait for the other. */
  #next(): string {
    this.#turn = (this.#turn + 1) % (count - hanging);
    return `/v2/obms/n${hanging + this.#turn}`;
  }

  async measure(): Promise<void> {
    const until = performance.now() + roundMs;
    const work = async (ask: () => Promise<void>, taken: number[]): Promise<void> => {
      while (performance.now() < until) {
        const began = performance.now();
        await ask();
        taken.push(performance.now() - began);
      }
    };
    const order = (): Promise<void> =>
      this.#ask('POST', `${this.#next()}/power`, { action: 'cycle' });
    const readOne = (): Promise<void> => this.#ask('GET', this.#next());
    await Promise.all(
      Array.from({ length: inFlight }, () => [
        work(order, this.orders),
        work(readOne, this.reads),
      ]).flat(),
    );
  }

  async stop(): Promise<void> {
    await this.#pool.close();
    await this.#running.stop();
  }
}

await withDirectory(async (directory) => {
  const healthy = await Daemon.start(join(directory, 'healthy'), latency.answers);
  const troubled = await Daemon.start(join(directory, 'troubled'), latency.hangs);
  // The first round is for warming up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const daemon of [healthy, troubled]) await daemon.measure();
    if (round > 0) continue;
    for (const { reads, orders } of [healthy, troubled]) reads.length = orders.length = 0;
  }
  report(
    `${hanging} of ${count} OBMs hang`,
    (['reads', 'orders'] as const).map((what) => ({
      name: `p99 of ${what} of the others`,
      value: quantile(troubled[what], 0.99),
      unit: 'ms',
      limit: { name: 'where none hangs, ms', value: quantile(healthy[what], 0.99) },
      target: { atMost: 1.1 },
    })),
  );
  await Promise.all([healthy.stop(), troubled.stop()]);
});
