/** The steps of a process: each is taken once it is due, and looks at what is wanted when it acts. */

import type { Logger } from 'pino';
import { obstacle, problemOf, Refusal } from './assignment.ts';
import type { Assignment } from './assignment.ts';
import type { Book } from './book.ts';
import type { Course } from './course.ts';
import { removeEnvironmentFile, unitsWithFile, writeEnvironmentFile } from './environment-file.ts';
import { nextStep } from './next-step.ts';
import type { OutputFiles } from './output-files.ts';
import { strangerAt } from './readiness.ts';
import type { ReadinessWatch } from './readiness-watch.ts';
import type { Recovery } from './recovery.ts';
import { intended, isBefore, observationOfNone } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import type { Slot } from './slot.ts';
import type { Ownership } from './strays.ts';
import type { Supervisor } from './supervisor.ts';
import { NotNow } from './unknown.ts';

export interface StepsParts {
  /** For environment files. */
  readonly sysconfigDir: string;
  readonly slots: Map<string, Slot>;
  readonly book: Book;
  readonly outputs: OutputFiles;
  readonly own: Ownership;
  readonly recovery: Recovery;
  readonly readiness: ReadinessWatch;
  readonly course: Course;
  readonly supervisors: Readonly<Record<'exec' | 'systemd', Supervisor>>;
  /** Of this boot of the host. */
  readonly boot: string;
  readonly log: Logger;
  readonly isClosed: () => boolean;
}

export class Steps {
  readonly #parts: StepsParts;

  constructor(parts: StepsParts) {
    this.#parts = parts;
  }

  /** Does what is due; false when nothing is. */
  async take(slot: Slot): Promise<boolean> {
    const { fid, wanted } = slot;
    const step = nextStep(slot);
    this.#parts.log.trace({ fid, step, generation: wanted?.generation }, 'next step of a process');
    if (step === 'nothing') return false;
    const obstacle = this.#parts.recovery.obstacle(slot);
    if (obstacle === '') return false;
    if (obstacle !== undefined) throw new NotNow(obstacle);
    switch (step) {
      case 'clear':
        await Promise.all(slot.strays.map(async (stray) => this.#clear(stray, wanted)));
        slot.strays = [];
        return true;
      case 'learn':
        await this.#learn(slot, wanted!);
        return true;
      case 'stop':
        await this.#stop(slot);
        return true;
      case 'erase':
        return this.#erase(slot);
      case 'rest':
        if (slot.resting === wanted) return false;
        await this.#rest(slot, wanted!);
        return true;
      case 'start':
        await this.#start(slot, wanted!);
        return true;
    }
  }

  async #start(slot: Slot, assignment: Assignment): Promise<void> {
    const { book } = this.#parts;
    const { fid, generation, unit } = assignment;
    const last = slot.record;
    const resumed =
      last?.phase === 'intent' &&
      last.generation === generation &&
      last.unit === unit &&
      last.boot === this.#parts.boot;
    const nonce = resumed ? last.nonce : this.#parts.own.nonce();
    const record = intended(assignment, nonce, this.#parts.boot);
    try {
      if (last !== undefined && !resumed) await this.#clear(last, undefined);
      const problem = problemOf(assignment);
      if (problem !== undefined) throw new Refusal(problem);
      await this.#removeFiles(
        fid,
        this.#unitsOf(slot).filter((other) => other !== unit),
      );
      // By it the next agent finds the file, whatever becomes of this one.
      if (last?.unit !== unit)
        await this.#recorded(() => book.writeFirst(slot, { ...record, phase: 'prepared' }));
      await writeEnvironmentFile(this.#parts.sysconfigDir, assignment);
      const stranger = resumed ? undefined : await strangerAt(assignment);
      if (stranger !== undefined)
        throw new Refusal(`another process accepts connections at ${stranger}`);
      await this.#parts.readiness.listen(record);
      // Nothing has been run yet, so what came in between is what counts.
      if (this.#parts.isClosed() || slot.wanted !== assignment || slot.forgotten) return;
      await this.#recorded(() => book.write(slot, record));
      await this.#parts.supervisors[record.supervisor].start(assignment, record, resumed);
      if (slot.record?.phase === 'intent') this.#parts.course.began(record, null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.#parts.isClosed()) return;
      this.#parts.readiness.forget(record);
      this.#parts.book.keep(slot, { ...record, phase: 'refused', reason: error.message });
      this.#parts.book.observe(slot, 'refused');
    }
  }

  /** @throws {Refusal} what is not on record is not started */
  async #recorded(write: () => void | Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw obstacle('its start cannot be recorded', error);
    }
  }

  /** For which the process may have environment files of earlier runs: any, where no record tells. */
  #unitsOf({ fid, record, isLost }: Slot): readonly string[] {
    if (isLost || record?.unit === '') return unitsWithFile(this.#parts.sysconfigDir, fid);
    return record === undefined ? [] : [record.unit];
  }

  async #removeFiles(fid: string, units: readonly string[]): Promise<void> {
    for (const unit of units) await removeEnvironmentFile(this.#parts.sysconfigDir, { fid, unit });
  }

  /** What was found running has the settings of its assignment, which is of its generation. */
  async #learn(slot: Slot, wanted: Assignment): Promise<void> {
    const { unit, ready, endpoint, stop_timeout_ms } = wanted;
    const record = { ...slot.record!, unit, ready, endpoint, stop_timeout_ms };
    this.#parts.book.keep(slot, record);
    // It has had its say, and will not repeat it.
    if (ready.kind === 'notify') return this.#stop(slot, 'nobody knows whether it is ready');
    this.#parts.readiness.resume(record);
  }

