/** An OBM daemon without its process: its log may fail when it is told to, and its clock stands still. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { HeardTerms } from '../../src/disk/heard-terms.ts';
import { SealedFile } from '../../src/disk/sealed-file.ts';
import { createIpmi } from '../../src/ipmi/index.ts';
import { openMemoryLog } from '../../src/log/memory.ts';
import type { MemoryStorage } from '../../src/log/memory.ts';
import { eventOf } from '../../src/obm/catalogue/events.ts';
import type { ObmEvent } from '../../src/obm/catalogue/events.ts';
import { KeptSessions } from '../../src/obm/kept-sessions.ts';
import { Obmd } from '../../src/obm/obmd.ts';
import type { ObmdSettings } from '../../src/obm/obmd.ts';
import { systemRandom } from '../../src/obm/time.ts';
import type { Time } from '../../src/obm/time.ts';

type Kept<T extends ObmEvent['type']> = Extract<ObmEvent, { readonly type: T }>['data'];

export const admin = { actor: 'admin', request: 'test' };

export class HeldObmd {
  obmd!: Obmd;
  /** Of all that ran on the same log. */
  readonly warnings: string[] = [];
  /** Commands of which nothing is kept: their appends fail. */
  readonly refused = new Set<string>();
  readonly #t: Test;
  readonly #time: Time;
  readonly #settings: Partial<ObmdSettings>;
  readonly #storage: MemoryStorage = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'halcyon-obmd-'));
  readonly #key = randomBytes(32);

  private constructor(t: Test, time: Time, settings: Partial<ObmdSettings>) {
    this.#t = t;
    this.#time = time;
    this.#settings = settings;
  }

  static async start(
    t: Test,
    time: Time,
    settings: Partial<ObmdSettings> = { pacing: { powerMs: 0 } },
  ): Promise<HeldObmd> {
    const held = new HeldObmd(t, time, settings);
    t.teardown(async () => {
      await held.obmd.close();
      rmSync(held.#folder, { recursive: true, force: true });
    });
    await held.run();
    return held;
  }

  /** Starts it, or starts it again on what it left, whether or not that was closed. */
  async run(): Promise<void> {
    const say = (_: object, message: string): void => void this.warnings.push(message);
    this.obmd = await Obmd.open({
      log: openMemoryLog({
        storage: this.#storage,
        store: ({ command }) => {
          if (this.refused.has(command)) throw new Error('the disk is full');
        },
      }),
      credentials: new SealedFile(join(this.#folder, 'credentials.json'), this.#key),
      sessions: new KeptSessions(join(this.#folder, 'sessions'), this.#key),
      terms: new HeardTerms(join(this.#folder, 'terms')),
      ...{ ipmi: createIpmi(), privateDirectory: this.#folder, consoleDirectory: null },
      ...{ time: this.#time, random: systemRandom, settings: this.#settings },
      logger: { info: () => undefined, warn: say, error: say },
      lost: (error) => this.#t.fail(error.message),
    });
    this.obmd.start();
  }

  /** All that is kept, in order. */
  async events(): Promise<ObmEvent[]> {
    const events: ObmEvent[] = [];
    for await (const commit of openMemoryLog({ storage: this.#storage }).read(0 as never))
      events.push(...commit.events.map(eventOf));
    return events;
  }

  /** What is kept of one kind. */
  async kept<T extends ObmEvent['type']>(type: T): Promise<Kept<T>[]> {
    const all = (await this.events()) as readonly { type: string; data: unknown }[];
    return all.filter((event) => event.type === type).map(({ data }) => data as Kept<T>);
  }
}
