/** Random deaths, pauses and cuts of stations and of PostgreSQL servers, under load; and what must be true afterwards. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { randomFrom } from '../lifecycle/random-faults.ts';
import { Load, storedOnce, termsOf } from './history.ts';
import { Stations, lease } from './stations.ts';
import type { Member } from './stations.ts';

export interface Choices {
  readonly seconds: number;
  /** The same one gives the same decisions, as far as things come in the same order. */
  readonly seed: number;
}

export const runRandomFaults = async (t: Test, { seconds, seed }: Choices): Promise<void> => {
  t.comment(`seed ${seed}; again: HALCYON_SEED=${seed} HALCYON_SECONDS=${seconds}`);
  const stations = await Stations.open(t);
  const load = new Load(stations, 4);
  const chaos = new Chaos(stations, seed);
  try {
    await chaos.run(seconds * 1000);
    await chaos.heal();
    await load.more(20);
    await load.stop();
    await storedOnce(t, stations, [load]);
    const led = await termsOf(t, stations);
    t.comment(
      `${chaos.done.length} faults, ${load.acknowledged.length} commands, ${led.length} terms`,
    );
    t.ok(chaos.done.length > 0, 'something was done');
  } catch (error) {
    t.comment(chaos.done.slice(-60).join('\n'));
    throw error;
  }
};

class Chaos {
  readonly done: string[] = [];
  readonly #stations: Stations;
  readonly #random: (bound: number) => number;

  constructor(stations: Stations, seed: number) {
    this.#stations = stations;
    this.#random = randomFrom(seed);
  }

  async run(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      await this.#act();
      await pause(this.#random(3_000));
    }
  }

  /** All runs, and reaches all. */
  async heal(): Promise<void> {
    for (const { name, process, links } of this.#stations.members.values()) {
      links.mend();
      if (!process || process.hasEnded) await this.#stations.start(name);
    }
  }

  #note(what: string): void {
    this.done.push(`${new Date().toISOString()} ${what}`);
  }

  #member(): Member {
    const all = [...this.#stations.members.values()];
    return all[this.#random(all.length)]!;
  }

  async #act(): Promise<void> {
    const dice = this.#random(100);
    const member = this.#member();
    if (dice < 25) return this.#kill(member, 'SIGKILL');
    if (dice < 35) return this.#kill(member, 'SIGTERM');
    if (dice < 55) return this.#freeze(member);
    if (dice < 75) return this.#cut(member);
    if (dice < 85) return this.#failOver();
    return this.#freezeServer();
  }

  async #kill({ name }: Member, signal: NodeJS.Signals): Promise<void> {
    this.#note(`end ${name} by ${signal}`);
    await this.#stations.kill(name, signal);
    await pause(this.#random(lease * 2_000));
    await this.#stations.start(name);
    this.#note(`${name} is back`);
  }

  async #freeze({ name }: Member): Promise<void> {
    this.#note(`${name} stands still`);
    this.#stations.freeze(name);
    await pause(this.#random(lease * 2_500));
    this.#stations.thaw(name);
    this.#note(`${name} goes on`);
  }

  async #cut({ name, links }: Member): Promise<void> {
    const isTold = this.#random(2) === 0;
    this.#note(`${name} is cut off${isTold ? ', and told' : ''}`);
    if (isTold) links.cut();
    else links.blackOut();
    await pause(this.#random(lease * 2_500));
    links.mend();
    this.#note(`${name} reaches the log`);
  }

  async #failOver(): Promise<void> {
    const { servers } = this.#stations;
    const old = servers.primary;
    this.#note(`the primary ${old.name} dies`);
    await servers.fail();
    await pause(this.#random(3_000));
    await servers.rejoin(old);
    await servers.following();
    this.#note(`${servers.primary.name} is the primary`);
  }

  /** What was sent to it is answered late, or was given up by then. */
  async #freezeServer(): Promise<void> {
    const all = this.#stations.servers.servers;
    const server = all[this.#random(all.length)]!;
    this.#note(`server ${server.name} stands still`);
    server.freeze();
    await pause(this.#random(15_000));
    server.thaw();
    this.#note(`server ${server.name} goes on`);
  }
}
