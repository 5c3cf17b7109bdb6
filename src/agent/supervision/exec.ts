/** Runs commands as processes of the agent's own, which outlive it. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { requireDescriptorsForChild } from '../../disk/descriptors.ts';
import type { Assignment } from './assignment.ts';
import { obstacle, Refusal } from './assignment.ts';
import type { ControlGroups } from './control-groups.ts';
import { gateArguments, gateProgram } from './gate.ts';
import { defaultPath, limitedCommand } from './limits.ts';
import type { OutputFiles } from './output-files.ts';
import { isAlive, isOver, runOf, runVariable, statOf, survey } from './proc.ts';
import type { Main } from './proc.ts';
import { groupName, runName } from './run-record.ts';
import type { Run, RunRecord } from './run-record.ts';
import type { End, Supervisor, SupervisorEvents } from './supervisor.ts';
import { NotNow, saysGone } from './unknown.ts';

export interface ExecOptions {
  readonly log: Logger;
  /** Working directory of every command. */
  readonly directory: string;
  /** Soft limit of their descriptors; empty: as this process has it. */
  readonly descriptors: string;
  readonly outputs: OutputFiles;
  readonly groups: ControlGroups;
  /** Path of the socket on which a process says that it is ready. */
  readonly notifyPath: (fid: string) => string;
}

interface Watched {
  readonly run: Run;
  /** Null where the record of an ended run has none. */
  readonly main: Main | null;
  /** Whether its end is heard of; otherwise it is looked for. */
  readonly isOwn: boolean;
  alive: boolean;
  stopping: Stopping | undefined;
}

interface Stopping {
  /** Ms, monotonic. */
  deadline: number;
  /** Whether what is left beside the main process has been asked to end. */
  asked: boolean;
  /** Whether the kernel did not allow a signal. */
  refused: boolean;
  readonly gone: PromiseWithResolvers<void>;
}

export class ExecSupervisor implements Supervisor {
  readonly #options: ExecOptions;
  readonly #events: SupervisorEvents;
  readonly #watched = new Map<string, Watched>();
  #sweeping = false;
  /** Whether something could not be seen or done when it was last tried. */
  #blind = false;
  #closed = false;

  constructor(options: ExecOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
  }

  async start(assignment: Assignment, run: Run): Promise<void> {
    const child = await this.#spawn(assignment, run);
    child.stdin?.on('error', () => {});
    const { pid } = child;
    if (pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      this.#options.groups.remove(groupName(run));
      throw obstacle('no process can be made', error);
    }
    try {
      const stat = statOf(pid);
      if (stat === undefined) throw new Refusal('its process cannot be seen in /proc');
      this.#watch(child, run, { pid, started: stat.started });
    } catch (error) {
      this.#watched.delete(runName(run));
      child.removeAllListeners('exit');
      child.unref();
      child.stdin?.destroy();
      this.#options.groups.remove(groupName(run));
      throw error instanceof Refusal ? error : obstacle('its start cannot be recorded', error);
    }
    child.stdin?.end('go\n');
  }

  #watch(child: ChildProcess, run: Run, main: Main): void {
    const watched: Watched = { run, main, isOwn: true, alive: true, stopping: undefined };
    child.on('exit', (code, signal) => this.#ended(watched, endOf(code, signal)));
    child.unref();
    this.#watched.set(runName(run), watched);
    this.#events.began(run, main);
  }

  adopt({ main, ...run }: RunRecord): boolean {
    // Without a pid on record the command has not run.
    if (main === null || !mayBe(main, run)) return false;
    const watched: Watched = { run, main, isOwn: false, alive: true, stopping: undefined };
    this.#watched.set(runName(run), watched);
    return true;
  }

  async stop(record: RunRecord, timeoutMs: number): Promise<void> {
    const watched = this.#watched.get(runName(record)) ?? leftOf(record);
    // The number of its group may be somebody else's by now.
    if (watched.alive && !watched.isOwn && !isAlive(watched.main!)) this.#ended(watched, unseenEnd);
    this.#watched.set(runName(record), watched);
    const deadline = performance.now() + timeoutMs;
    const { stopping } = watched;
    if (stopping !== undefined) {
      stopping.deadline = Math.min(stopping.deadline, deadline);
      return stopping.gone.promise;
    }
    const gone = Promise.withResolvers<void>();
    watched.stopping = { deadline, asked: false, refused: false, gone };
    if (watched.alive) this.#ask(watched.stopping, -watched.main!.pid);
    else this.#sweepSoon();
    return gone.promise;
  }

  tick(): void {
    const now = performance.now();
    let isSweepDue = false;
    let isBlind = false;
    for (const watched of this.#watched.values()) {
      const { main, stopping } = watched;
      try {
        if (watched.alive && !watched.isOwn && !isAlive(main!)) this.#ended(watched, unseenEnd);
        if (stopping === undefined) continue;
        if (!watched.alive) isSweepDue = true;
        else if (now >= stopping.deadline) this.#signal(stopping, -main!.pid, 'SIGKILL');
      } catch (error) {
        // Whether it lives is not known, so nothing is done to it.
        this.#complain(error);
        isBlind = true;
      }
    }
    if (isSweepDue) this.#sweepSoon();
    else if (!isBlind) this.#seeAgain();
  }