  async #stop(slot: Slot, why = 'it was stopped'): Promise<void> {
    const record = slot.record!;
    const timeoutMs = slot.wanted?.stop_timeout_ms ?? record.stop_timeout_ms;
    slot.stopping = true;
    slot.end = undefined;
    this.#parts.readiness.forget(record);
    this.#parts.book.observe(slot, 'stopping');
    try {
      await this.#parts.supervisors[record.supervisor].stop(record, timeoutMs);
    } finally {
      slot.stopping = false;
    }
    if (this.#parts.isClosed()) return;
    const end = slot.end ?? { code: null, signal: null, reason: 'is gone' };
    this.#parts.course.over(slot, { ...end, reason: `${end.reason} when ${why}` });
  }

  /**
   * Ends what is left of a run whose main process is gone, of a start that was only intended, or of
   * a unit that no record tells of.
   */
  async #clear(last: RunRecord | undefined, wanted: Assignment | undefined): Promise<void> {
    const record = last ?? intended(wanted!, this.#parts.own.nonce(), this.#parts.boot);
    const isOver =
      record.boot !== this.#parts.boot || record.phase === 'refused' || record.phase === 'prepared';
    // A unit may be started by somebody else, at every boot for example.
    if (record.supervisor === 'exec' && isOver) return;
    const timeoutMs = wanted?.stop_timeout_ms ?? record.stop_timeout_ms;
    await this.#parts.supervisors[record.supervisor].stop(record, timeoutMs);
  }

  async #rest(slot: Slot, wanted: Assignment): Promise<void> {
    const { record } = slot;
    if (mayRun(record, wanted)) await this.#clear(record, wanted);
    if (this.#parts.isClosed() || slot.wanted !== wanted || slot.forgotten) return;
    slot.resting = wanted;
    const hasBegun = record !== undefined && !isBefore(record.phase);
    if (record !== undefined && !hasBegun)
      this.#parts.book.keep(slot, { ...record, phase: 'ended' });
    if (hasBegun && record.generation === wanted.generation) return;
    this.#parts.book.tell(slot, observationOfNone(wanted, 'exited', 'does not run'));
  }

  async #erase(slot: Slot): Promise<boolean> {
    const { fid, record, wanted } = slot;
    if (mayRun(record, wanted)) await this.#clear(record, wanted);
    if (this.#parts.isClosed() || !slot.forgotten) return true;
    await this.#parts.outputs.remove(fid);
    if (this.#parts.isClosed() || !slot.forgotten) return true;
    await this.#removeFiles(fid, [...this.#unitsOf(slot), ...(wanted ? [wanted.unit] : [])]);
    if (this.#parts.isClosed() || !slot.forgotten) return true;
    this.#parts.book.remove(fid);
    this.#parts.slots.delete(fid);
    return false;
  }
}

/** Whether something of a process may be there: what the agent itself has run is on record. */
function mayRun(record: RunRecord | undefined, wanted: Assignment | undefined): boolean {
  return record !== undefined || wanted?.command.length === 0;
}
