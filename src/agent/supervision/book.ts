/** Keeps what is remembered of processes, and tells what is new about them. */

import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Observation, State } from './assignment.ts';
import { observationOf, RunRecords } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import type { Slot } from './slot.ts';

export class Book {
  readonly #records: RunRecords;
  readonly #onObservation: (observation: Observation) => void;
  readonly #log: Logger;

  /** @throws Error where the folder cannot be used */
  constructor(folder: string, onObservation: (observation: Observation) => void, log: Logger) {
    this.#records = new RunRecords(folder);
    this.#onObservation = onObservation;
    this.#log = log;
  }

  /** What an earlier agent has left. */
  records(): RunRecord[] {
    return this.#records.read((file, error) =>
      this.#log.error({ err: error, file }, 'a record of a run cannot be read; it is left out'),
    );
  }

  /** @throws Error where the record cannot be written */
  write(slot: Slot, record: RunRecord): void {
    this.#records.write(record);
    slot.record = record;
  }

  /**
   * Keeps a fact, written or not: an older record leads the next agent to look itself, so that
   * nothing runs twice.
   */
  keep(slot: Slot, record: RunRecord): void {
    slot.record = record;
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
}
