/** Stations that append to one log at once, each with its mirror, while lines and mirrors come and go. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openMirroredLog } from '../../src/log/mirror/open-mirror.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import type { SharedMemoryLog } from '../../src/log/shared-memory.ts';
import { Collector } from './collector.ts';
import { commitAt, range } from './contract.ts';

/** A mirror is never thrown away here. */
const news = {
  info: (): void => undefined,
  warn: (_details: object, message: string): void => {
    throw new Error(message);
  },
};

/** A station's log, and what it has heard since it was opened. */
class Mirrored {
  readonly #storage: SharedMemory;
  readonly #directory: string;
  readonly #name: string;
  /** What becomes of the next commits, one each. */
  readonly silences: ('kept' | 'lost' | 'late')[] = [];
  engine!: SharedMemoryLog;
  log!: EventLog;
  heard!: Collector;
  #issued = 0;
  /** Notes of commits that were acknowledged. */
  readonly acknowledged: string[] = [];

  constructor(storage: SharedMemory, directory: string, name: string) {
    this.#storage = storage;
    this.#directory = join(directory, name);
    this.#name = name;
  }

  async open(): Promise<void> {
    this.engine = openSharedMemoryLog({
      storage: this.#storage,
      store: () => this.silences.shift(),
    });
    const options = { engine: this.engine, directory: this.#directory, news };
    this.log = await openMirroredLog(options);
    this.heard = new Collector();
    this.log.subscribe(revision(0), this.heard.listener);
  }

  async close(): Promise<void> {
    await this.log.close();
  }

  /** Appends so many commits at once, behind what it knows. */
  async append(count: number): Promise<void> {
    const from = this.log.head();
    const notes = range(0, count).map(() => `${this.#name} ${(this.#issued += 1)}`);
    const ends = notes.map(async (note, i) => {
      const at = from + i + 1;
      await this.log.append(commitAt(at, note), revision(at - 1));
      if (this.heard.seen.at(-1)! < at)
        throw new RangeError('acknowledged before it was delivered');
      this.acknowledged.push(note);
    });
    for (const { reason } of (await Promise.allSettled(ends)) as { reason?: unknown }[])
      if (reason instanceof RangeError) throw reason;
  }
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append'), count: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('both append'), count: fc.nat(20) }) },
  fc.record({ kind: fc.constantFrom('hold', 'release', 'restart', 'rest'), count: fc.nat(5) }),
  fc.record({ kind: fc.constantFrom('kept', 'lost', 'late'), count: fc.constant(1) }),
  fc.record({ kind: fc.constant('append while cut'), count: fc.nat(20) }),
);

const steps = fc.array(fc.record({ who: fc.nat(1), action }), { minLength: 10, maxLength: 40 });

const take = async (kind: string, count: number, own: Mirrored, all: Mirrored[]): Promise<void> => {
  switch (kind) {
    case 'append':
      return own.append(count);
    case 'both append':
      await Promise.all(all.map((one) => one.append(count)));
      return;
    case 'append while cut':
      own.engine.line.cut('refused');
      await own.append(count);
      return own.engine.line.restore();
    case 'hold':
      return own.engine.line.hold();
    case 'release':
      return own.engine.line.release();
    case 'restart':
      await own.close();
      return own.open();
    case 'rest':
      for (let i = 0; i < count; i += 1) await turn();
      return;
    default:
      own.silences.push(kind as 'kept');
  }
};

t.test('two mirrors of one log hear the same, each commit once and in order', async (t) => {
  const property = fc.asyncProperty(steps, async (steps) => {
    const directory = mkdtempSync(join(tmpdir(), 'halcyon-mirrors-'));
    const storage = new SharedMemory();
    const all = ['one', 'other'].map((name) => new Mirrored(storage, directory, name));
    try {
      for (const one of all) await one.open();
      for (const { who, action } of steps) await take(action.kind, action.count, all[who]!, all);
      storage.land();
      const bodies = range(0, storage.head).map((at) => storage.stored(at)!.body);
      for (const { engine, heard, log } of all) {
        engine.line.release();
        await heard.reach(storage.head);
        t.same(heard.seen, range(0, storage.head));
        const read = await Array.fromAsync(log.read(revision(0)), (commit) =>
          JSON.stringify(commit),
        );
        t.same(read, bodies);
        t.equal(await log.checksum(log.head()), storage.stored(storage.head)?.crc ?? 0);
      }
      const kept = bodies.map((body) => (JSON.parse(body).events[0].data as { note: string }).note);
      for (const note of all.flatMap(({ acknowledged }) => acknowledged))
        t.equal(kept.filter((one) => one === note).length, 1, `${note} is kept once`);
    } finally {
      for (const one of all) await one.close();
      rmSync(directory, { recursive: true });
    }
  });
  await fc.assert(property, { numRuns: 25, seed: 31 });
});