  close(): void {
    this.#closed = true;
    for (const { stopping } of this.#watched.values()) stopping?.gone.resolve();
    this.#watched.clear();
  }

  async #spawn(assignment: Assignment, run: Run): Promise<ChildProcess> {
    const { directory, descriptors, outputs, groups, notifyPath } = this.#options;
    const { fid, environment, ready, memory } = assignment;
    const command = limitedCommand(assignment, directory);
    refuseUnusable(directory);
    const group = groups.make(groupName(run), memory) ?? '';
    const env = {
      PATH: defaultPath,
      LANG: 'C.UTF-8',
      ...environment,
      ...(ready.kind === 'notify' ? { HALCYON_NOTIFY: notifyPath(fid) } : {}),
      [runVariable]: runName(run),
    };
    try {
      return await outputs.writing(fid, (stdout, stderr) => {
        // Nothing may begin that nobody would write down.
        if (this.#closed) throw new NotNow('the agent is ending');
        requireDescriptorsForChild();
        return spawn(gateProgram, gateArguments(group, descriptors, command), {
          cwd: directory,
          env,
          detached: true,
          stdio: ['pipe', stdout, stderr],
        });
      });
    } catch (error) {
      groups.remove(groupName(run));
      throw error instanceof NotNow ? error : obstacle('no process can be made', error);
    }
  }

  #ended(watched: Watched, end: End): void {
    if (this.#closed) return;
    watched.alive = false;
    if (watched.stopping === undefined) this.#watched.delete(runName(watched.run));
    else this.#sweepSoon();
    this.#events.ended(watched.run, end);
  }

  /** Many ends at once share one look at all processes. */
  #sweepSoon(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    setImmediate(() => {
      this.#sweepLeft()
        .then(() => this.#seeAgain())
        .catch((error: unknown) => this.#complain(error))
        .finally(() => (this.#sweeping = false));
    });
  }

  /**
   * Ends what stopped runs have left behind: members of the process group, and what has left it.
   * By the mark in the environment and the cgroup, because the number of an emptied group may be
   * somebody else's by now.
   */
  async #sweepLeft(): Promise<void> {
    const swept = [...this.#watched.values()].filter((one) => one.stopping && !one.alive);
    if (swept.length === 0 || this.#closed) return;
    const seen = await survey(Math.min(...swept.map(({ main }) => main?.started ?? 0)));
    if (this.#closed) return;
    const now = performance.now();
    for (const { run, main, stopping } of swept) {
      const name = runName(run);
      const pids = new Set(this.#options.groups.members(groupName(run)));
      for (const { pid } of seen.carriers.get(name) ?? []) pids.add(pid);
      // The number of a session is not used again as long as somebody is in it.
      for (const { pid, session } of seen.unseen)
        if (session === main?.pid && pid !== main.pid) pids.add(pid);
      if (pids.size === 0) {
        this.#options.groups.remove(groupName(run));
        this.#watched.delete(name);
        stopping!.gone.resolve();
      } else if (now >= stopping!.deadline)
        for (const pid of pids) this.#signal(stopping!, pid, 'SIGKILL');
      else if (!stopping!.asked) for (const pid of pids) this.#ask(stopping!, pid);
      stopping!.asked = true;
    }
  }

  /** A process that is halted takes its SIGTERM only when it goes on. */
  #ask(stopping: Stopping, pid: number): void {
    this.#signal(stopping, pid, 'SIGTERM');
    this.#signal(stopping, pid, 'SIGCONT');
  }

  #signal(stopping: Stopping, pid: number, name: NodeJS.Signals): void {
    try {
      process.kill(pid, name);
    } catch (error) {
      if (saysGone(error) || stopping.refused) return;
      stopping.refused = true;
      this.#options.log.error({ err: error, pid }, 'a process cannot be ended; it is tried again');
    }
  }

  /** Once for every time that it cannot see, or do, what it has to. */
  #complain(error: unknown): void {
    if (!this.#blind)
      this.#options.log.error(
        { err: error },
        'processes cannot be looked after; it is tried again',
      );
    this.#blind = true;
  }

  #seeAgain(): void {
    if (this.#blind) this.#options.log.info('processes are looked after again');
    this.#blind = false;
  }
}

/** The end of a process whose parent was another agent. */
const unseenEnd: End = {
  code: null,
  signal: null,
  reason: 'ended; its exit code is not known, because the agent was restarted in between',
};

function endOf(code: number | null, by: NodeJS.Signals | null): End {
  const reason = by === null ? `exited with code ${code}` : `was killed by ${by}`;
  return { code, signal: by, reason };
}

function leftOf({ main, ...run }: RunRecord): Watched {
  return { run, main, isOwn: false, alive: main !== null && isOf(main, run), stopping: undefined };
}

/**
 * Whether a process lives and is of a run, and not of another one whose record has got mixed up.
 *
 * @throws Error where that cannot be seen now
 */
function isOf(main: Main, run: Run): boolean {
  const stat = statOf(main.pid);
  if (stat === undefined || stat.started !== main.started || isOver(stat)) return false;
  const name = runOf(stat);
  return name === undefined || name === runName(run);
}

/** The same, and also where that cannot be seen now: then it is looked for later. */
function mayBe(main: Main, run: Run): boolean {
  try {
    return isOf(main, run);
  } catch {
    return true;
  }
}

function refuseUnusable(directory: string): void {
  try {
    accessSync(`${directory}/.`, constants.X_OK);
  } catch (error) {
    throw new Refusal(
      `the working directory ${directory} cannot be used: ${(error as Error).message}`,
    );
  }
}
