/** Keeps what runs on this host as its assignments say, and tells what became of them. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { isFid, problemOf, Refusal } from './assignment.ts';
import type { Assignment, Observation } from './assignment.ts';
import { Book } from './book.ts';
import { ControlGroups } from './control-groups.ts';
import { removeEnvironmentFile, writeEnvironmentFile } from './environment-file.ts';
import { ExecSupervisor } from './exec.ts';
import { nextStep } from './next-step.ts';
import { NotifySockets } from './notify-sockets.ts';
import { defaultOutputLimits, OutputFiles } from './output-files.ts';
import type { Channel } from './output-files.ts';
import type { OutputLimits } from './output-file.ts';
import { outputReader } from './output-sources.ts';
import type { OutputReader, OutputRequest } from './output-reader.ts';
import { bootId } from './proc.ts';
import type { Main } from './proc.ts';
import { ReadinessProbes, strangerAt } from './readiness.ts';
import { intended } from './run-record.ts';
import type { Run, RunRecord } from './run-record.ts';
import { emptySlot } from './slot.ts';
import type { Slot } from './slot.ts';
import type { End, Supervisor } from './supervisor.ts';
import { SystemdSupervisor } from './systemd.ts';

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
  readonly #sockets: NotifySockets;
  readonly #probes: ReadinessProbes;
  readonly #supervisors: Readonly<Record<'exec' | 'systemd', Supervisor>>;
  readonly #slots = new Map<string, Slot>();
  readonly #work = new Set<Promise<void>>();
  readonly #pulse: NodeJS.Timeout;
  #pulses = 0;
  #closed = false;

  /** @throws Error where the state directory cannot be used */
  constructor(options: SupervisionOptions) {
    const { stateDir, logger: log } = options;
    this.#options = options;
    this.#log = log;
    this.#book = new Book(join(stateDir, 'runs'), options.onObservation, log);
    this.#outputs = new OutputFiles(
      join(stateDir, 'logs'),
      options.output ?? defaultOutputLimits,
      log,
    );
    this.#sockets = new NotifySockets(join(stateDir, 'notify'));
    this.#probes = new ReadinessProbes((run) => this.#ready(run));
    const events = {
      began: (run: Run, main: Main): void => this.#began(run, main),
      ready: (run: Run): void => this.#ready(run),
      ended: (run: Run, end: End): void => this.#ended(run, end),
    };
    const exec = {
      directory: options.directory ?? '/',
      outputs: this.#outputs,
      groups: new ControlGroups(log),
      notifyPath: (fid: string): string => this.#sockets.path(fid),
    };
    const systemctl = options.systemctl ?? 'systemctl';
    this.#supervisors = {
      exec: new ExecSupervisor(exec, events),
      systemd: new SystemdSupervisor({ systemctl, log }, events),
    };
    this.#pulse = setInterval(() => this.#beat(), pulseMs);
  }

  /**
   * Takes over what an earlier agent left, to be called once, before `assign`. Nothing is started
   * or stopped by it.
   */
  recover(): void {
    for (const record of this.#book.records()) this.#takeOver(record);
  }

  /**
   * Takes assignments. One that is older than what is known of its process is left out.
   *
   * @param full whether the list holds all that this host should know: the rest is forgotten
   */
  assign(changes: readonly Assignment[], { full }: { readonly full: boolean }): void {
    for (const assignment of changes) this.#take(assignment);
    if (!full) return;
    const listed = new Set(changes.map(({ fid }) => fid));
    for (const fid of this.#slots.keys()) if (!listed.has(fid)) this.forget(fid);
  }

  /** Stops a process and removes its environment file, its record and its output. */
  forget(fid: string): void {
    const slot = this.#slots.get(fid);
    if (slot === undefined) return;
    slot.forgotten = true;
    this.#wake(slot);
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
    this.#probes.clear();
    for (const supervisor of Object.values(this.#supervisors)) supervisor.close();
    await Promise.all(this.#work);
    this.#sockets.closeAll();
    await this.#outputs.tidy();
  }

  #beat(): void {
    for (const supervisor of Object.values(this.#supervisors)) supervisor.tick();
    this.#probes.tick();
    this.#pulses += 1;
    if (this.#pulses % tidyPulses === 0) void this.#outputs.tidy();
  }

  #slot(fid: string): Slot {
    const known = this.#slots.get(fid);
    if (known !== undefined) return known;
    const slot = emptySlot(fid);
    this.#slots.set(fid, slot);
    return slot;
  }

  #takeOver(record: RunRecord): void {
    const slot = this.#slot(record.fid);
    slot.record = record;
    this.#outputs.watch(record.fid);
    if (record.phase === 'refused') return this.#book.observe(slot, 'refused');
    if (record.phase === 'ended') return this.#book.observe(slot, 'exited');
    if (record.boot !== this.#boot)
      return this.#over(slot, { code: null, signal: null, reason: 'the host was rebooted' });
    if (!this.#supervisors[record.supervisor].adopt(record)) {
      if (record.phase === 'intent') return;
      const reason = 'ended while no agent was running; its exit code is not known';
      return this.#over(slot, { code: null, signal: null, reason });
    }
    this.#book.observe(slot, record.online ? 'online' : 'starting');
    if (record.online) return;
    this.#probes.watch(record, record);
    if (record.main !== null) this.#probes.began(record, record.main);
    if (record.ready.kind === 'notify' && record.supervisor === 'exec')
      this.#sockets
        .open(record.fid, () => this.#ready(record))
        .catch((error: unknown) => this.#log.error({ err: error, fid: record.fid }, 'not heard'));
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
    this.#wake(slot);
  }

  #wake(slot: Slot): void {
    slot.woken = true;
    if (slot.working || this.#closed) return;
    slot.working = true;
    const work = this.#reconcile(slot)
      .catch((error: unknown) => this.#log.error({ err: error, fid: slot.fid }, 'not reconciled'))
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async #reconcile(slot: Slot): Promise<void> {
    try {
      while (slot.woken && !this.#closed) {
        slot.woken = false;
        while (!this.#closed && (await this.#step(slot)));
      }
    } finally {
      slot.working = false;
    }
  }

  /** Does what is due; false when nothing is. */
  async #step(slot: Slot): Promise<boolean> {
    const { fid, wanted } = slot;
    const step = nextStep(slot);
    this.#log.trace({ fid, step, generation: wanted?.generation }, 'next step of a process');
    switch (step) {
      case 'nothing':
        return false;
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
    const { fid, generation, unit, ready } = assignment;
    const last = slot.record;
    const resumed =
      last?.phase === 'intent' &&
      last.generation === generation &&
      last.unit === unit &&
      last.boot === this.#boot;
    const nonce = resumed ? last.nonce : randomBytes(8).toString('hex');
    const record = intended(assignment, nonce, this.#boot);
    try {
      if (last !== undefined && !resumed) await this.#clear(last);
      const problem = problemOf(assignment);
      if (problem !== undefined) throw new Refusal(problem);
      if (last !== undefined && last.unit !== unit)
        removeEnvironmentFile(this.#options.sysconfigDir, last);
      await writeEnvironmentFile(this.#options.sysconfigDir, assignment);
      const stranger = resumed ? undefined : await strangerAt(assignment);
      if (stranger !== undefined)
        throw new Refusal(`another process accepts connections at ${stranger}`);
      if (ready.kind === 'notify' && record.supervisor === 'exec')
        await this.#sockets.open(fid, () => this.#ready(record));
      // Nothing has been run yet, so what came in between is what counts.
      if (this.#closed || slot.wanted !== assignment || slot.forgotten) return;
      this.#intend(slot, record);
      await this.#supervisors[record.supervisor].start(assignment, record, resumed);
      if (slot.record?.phase === 'intent') this.#began(record, null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.#closed) return;
      this.#askNoMore(record);
      this.#book.keep(slot, { ...record, phase: 'refused', reason: error.message });
      this.#book.observe(slot, 'refused');
    }
  }

  #intend(slot: Slot, record: RunRecord): void {
    try {
      this.#book.write(slot, record);
    } catch (error) {
      throw new Refusal(`its start cannot be recorded: ${(error as Error).message}`);
    }
  }

  async #stop(slot: Slot): Promise<void> {
    const record = slot.record!;
    const timeoutMs = slot.wanted?.stop_timeout_ms ?? record.stop_timeout_ms;
    slot.stopping = true;
    slot.end = undefined;
    this.#askNoMore(record);
    this.#book.observe(slot, 'stopping');
    await this.#supervisors[record.supervisor].stop(record, timeoutMs);
    slot.stopping = false;
    if (this.#closed) return;
    const end = slot.end ?? { code: null, signal: null, reason: 'is gone' };
    this.#over(slot, { ...end, reason: `${end.reason} when it was stopped` });
  }

  /** Ends what is left of a run whose main process is gone, or of a start that was only intended. */
  async #clear(record: RunRecord): Promise<void> {
    if (record.boot !== this.#boot || record.phase === 'refused') return;
    // systemd itself ends what is left of a unit.
    if (record.phase === 'ended' && record.supervisor === 'systemd') return;
    await this.#supervisors[record.supervisor].stop(record, record.stop_timeout_ms);
  }

  async #rest(slot: Slot, wanted: Assignment): Promise<void> {
    const { record } = slot;
    if (record !== undefined) await this.#clear(record);
    if (this.#closed || slot.wanted !== wanted || slot.forgotten) return;
    slot.resting = wanted;
    if (record?.phase === 'intent') this.#book.keep(slot, { ...record, phase: 'ended' });
    if (record?.generation === wanted.generation && record.phase !== 'intent') return;
    const { fid, generation } = wanted;
    const none = { pid: null, started: null, code: null, signal: null };
    this.#book.tell(slot, { fid, generation, state: 'exited', ...none, reason: 'does not run' });
  }

  async #erase(slot: Slot): Promise<boolean> {
    const { fid, record, wanted } = slot;
    if (record !== undefined) await this.#clear(record);
    if (this.#closed || !slot.forgotten) return true;
    await this.#outputs.remove(fid);
    if (this.#closed || !slot.forgotten) return true;
    for (const named of [record, wanted])
      if (named !== undefined) removeEnvironmentFile(this.#options.sysconfigDir, named);
    this.#book.remove(fid);
    this.#slots.delete(fid);
    return false;
  }

  /** @throws Error where the record of a command that waits for it cannot be written */
  #began(run: Run, main: Main | null): void {
    const slot = this.#slotOf(run);
    if (slot === undefined) return;
    const record: RunRecord = { ...slot.record!, phase: 'running', main };
    const isNew = slot.record!.phase === 'intent';
    if (isNew && record.supervisor === 'exec') this.#book.write(slot, record);
    else this.#book.keep(slot, record);
    if (isNew) this.#probes.watch(record, record);
    if (isNew && record.supervisor === 'exec')
      this.#outputs.note(run.fid, `started as process ${main?.pid ?? 'unknown'}`);
    if (main !== null) this.#probes.began(run, main);
    if (!slot.stopping) this.#book.observe(slot, record.online ? 'online' : 'starting');
  }

  #ready(run: Run): void {
    const slot = this.#slotOf(run);
    if (slot?.record?.phase !== 'running' || slot.stopping || slot.record.online) return;
    this.#askNoMore(run);
    this.#book.keep(slot, { ...slot.record, online: true });
    this.#book.observe(slot, 'online');
  }

  #ended(run: Run, end: End): void {
    const slot = this.#slotOf(run);
    if (slot === undefined) return;
    if (slot.stopping) slot.end = end;
    else this.#over(slot, end);
  }

  #over(slot: Slot, end: End): void {
    const record = slot.record!;
    const stopped = slot.observation?.state === 'stopping';
    const early = record.online || stopped ? '' : ' before it was ready';
    this.#askNoMore(record);
    this.#book.keep(slot, { ...record, phase: 'ended', ...end, reason: end.reason + early });
    if (record.supervisor === 'exec') this.#outputs.note(record.fid, end.reason);
    this.#book.observe(slot, 'exited');
    this.#wake(slot);
  }

  /** Whether a run is ready is known by now, or does not matter any more. */
  #askNoMore(run: Run): void {
    this.#probes.forget(run);
    this.#sockets.close(run.fid);
  }

  /** The slot whose last run this is: an event of an earlier one concerns nobody. */
  #slotOf({ fid, nonce }: Run): Slot | undefined {
    const slot = this.#slots.get(fid);
    return slot?.record?.nonce === nonce && !this.#closed ? slot : undefined;
  }
}
