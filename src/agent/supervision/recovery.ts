/**
 * Finds what an earlier agent has left: by its records, and by the marks of processes where a record
 * is lost. As long as that is not known, nothing is started in its place.
 */

import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Book } from './book.ts';
import type { ControlGroups } from './control-groups.ts';
import { inTurns } from './proc.ts';
import type { ProcessStat } from './proc.ts';
import { tellsOfRun } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import type { Slot } from './slot.ts';
import { presence } from './strays.ts';
import type { Ownership, Present } from './strays.ts';

/** Between two looks, as long as not all is known, ms. */
const pauseMs = { first: 200, max: 10_000 };

const hangs = 'waits for a device and cannot be looked into';
const hides = 'does not let this agent look into it';

export interface Findings {
  /** A record of an earlier agent. */
  record(record: RunRecord): void;
  /** A file for a record that says nothing. */
  lost(fid: string): void;
  /** All runs of a process that are there, those with a record among them. */
  present(fid: string, runs: readonly Present[]): void;
  /** More is known than before. */
  progress(): void;
}

export class Recovery {
  readonly #book: Book;
  readonly #groups: ControlGroups;
  readonly #log: Logger;
  readonly #findings: Findings;
  readonly #end = new AbortController();
  /** Why records cannot be read, by fid. */
  #unread = new Map<string, string>();
  #unseen: readonly ProcessStat[] = [];
  /** Whether all processes have been looked at. */
  #hasLooked = false;
  /** Why they could not be. */
  #blind: string | undefined;

  constructor(book: Book, groups: ControlGroups, log: Logger, findings: Findings) {
    this.#book = book;
    this.#groups = groups;
    this.#log = log;
    this.#findings = findings;
  }

  /** Finds what has a record at once, and the rest in its own time. */
  begin(own: Ownership): void {
    this.#read(this.#book.fids());
    void this.#lookUntilKnown(own);
  }

  close(): void {
    this.#end.abort();
  }

  /**
   * Why it is not known yet what there is of a process: empty where it is just being found out,
   * undefined where it is known.
   */
  obstacle({ fid, record, wanted }: Slot): string | undefined {
    if (!this.#hasLooked)
      return this.#blind === undefined ? '' : `processes cannot be looked at: ${this.#blind}`;
    if (tellsOfRun(record)) return undefined;
    const unread = this.#unread.get(fid);
    if (unread !== undefined) return `its record cannot be read: ${unread}`;
    const command = wanted?.command.join(' ') ?? '';
    const alike = this.#unseen.find(({ name }) => command.includes(name));
    if (alike === undefined) return undefined;
    const who = `process ${alike.pid} (${alike.name}) ${alike.state === 'D' ? hangs : hides}`;
    return `whether it runs already is not known: ${who}`;
  }

  #read(fids: Iterable<string>): void {
    const unread = new Map<string, string>();
    for (const fid of fids)
      try {
        const record = this.#book.record(fid);
        if (record === undefined) this.#findings.lost(fid);
        else this.#findings.record(record);
      } catch (error) {
        unread.set(fid, (error as Error).message);
      }
    this.#unread = unread;
  }

  async #lookUntilKnown(own: Ownership): Promise<void> {
    for (let pause = pauseMs.first; ; pause = Math.min(2 * pause, pauseMs.max)) {
      await this.#look(own);
      if (this.#end.signal.aborted) return;
      this.#findings.progress();
      if (this.#hasLooked && this.#unread.size === 0 && this.#unseen.length === 0) return;
      await wait(pause, undefined, { signal: this.#end.signal, ref: false }).catch(() => undefined);
      if (this.#end.signal.aborted) return;
      this.#read(this.#unread.keys());
    }
  }

  *#tell(runs: readonly Present[]): Generator<void, void> {
    for (const [fid, present] of Map.groupBy(runs, ({ run }) => run.fid)) {
      if (this.#end.signal.aborted) return;
      this.#findings.present(fid, present);
      yield;
    }
  }

  async #look(own: Ownership): Promise<void> {
    try {
      const { runs, unseen } = await presence(own, this.#groups);
      if (this.#end.signal.aborted) return;
      await inTurns(this.#tell(runs));
      if (this.#end.signal.aborted) return;
      this.#unseen = unseen;
      this.#hasLooked = true;
    } catch (error) {
      if (this.#blind === undefined)
        this.#log.error({ err: error }, 'processes cannot be looked at');
      this.#blind = (error as Error).message;
    }
  }
}
