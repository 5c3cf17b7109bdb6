/** Clients that ask stations for something all the time, and what must be true of the log in the end. */

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { createClient } from '../../src/client/client.ts';
import type { EventReply } from '../../src/client/types.ts';
import { emptyHosts, isPassing, until } from './stations.ts';
import type { Stations } from './stations.ts';

/** Of one client, from an answer to what it asks for next, ms: there is work to do at all times, and not for all day. */
const betweenMs = 20;

/** A command that was acknowledged. */
export interface Acknowledged {
  readonly key: string;
  readonly fids: readonly string[];
  /** When the answer came, by this process, ms. */
  readonly at: number;
  /** How often it was asked for. */
  readonly attempts: number;
}

/** Several clients, each of which asks for one process after the other, by one key until it is acknowledged. */
export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers that are no part of the game. */
  readonly wrong: unknown[] = [];
  readonly #stations: Stations;
  readonly #workers: Promise<void>[];
  #isOver = false;

  constructor(stations: Stations, clients = 4) {
    this.#stations = stations;
    this.#workers = Array.from({ length: clients }, (_, i) => this.#work(i));
  }

  /** Waits until all that was asked for was acknowledged. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
  }

  /** Waits until so many more were acknowledged, of those that are asked for from now on too. */
  async more(count: number): Promise<void> {
    const before = this.acknowledged.length;
    const isThere = (): boolean => this.acknowledged.length >= before + count;
    await until(`${count} more are acknowledged`, () => isThere() || this.wrong.length > 0);
    if (!isThere()) throw new Error('an answer is out of the ordinary', { cause: this.wrong[0] });
  }

  /** The longest time in which nothing was acknowledged, ms, between two moments. */
  gap(from: number, to: number): number {
    const times = this.acknowledged.map(({ at }) => at).filter((at) => at >= from && at <= to);
    const all = [from, ...times.sort((a, b) => a - b), to];
    return Math.max(...all.slice(1).map((at, i) => at - all[i]!));
  }

  async #work(index: number): Promise<void> {
    const host = emptyHosts[index % emptyHosts.length]!;
    // Each begins with another station, so that all of them are asked.
    const urls = this.#stations.urls;
    let turn = index;
    while (!this.#isOver) {
      const key = randomUUID();
      // Endpoints of one address end at 4095.
      const lnid = `10.${Math.floor(this.acknowledged.length / 2_000)}.${index}.1@tcp`;
      for (let attempts = 1; ; attempts++) {
        const client = createClient({
          station: urls[turn % urls.length]!,
          token: this.#stations.token,
          timeoutMs: 5_000,
          busyMs: 0,
        });
        try {
          const options = { idempotencyKey: key };
          const body = { host, role: 'owned', overrides: { lnid } };
          const { processes } = await client.addProcess(body, options);
          const fids = processes.map(({ fid }) => fid);
          this.acknowledged.push({ key, fids, at: performance.now(), attempts });
          await pause(betweenMs);
          break;
        } catch (error) {
          if (!isPassing(error)) {
            this.wrong.push(error);
            return;
          }
          turn += 1;
          await pause(200);
        }
      }
    }
  }
}

/** Every event of a type, as one station tells them. */
export const eventsOf = async (
  stations: Stations,
  name: string,
  types: readonly string[],
): Promise<EventReply[]> => {
  const client = stations.client(name);
  const all: EventReply[] = [];
  for (let from = 0; ;) {
    const page = await client.listEvents({ from, limit: 1000, types });
    all.push(...page.events);
    if (page.next === null || page.next === undefined) return all;
    from = page.next;
  }
};

/** Waits until all stations are at one revision, and compares what they have made of the log. */
export const agree = async (t: Test, stations: Stations): Promise<number> => {
  const names = [...stations.members.values()].filter((one) => one.process).map(({ name }) => name);
  let seen: { head: number; digest: string }[] = [];
  await until('all stations are at one revision', async () => {
    seen = await Promise.all(
      names.map(async (name) => {
        const { head, digest } = await stations.client(name).log();
        return { head, digest };
      }),
    );
    return seen.every(({ head }) => head === seen[0]!.head);
  });
  t.same(
    seen.map(({ digest }) => digest),
    seen.map(() => seen[0]!.digest),
    `all stations have one digest at revision ${seen[0]!.head}`,
  );
  return seen[0]!.head;
};

/** Every command that was acknowledged is in the log once, and no command was carried out that was not asked for. */
export const storedOnce = async (
  t: Test,
  stations: Stations,
  loads: readonly Load[],
): Promise<void> => {
  await agree(t, stations);
  for (const { wrong } of loads) t.same(wrong, [], 'no answer was out of the ordinary');
  const acknowledged = loads.flatMap((load) => load.acknowledged);
  const fids = acknowledged.flatMap((one) => one.fids);
  const names = [...stations.members.values()].filter((one) => one.process).map(({ name }) => name);
  for (const name of names) {
    const added = (await eventsOf(stations, name, ['ProcessAdded'])).map(
      ({ data }) => (data as { fid: string }).fid,
    );
    t.equal(new Set(added).size, added.length, `${name}: no process was added twice`);
    t.same(
      added.toSorted(),
      fids.toSorted(),
      `${name}: ${fids.length} acknowledged, each stored once`,
    );
  }
};

/** The terms in the log, which only grow. */
export const termsOf = async (
  t: Test,
  stations: Stations,
): Promise<{ term: number; station: string }[]> => {
  const name = await stations.leads();
  const led = (await eventsOf(stations, name, ['StationLed'])).map(
    ({ data }) => data as { term: number; station: string },
  );
  const terms = led.map(({ term }) => term);
  t.same(
    terms,
    [...new Set(terms)].sort((a, b) => a - b),
    'every term is greater than the one before',
  );
  return led;
};
