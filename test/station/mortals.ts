/** A station and an OBM daemon that are killed at any moment and run again, and what is asked of them meanwhile. */

import type { Test } from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { startStation, temporary } from './harness.ts';
import type { Child } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';

type Victim = 'station' | 'obmd' | 'both';

/** Fails with what is wrong; undefined: nothing is. */
export const mustBeRight = (wrong: string | undefined): void => {
  if (wrong !== undefined) throw new Error(wrong);
};

export class Mortals {
  readonly daemon: Daemon;
  readonly proxy: ObmdProxy;
  /** Token of the administrator of the station. */
  readonly admin: string;
  deaths = 0;
  /** Calls that were cut off, and made again. */
  repeats = 0;
  readonly #t: Test;
  readonly #directory: string;
  readonly #done: string[] = [];
  #station: Child;
  /** Resolves when both run. */
  #up: Promise<void> = Promise.resolve();
  /** Makes those die now who are to die soon; null: nobody is. */
  #strike: (() => Promise<void>) | null = null;

  private constructor(
    t: Test,
    parts: { daemon: Daemon; proxy: ObmdProxy; directory: string; station: Child },
  ) {
    this.#t = t;
    this.daemon = parts.daemon;
    this.proxy = parts.proxy;
    this.#directory = parts.directory;
    this.#station = parts.station;
    this.admin = parts.station.admin!;
  }

  static async start(t: Test): Promise<Mortals> {
    const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
    const proxy = await ObmdProxy.start(t, () => daemon.url);
    const directory = temporary(t);
    const station = await startStation(t, directory);
    return new Mortals(t, { daemon, proxy, directory, station });
  }

  get station(): Child {
    return this.#station;
  }

  /** The last that was done, and the last that both logged. */
  get last(): string {
    const { stdout, stderr } = this.daemon.process;
    const logged = [this.#station.stdout(), this.#station.stderr(), stdout, stderr];
    return [...this.#done.slice(-300), ...logged.map((text) => text.slice(-3_000))].join('\n');
  }

  note(what: string): void {
    this.#done.push(`${new Date().toISOString()} ${what}`);
  }

  /** Asks again for as long as deaths come in between; without one there must be an answer. */
  async insist<T extends { readonly status: number; readonly text: string }>(
    name: string,
    ask: () => Promise<T>,
    inDoubt: () => Promise<void> = () => Promise.resolve(),
  ): Promise<{ readonly answer: T; readonly isRepeated: boolean }> {
    for (let isRepeated = false; ; isRepeated = true) {
      await this.#up;
      const deaths = this.deaths;
      const answer = await ask().catch((error: unknown) => {
        if (error instanceof TypeError) return undefined;
        throw error;
      });
      const end = answer ? `${answer.status} ${answer.text.slice(0, 200)}` : 'cut off';
      this.note(`${name}: ${end}`);
      if (answer && answer.status < 500) return { answer, isRepeated };
      if (this.deaths === deaths) throw new Error(`${name}: ${end}, although nobody died`);
      this.repeats++;
      await this.#up;
      await inDoubt();
    }
  }

  /** Somebody is to die: when the daemon is asked for something or has answered, or at some moment. */
  arrange(roll: () => number): void {
    if (this.#strike !== null) return;
    const one = <T>(list: readonly T[]): T => list[Math.floor(roll() * list.length)]!;
    const victim = one<Victim>(['station', 'station', 'obmd', 'obmd', 'both']);
    let struck: Promise<void> | undefined;
    const strike = (): Promise<void> => {
      this.proxy.cuts = () => false;
      return (struck ??= this.#die(victim));
    };
    this.#strike = strike;
    if (roll() < 0.4) {
      setTimeout(() => void strike(), roll() * (roll() < 0.7 ? 20 : 500));
      return;
    }
    const when = one(['before', 'after'] as const);
    let met = one([0, 0, 1]);
    this.proxy.cuts = async (call, now) => {
      if (now !== when || call.startsWith('GET') || met-- > 0) return false;
      await strike();
      return true;
    };
  }

  /** Those who are to die soon die now. */
  async strike(): Promise<void> {
    await this.#strike?.();
  }

  /** Resolves when the victim is dead; both run again some time later. */
  #die(victim: Victim): Promise<void> {
    this.deaths++;
    this.note(`${victim} dies`);
    const killed = this.#kill(victim);
    this.#up = killed.then(() => this.#begin(victim));
    // Whoever waits for it is told.
    this.#up.catch(() => undefined);
    return killed;
  }

  async #kill(victim: Victim): Promise<void> {
    const ends: Promise<void>[] = [];
    if (victim !== 'obmd')
      ends.push(
        this.#station.end('SIGKILL').then(({ code }) => {
          if (code !== null) throw new Error(`the station had ended by itself: ${code}`);
        }),
      );
    if (victim !== 'station')
      ends.push(
        this.daemon.process.stop('SIGKILL').then(({ signal }) => {
          if (signal !== 'SIGKILL') throw new Error('the OBM daemon had ended by itself');
        }),
      );
    await Promise.all(ends);
  }

  async #begin(victim: Victim): Promise<void> {
    if (victim !== 'station') await this.daemon.run();
    if (victim !== 'obmd')
      this.#station = await startStation(this.#t, this.#directory, { token: this.admin });
    this.note('both run');
    this.#strike = null;
  }
}
