/** Keeps what runs on this host as its assignments say, and tells what became of them. */

import { join } from 'node:path';
import type { Logger } from 'pino';
import { isFid, problemOf } from './assignment.ts';
import type { Assignment, Observation } from './assignment.ts';
import type { Channel } from '../logger/protocol.ts';
import type { OutputLimits } from '../logger/rolling-file.ts';
import { Book } from './book.ts';
import { ControlGroups } from './control-groups.ts';
import { Course } from './course.ts';
import { ExecSupervisor } from './exec.ts';
import { Loops } from './loops.ts';
import { defaultOutputLimits, OutputFiles } from './output-files.ts';
import { outputReader } from './output-sources.ts';
import type { OutputReader, OutputRequest } from './output-reader.ts';
import { bootId } from './proc.ts';
import { ReadinessWatch } from './readiness-watch.ts';
import { Recovery } from './recovery.ts';
import { observationOfNone, tellsOfRun } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import { emptySlot } from './slot.ts';
import type { Slot } from './slot.ts';
import { Steps } from './steps.ts';
import { inherited, Ownership } from './strays.ts';
import type { Present } from './strays.ts';
import type { Supervisor } from './supervisor.ts';
import { SystemdSupervisor } from './systemd.ts';
import { NotNow } from './unknown.ts';

export interface SupervisionOptions {
  /** For records, output and sockets of this agent alone. */
  readonly stateDir: string;
  /** For environment files. */
  readonly sysconfigDir: string;
  readonly logger: Logger;
  /** Called with every change, in order. Must not throw. */
  readonly onObservation: (observation: Observation) => void;
  /** Working directory of commands; `/` by default. */
  readonly directory?: string;
  /** Soft limit of the descriptors of commands; that of this process by default. */
  readonly descriptors?: string | undefined;
  /** The program to call for units; found by the PATH of the agent by default. */
  readonly systemctl?: string;
  /** The same for the output of units. */
  readonly journalctl?: string;
  readonly output?: OutputLimits;
}

/** One pulse looks after all processes. */
const pulseMs = 200;
/** Pulses between two looks at the sizes of output files. */
const tidyPulses = 10;

/**
 * Every fid has a slot, and a slot is worked on by one loop at a time, which looks at what is wanted
 * anew after each step. So assignments may come at any moment, twice, or out of order: what counts
 * is the newest generation.
 */
