/** Keeps what is remembered of processes, and tells what is new about them. */

import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Observation, State } from './assignment.ts';
import { NotARecord, observationOf, RunRecords } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import type { Slot } from './slot.ts';
import { StateDirectory } from './state-directory.ts';
import { saysGone } from './unknown.ts';

export class Book {
  readonly #records: RunRecords;
  readonly #onObservation: (observation: Observation) => void;
  readonly #log: Logger;
  readonly #state: StateDirectory;

  /** @throws Error where the folder cannot be used */
  constructor(folder: string, onObservation: (observation: Observation) => void, log: Logger) {
    this.#records = new RunRecords(folder);
    this.#onObservation = onObservation;
    this.#log = log;
    this.#state = new StateDirectory(dirname(folder), log);
  }

  /** The processes of which an earlier agent has left a file. */
  fids(): string[] {
    return this.#records.fids();
  }

  /**
   * What an earlier agent has left of a process; undefined where it is no record.
   *
   * @throws Error where it cannot be read now
   */
  record(fid: string): RunRecord | undefined {
    try {
      return this.#records.read(fid);
    } catch (error) {
      if (saysGone(error)) return undefined;
      if (!(error instanceof NotARecord)) throw error;
      this.#log.error(
        { err: error, fid },
        'the record of a run is lost; its processes are looked for',
      );
      return undefined;
    }
  }

  /** Looks after the records: what could not be kept meanwhile is kept once it can be. */
  look(slots: Iterable<Slot>): void {
    if (!this.#state.look()) return;
    for (const slot of slots) if (slot.record !== undefined) this.keep(slot, slot.record);
  }

  /** @throws Error where the record cannot be written, or would not be found again */
  write(slot: Slot, record: RunRecord): void {
    this.#mustBeInPlace();
    this.#records.write(record);
    slot.record = record;
  }

  /** The same for the first one, which a power cut leaves there, if not what is in it. */
  async writeFirst(slot: Slot, record: RunRecord): Promise<void> {
    this.#mustBeInPlace();
    await this.#records.writeFirst(record);
    slot.record = record;
    slot.isLost = false;
  }

  /**
   * Keeps a fact, written or not: an older record leads the next agent to look itself, so that
   * nothing runs twice.
   */
  keep(slot: Slot, record: RunRecord): void {
    slot.record = record;
    // It was said, and is written when the directory is back.
    if (this.#state.trouble() !== undefined) return;
    try {
      this.#records.write(record);
    } catch (error) {
      this.#log.error({ err: error, fid: slot.fid }, 'a record of a run cannot be written');
    }
  }

  remove(fid: string): void {
    this.#records.remove(fid);
  }

  /** Tells the state of the last run. */
  observe(slot: Slot, state: State): void {
    this.tell(slot, observationOf(slot.record!, state));
  }

  /** Tells what is new, and only that. */
  tell(slot: Slot, observation: Observation): void {
    if (isDeepStrictEqual(observation, slot.observation)) return;
    slot.observation = observation;
    this.#onObservation(observation);
  }

  #mustBeInPlace(): void {
    const trouble = this.#state.trouble();
    if (trouble !== undefined) throw new Error(trouble);
  }
}
