/** Hears when runs become ready, whichever way each of them has to say so. */

import type { Logger } from 'pino';
import type { Assignment } from './assignment.ts';
import { NotifySockets } from './notify-sockets.ts';
import type { Main } from './proc.ts';
import { ReadinessProbes } from './readiness.ts';
import type { Run, RunRecord } from './run-record.ts';

/** Between two attempts to listen, ms. */
const retryMs = 10_000;

export class ReadinessWatch {
  readonly #probes: ReadinessProbes;
  readonly #sockets: NotifySockets;
  readonly #ready: (run: Run) => void;
  readonly #log: Logger;
  /** Runs that cannot be listened to yet, by fid. */
  readonly #deaf = new Map<string, RunRecord>();
  #due = 0;

  /**
   * @param folder for sockets
   * @param ready is called when a run is ready; more than once where it says so more than once
   */
  constructor(folder: string, ready: (run: Run) => void, log: Logger) {
    this.#probes = new ReadinessProbes(ready);
    this.#sockets = new NotifySockets(folder);
    this.#ready = ready;
    this.#log = log;
  }

  /** Path of the socket on which a process says that it is ready. */
  path(fid: string): string {
    return this.#sockets.path(fid);
  }

  /**
   * Listens to a run that is about to begin, where it says by itself that it is ready.
   *
   * @throws {Refusal | NotNow} the socket cannot be made
   */
  async listen(record: Pick<RunRecord, keyof Run | 'supervisor' | 'ready'>): Promise<void> {
    if (record.ready.kind === 'notify' && record.supervisor === 'exec')
      await this.#sockets.open(record.fid, () => this.#ready(record));
  }

  /** Asks a run that has begun. */
  watch(run: Run, how: Pick<Assignment, 'ready' | 'endpoint'>, main: Main | null): void {
    this.#probes.watch(run, how);
    if (main !== null) this.#probes.began(run, main);
  }

  /** Both, of a run that an earlier agent has begun. */
  resume(record: RunRecord): void {
    this.watch(record, record, record.main);
    this.#deaf.set(record.fid, record);
    this.#listenAgain();
  }

  /** Its main process is known, or has become another one. */
  began(run: Run, main: Main): void {
    this.#probes.began(run, main);
  }

  /** Whether it is ready is known by now, or does not matter any more. */
  forget(run: Run): void {
    this.#probes.forget(run);
    this.#deaf.delete(run.fid);
    this.#sockets.close(run.fid);
  }

  tick(): void {
    this.#probes.tick();
    if (this.#deaf.size > 0 && performance.now() >= this.#due) this.#listenAgain();
  }

  /** Asks nobody any more. */
  stop(): void {
    this.#probes.clear();
    this.#deaf.clear();
  }

  close(): void {
    this.#sockets.closeAll();
  }

  #listenAgain(): void {
    this.#due = performance.now() + retryMs;
    for (const record of this.#deaf.values()) void this.#hear(record);
  }

  async #hear(record: RunRecord): Promise<void> {
    try {
      await this.listen(record);
      if (this.#deaf.get(record.fid) === record) this.#deaf.delete(record.fid);
    } catch (error) {
      const { fid } = record;
      this.#log.error({ err: error, fid, again_ms: retryMs }, 'it cannot say that it is ready');
    }
  }
}