export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #log: Logger;
  readonly #boot = bootId();
  readonly #book: Book;
  readonly #outputs: OutputFiles;
  readonly #own: Ownership;
  readonly #recovery: Recovery;
  readonly #readiness: ReadinessWatch;
  readonly #course: Course;
  readonly #steps: Steps;
  readonly #supervisors: Readonly<Record<'exec' | 'systemd', Supervisor>>;
  readonly #slots = new Map<string, Slot>();
  readonly #loops = new Loops(
    async (slot) => this.#steps.take(slot),
    (slot, error) => this.#waits(slot, error),
  );
  readonly #pulse: NodeJS.Timeout;
  #pulses = 0;
  /** Whether it has been told all that this host should run. */
  #isBriefed = false;
  #closed = false;

  /** @throws Error where the state directory cannot be used */
  constructor(options: SupervisionOptions) {
    const { stateDir, logger: log } = options;
    this.#options = options;
    this.#log = log;
    this.#book = new Book(join(stateDir, 'runs'), options.onObservation, log);
    this.#outputs = new OutputFiles(stateDir, options.output ?? defaultOutputLimits, log);
    this.#own = new Ownership(stateDir);
    const groups = new ControlGroups(log);
    this.#recovery = new Recovery(this.#book, groups, log, {
      record: (record) => this.#takeOver(record),
      lost: (fid) => (this.#slot(fid).isLost = true),
      present: (fid, runs) => this.#meet(fid, runs),
      progress: () => {
        for (const slot of this.#slots.values()) this.#loops.wake(slot);
      },
    });
    this.#readiness = new ReadinessWatch(
      join(stateDir, 'notify'),
      (run) => this.#course.ready(run),
      log,
    );
    this.#course = new Course({
      slots: this.#slots,
      book: this.#book,
      outputs: this.#outputs,
      readiness: this.#readiness,
      over: (slot) => this.#loops.wake(slot),
    });
    const exec = {
      directory: options.directory ?? '/',
      descriptors: options.descriptors ?? '',
      outputs: this.#outputs,
      groups,
      log,
      notifyPath: (fid: string): string => this.#readiness.path(fid),
    };
    this.#supervisors = {
      exec: new ExecSupervisor(exec, this.#course),
      systemd: new SystemdSupervisor(options.systemctl ?? 'systemctl', log, this.#course),
    };
    this.#steps = new Steps({
      sysconfigDir: options.sysconfigDir,
      slots: this.#slots,
      book: this.#book,
      outputs: this.#outputs,
      own: this.#own,
      recovery: this.#recovery,
      readiness: this.#readiness,
      course: this.#course,
      supervisors: this.#supervisors,
      boot: this.#boot,
      log,
      isClosed: () => this.#closed,
    });
    this.#pulse = setInterval(() => this.#beat(), pulseMs);
  }

  /**
   * Takes over what an earlier agent left, to be called once, before `assign`. Nothing is started
   * or stopped by it. What has a record is known when it returns, the rest a little later.
   */
  recover(): void {
    this.#recovery.begin(this.#own);
  }

  /**
   * Takes assignments. One that is older than what is known of its process is left out.
   *
   * @param full whether the list holds all that this host should know: the rest is forgotten
   */
  assign(changes: readonly Assignment[], { full }: { readonly full: boolean }): void {
    for (const assignment of changes) this.#take(assignment);
    if (!full) return;
    this.#isBriefed = true;
    const listed = new Set(changes.map(({ fid }) => fid));
    for (const fid of this.#slots.keys()) if (!listed.has(fid)) this.forget(fid);
  }

  /** Stops a process and removes its environment file, its record and its output. */
  forget(fid: string): void {
    const slot = this.#slots.get(fid);
    if (slot === undefined) return;
    slot.forgotten = true;
    this.#loops.wake(slot);
  }

  /** What is known of every process now. */
  observations(): Observation[] {
    return [...this.#slots.values()].flatMap(({ observation }) => observation ?? []);
  }

  /** The file that the process writes to; older parts end in `.1`, `.2`, … */
  logs(fid: string, channel?: Channel): string {
    return this.#outputs.path(fid, channel);
  }

  /** @throws UnreadableOutput */
  readOutput(fid: string, request: OutputRequest): OutputReader {
    const slot = this.#slots.get(fid);
    const { journalctl = 'journalctl' } = this.#options;
    return outputReader(slot?.record ?? slot?.wanted, this.#outputs, request, journalctl);
  }

  /** Stops looking; everything that runs goes on. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#pulse);
    this.#course.close();
    this.#recovery.close();
    this.#readiness.stop();
    for (const supervisor of Object.values(this.#supervisors)) supervisor.close();
    await this.#loops.close();
    this.#readiness.close();
    await this.#outputs.tidy();
    this.#outputs.close();
  }

  #beat(): void {
    for (const supervisor of Object.values(this.#supervisors)) supervisor.tick();
    this.#readiness.tick();
    this.#book.look(this.#slots.values());
    this.#loops.tick();
    if (++this.#pulses % tidyPulses === 0) void this.#outputs.tidy();
  }

  #slot(fid: string): Slot {
    const known = this.#slots.get(fid);
    if (known !== undefined) return known;
    const slot = emptySlot(fid);
    // It is found only now, and nobody has asked for it.
    slot.forgotten = this.#isBriefed;
    this.#slots.set(fid, slot);
    return slot;
  }

  #takeOver(record: RunRecord): void {
    const slot = this.#slot(record.fid);
    // It was found running before its record could be read.
    if (slot.record !== undefined) return;
    slot.record = record;
    this.#outputs.watch(record.fid);
    if (record.phase === 'prepared') return;
    if (record.phase === 'refused') return this.#book.observe(slot, 'refused');
    if (record.phase === 'ended') return this.#book.observe(slot, 'exited');
    if (record.boot !== this.#boot)
      return this.#course.over(slot, { code: null, signal: null, reason: 'the host was rebooted' });
    if (!this.#supervisors[record.supervisor].adopt(record)) {
      if (record.phase === 'intent') return;
      const reason = 'ended while no agent was running; its exit code is not known';
      return this.#course.over(slot, { code: null, signal: null, reason });
    }
    if (record.supervisor === 'exec' && record.main !== null)
      this.#outputs.adopt(record.fid, record.main);
    this.#book.observe(slot, record.online ? 'online' : 'starting');
    if (!record.online) this.#readiness.resume(record);
  }

  /** Takes over the newest run that is there where the record tells of none; others are strays. */
  #meet(fid: string, runs: readonly Present[]): void {
    const slot = this.#slot(fid);
    const { heir, strays } = inherited(slot.record, runs, this.#boot);
    slot.strays = strays;
    if (heir !== undefined || strays.length > 0)
      this.#log.warn({ fid, taken: heir?.main, ended: strays.length }, 'it runs without a record');
    if (heir === undefined) return;
    this.#supervisors.exec.adopt(heir);
    if (heir.main !== null) this.#outputs.adopt(fid, heir.main);
    this.#book.keep(slot, heir);
    this.#book.observe(slot, 'starting');
  }

  #take(assignment: Assignment): void {
    const { fid, generation } = assignment;
    const problem = problemOf(assignment);
    if (!isFid(fid)) return this.#log.error({ problem }, 'an assignment is refused');
    const slot = this.#slot(fid);
    const known = Math.max(slot.wanted?.generation ?? 0, slot.record?.generation ?? 0);
    if (generation < known) return;
    slot.forgotten = false;
    slot.wanted = assignment;
    this.#loops.wake(slot);
  }

  /** Whatever kept a step from being done: nothing is concluded from it. */
  #waits(slot: Slot, error: Error): void {
    const { fid, record, wanted } = slot;
    const unexpected = error instanceof NotNow ? {} : { err: error };
    this.#log.warn({ ...unexpected, fid, why: error.message }, 'a step of a process waits');
    if (tellsOfRun(record) || wanted === undefined) return;
    const state = wanted.run ? 'starting' : 'stopping';
    this.#book.tell(slot, observationOfNone(wanted, state, `waits: ${error.message}`));
  }
}
