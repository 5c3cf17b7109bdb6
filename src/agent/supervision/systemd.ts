/** Runs units of systemd: `<unit>@<fid>.service`. */

import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { Assignment } from './assignment.ts';
import { Refusal } from './assignment.ts';
import { statOf } from './proc.ts';
import type { Run, RunRecord } from './run-record.ts';
import type { Supervisor, SupervisorEvents } from './supervisor.ts';
import { NoAnswer, NoSystemctl, Systemctl } from './systemctl.ts';
import type { UnitStatus } from './systemctl.ts';
import { NotNow } from './unknown.ts';

/** Between two looks at the units, ms. */
const pollMs = 1_000;
/** The same while one is being stopped. */
const stoppingPollMs = 200;

interface Watched {
  readonly unit: string;
  readonly run: Run;
  readonly notifies: boolean;
  /** Whether its end has not been told yet. */
  alive: boolean;
  isReady: boolean;
  pid: number;
  /** `asked`: whether systemd has taken the order. */
  stopping:
    { deadline: number; asked: boolean; readonly gone: PromiseWithResolvers<void> } | undefined;
}

/**
 * systemd knows what runs, so an agent may come and go: one call a second asks for the states of
 * all units. Nothing is run twice, because a unit runs once.
 */
export class SystemdSupervisor implements Supervisor {
  readonly #systemctl: Systemctl;
  readonly #log: Logger;
  readonly #events: SupervisorEvents;
  /** By unit. */
  readonly #watched = new Map<string, Watched>();
  #due = 0;
  #polling = false;
  #answers = true;
  #closed = false;

  /** @param systemctl the program to call */
  constructor(systemctl: string, log: Logger, events: SupervisorEvents) {
    this.#systemctl = new Systemctl(systemctl);
    this.#log = log;
    this.#events = events;
  }

  async start(assignment: Assignment, run: Run, resumed: boolean): Promise<void> {
    const unit = unitOf(assignment);
    const watched = watch(unit, run, assignment.ready.kind === 'notify');
    try {
      const [status] = (await this.#systemctl.show([unit])) as [UnitStatus];
      if (status.load !== 'loaded') throw new Error(`systemd says it is ${status.load}`);
      if (resumed && isStarted(status)) {
        this.#watched.set(unit, watched);
        return;
      }
      // Started by somebody else, or with settings that are no longer current.
      if (isStarted(status)) await this.#end(unit, run, assignment.stop_timeout_ms);
      if (this.#closed) return;
      if (status.active === 'failed') await this.#systemctl.resetFailed(unit);
      await this.#systemctl.start(unit);
    } catch (error) {
      // It may have been started: the next attempt asks, and takes what has been.
      if (error instanceof NoAnswer) throw new NotNow(error.message);
      throw new Refusal(`the unit ${unit} cannot be started: ${(error as Error).message}`);
    }
    this.#watched.set(unit, watched);
    this.#due = 0;
  }

  adopt(record: RunRecord): boolean {
    const unit = unitOf(record);
    // Only systemd knows whether an intended start came about; the next start asks.
    if (record.phase === 'intent') return false;
    const watched = watch(unit, record, record.ready.kind === 'notify' && !record.online);
    watched.pid = record.main?.pid ?? 0;
    this.#watched.set(unit, watched);
    return true;
  }

  async stop(record: RunRecord, timeoutMs: number): Promise<void> {
    const unit = unitOf(record);
    if (!this.#watched.has(unit) && !(await this.#isStarted(unit))) return;
    return this.#end(unit, record, timeoutMs);
  }

  tick(): void {
    const now = performance.now();
    if (this.#polling || now < this.#due || this.#watched.size === 0) return;
    void this.#poll();
  }

  close(): void {
    this.#closed = true;
    for (const { stopping } of this.#watched.values()) stopping?.gone.resolve();
    this.#watched.clear();
  }

  /** @throws {NotNow} nobody knows */
  async #isStarted(unit: string): Promise<boolean> {
    try {
      return (await this.#systemctl.show([unit])).some(isStarted);
    } catch (error) {
      if (error instanceof NoSystemctl) return false;
      throw new NotNow(
        `whether the unit ${unit} is active is not known: ${(error as Error).message}`,
      );
    }
  }

  async #end(unit: string, run: Run, timeoutMs: number): Promise<void> {
    const watched = this.#watched.get(unit) ?? { ...watch(unit, run, false), alive: false };
    this.#watched.set(unit, watched);
    const deadline = performance.now() + timeoutMs;
    if (watched.stopping === undefined) {
      watched.stopping = { deadline, asked: false, gone: Promise.withResolvers() };
      await this.#ask(watched);
      this.#due = 0;
    } else watched.stopping.deadline = Math.min(watched.stopping.deadline, deadline);
    return watched.stopping.gone.promise;
  }

  async #ask({ unit, stopping }: Watched): Promise<void> {
    try {
      await this.#systemctl.stop(unit);
      stopping!.asked = true;
    } catch (error) {
      this.#complain(error);
    }
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    const all = [...this.#watched.values()];
    try {
      const statuses = await this.#systemctl.show(all.map(({ unit }) => unit));
      if (!this.#answers) this.#log.info('systemctl answers again');
      this.#answers = true;
      // What has been replaced meanwhile is left to the next look.
      for (const [index, watched] of all.entries())
        if (this.#watched.get(watched.unit) === watched) await this.#see(watched, statuses[index]!);
    } catch (error) {
      this.#complain(error);
    }
    const isStopping = all.some(({ stopping }) => stopping !== undefined);
    this.#due = performance.now() + (isStopping ? stoppingPollMs : pollMs);
    this.#polling = false;
  }

  async #see(watched: Watched, status: UnitStatus): Promise<void> {
    const { unit, run, stopping } = watched;
    const { mainPid, active, busy, end } = status;
    const isOver = (active === 'inactive' || active === 'failed') && !busy;
    if (watched.alive && mainPid > 0 && mainPid !== watched.pid) {
      const stat = statOf(mainPid);
      if (stat !== undefined) {
        watched.pid = mainPid;
        this.#events.began(run, { pid: mainPid, started: stat.started });
      }
    }
    if (watched.alive && active === 'active' && watched.notifies && !watched.isReady) {
      watched.isReady = true;
      this.#events.ready(run);
    }
    if (isOver) {
      this.#watched.delete(unit);
      if (watched.alive) this.#events.ended(run, end);
      stopping?.gone.resolve();
    } else if (stopping !== undefined && performance.now() >= stopping.deadline)
      await this.#systemctl.kill(unit);
    else if (stopping?.asked === false) await this.#ask(watched);
  }

  /** Once for every time that systemctl ceases to answer. */
  #complain(error: unknown): void {
    if (this.#answers) this.#log.error({ err: error }, 'systemctl does not answer as it should');
    this.#answers = false;
  }
}

/** The name of the unit that runs a process. */
export function unitOf({ unit, fid }: Pick<Assignment, 'unit' | 'fid'>): string {
  return `${unit}@${fid}.service`;
}

function watch(unit: string, run: Run, notifies: boolean): Watched {
  return { unit, run, notifies, alive: true, isReady: false, pid: 0, stopping: undefined };
}

function isStarted({ active, busy }: UnitStatus): boolean {
  return busy || (active !== 'inactive' && active !== 'failed');
}
