/** What becomes of runs: it is put on record, and told. */

import type { Book } from './book.ts';
import type { OutputFiles } from './output-files.ts';
import type { Main } from './proc.ts';
import type { ReadinessWatch } from './readiness-watch.ts';
import type { Run, RunRecord } from './run-record.ts';
import type { Slot } from './slot.ts';
import type { End, SupervisorEvents } from './supervisor.ts';

export interface CourseOptions {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly book: Book;
  readonly outputs: OutputFiles;
  readonly readiness: ReadinessWatch;
  /** Called when a run is over. */
  readonly over: (slot: Slot) => void;
}

export class Course implements SupervisorEvents {
  readonly #options: CourseOptions;
  #closed = false;

  constructor(options: CourseOptions) {
    this.#options = options;
  }

  /** Nothing is put on record any more. */
  close(): void {
    this.#closed = true;
  }

  /** @throws Error where the record of a command that waits for it cannot be written */
  began(run: Run, main: Main | null): void {
    const { book, outputs, readiness } = this.#options;
    const slot = this.#slotOf(run);
    if (slot === undefined) return;
    const record: RunRecord = { ...slot.record!, phase: 'running', main };
    const isNew = slot.record!.phase === 'intent';
    if (isNew && record.supervisor === 'exec') book.write(slot, record);
    else book.keep(slot, record);
    if (isNew) readiness.watch(record, record, main);
    else if (main !== null) readiness.began(run, main);
    if (isNew && record.supervisor === 'exec') outputs.began(run.fid, main);
    if (!slot.stopping) book.observe(slot, record.online ? 'online' : 'starting');
  }

  ready(run: Run): void {
    const { book, readiness } = this.#options;
    const slot = this.#slotOf(run);
    if (slot?.record?.phase !== 'running' || slot.stopping || slot.record.online) return;
    readiness.forget(run);
    book.keep(slot, { ...slot.record, online: true });
    book.observe(slot, 'online');
  }

  ended(run: Run, end: End): void {
    const slot = this.#slotOf(run);
    if (slot === undefined) return;
    if (slot.stopping) slot.end = end;
    else this.over(slot, end);
  }

  /** The last run of a slot has ended. */
  over(slot: Slot, end: End): void {
    const { book, outputs, readiness, over } = this.#options;
    const record = slot.record!;
    const stopped = slot.observation?.state === 'stopping';
    const early = record.online || stopped ? '' : ' before it was ready';
    readiness.forget(record);
    book.keep(slot, { ...record, phase: 'ended', ...end, reason: end.reason + early });
    if (record.supervisor === 'exec') outputs.note(record.fid, end.reason);
    book.observe(slot, 'exited');
    over(slot);
  }

  /** The slot whose last run this is: an event of an earlier one concerns nobody. */
  #slotOf({ fid, nonce }: Run): Slot | undefined {
    const slot = this.#options.slots.get(fid);
    return slot?.record?.nonce === nonce && !this.#closed ? slot : undefined;
  }
}
