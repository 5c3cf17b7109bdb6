/** Runs commands as processes of the agent's own, which outlive it. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Assignment } from './assignment.ts';
import { Refusal } from './assignment.ts';
import type { ControlGroups } from './control-groups.ts';
import { defaultPath, limitedCommand } from './limits.ts';
import type { OutputFiles } from './output-files.ts';
import { carriers, isAlive, runVariable, statOf } from './proc.ts';
import type { Main } from './proc.ts';
import { runName } from './run-record.ts';
import type { Run, RunRecord } from './run-record.ts';
import type { End, Supervisor, SupervisorEvents } from './supervisor.ts';

/**
 * A new process waits for one line before it becomes the command; the line is sent once its pid is
 * on record. When the agent dies before, the process reads the end of the file and goes: a command
 * that no record knows of has never run. It enters its cgroup itself, before it can have children.
 */
const gate =
  'read -r go || exit 1; { [ -z "$1" ] || echo $$ > "$1/cgroup.procs"; } 2>/dev/null; ' +
  'shift; exec "$@" </dev/null';

export interface ExecOptions {
  /** Working directory of every command. */
  readonly directory: string;
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
  readonly gone: PromiseWithResolvers<void>;
}

export class ExecSupervisor implements Supervisor {
  readonly #options: ExecOptions;
  readonly #events: SupervisorEvents;
  readonly #watched = new Map<string, Watched>();
  #sweep: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(options: ExecOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
  }

  async start(assignment: Assignment, run: Run): Promise<void> {
    const child = this.#spawn(assignment, run);
    child.stdin?.on('error', () => {});
    const { pid } = child;
    if (pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      this.#options.groups.remove(groupName(run));
      throw new Refusal(`no process can be made: ${error.message}`);
    }
    const stat = statOf(pid);
    if (stat === undefined) throw new Refusal('its process cannot be seen in /proc');
    const main: Main = { pid, started: stat.started };
    const watched: Watched = { run, main, isOwn: true, alive: true, stopping: undefined };
    child.on('exit', (code, signal) => this.#ended(watched, endOf(code, signal)));
    child.unref();
    this.#watched.set(runName(run), watched);
    try {
      this.#events.began(run, main);
    } catch (error) {
      this.#watched.delete(runName(run));
      child.removeAllListeners('exit');
      child.stdin?.destroy();
      this.#options.groups.remove(groupName(run));
      throw new Refusal(`its start cannot be recorded: ${(error as Error).message}`);
    }
    child.stdin?.end('go\n');
  }

  adopt({ main, ...run }: RunRecord): boolean {
    // Without a pid on record the command has not run.
    if (main === null || !isAlive(main)) return false;
    const watched: Watched = { run, main, isOwn: false, alive: true, stopping: undefined };
    this.#watched.set(runName(run), watched);
    return true;
  }

  async stop(record: RunRecord, timeoutMs: number): Promise<void> {
    const watched = this.#watched.get(runName(record)) ?? leftOf(record);
    this.#watched.set(runName(record), watched);
    const deadline = performance.now() + timeoutMs;
    const { stopping } = watched;
    if (stopping !== undefined) {
      stopping.deadline = Math.min(stopping.deadline, deadline);
      return stopping.gone.promise;
    }
    watched.stopping = { deadline, asked: false, gone: Promise.withResolvers() };
    if (watched.alive) askGroup(watched);
    else this.#sweepSoon();
    return watched.stopping.gone.promise;
  }

  tick(): void {
    const now = performance.now();
    let sweepDue = false;
    for (const watched of this.#watched.values()) {
      const { main, stopping } = watched;
      if (watched.alive && !watched.isOwn && !isAlive(main!)) this.#ended(watched, unseenEnd);
      if (stopping === undefined) continue;
      if (!watched.alive) sweepDue = true;
      else if (now >= stopping.deadline) signal(-main!.pid, 'SIGKILL');
    }
    if (sweepDue) this.#sweepLeft();
  }

  close(): void {
    this.#closed = true;
    clearImmediate(this.#sweep);
    for (const { stopping } of this.#watched.values()) stopping?.gone.resolve();
    this.#watched.clear();
  }

  #spawn(assignment: Assignment, run: Run): ChildProcess {
    const { directory, outputs, groups, notifyPath } = this.#options;
    const { fid, environment, ready, memory } = assignment;
    const command = limitedCommand(assignment);
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
      return outputs.appending(fid, (stdout, stderr) =>
        spawn('/bin/sh', ['-c', gate, 'halcyon', group, ...command], {
          cwd: directory,
          env,
          detached: true,
          stdio: ['pipe', stdout, stderr],
        }),
      );
    } catch (error) {
      groups.remove(groupName(run));
      throw new Refusal(`no process can be made: ${(error as Error).message}`);
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
    this.#sweep ??= setImmediate(() => this.#sweepLeft());
  }

  /**
   * Ends what stopped runs have left behind: members of the process group, and what has left it.
   * By the mark in the environment and the cgroup, because the number of an emptied group may be
   * somebody else's by now.
   */
  #sweepLeft(): void {
    clearImmediate(this.#sweep);
    this.#sweep = undefined;
    const swept = [...this.#watched.values()].filter((one) => one.stopping && !one.alive);
    if (swept.length === 0 || this.#closed) return;
    const left = carriers(Math.min(...swept.map(({ main }) => main?.started ?? 0)));
    const now = performance.now();
    for (const { run, stopping } of swept) {
      const name = runName(run);
      const marked = (left.get(name) ?? []).map(({ pid }) => pid);
      const pids = new Set([...marked, ...this.#options.groups.members(groupName(run))]);
      if (pids.size === 0) {
        this.#options.groups.remove(groupName(run));
        this.#watched.delete(name);
        stopping!.gone.resolve();
      } else if (now >= stopping!.deadline) for (const pid of pids) signal(pid, 'SIGKILL');
      else if (!stopping!.asked) for (const pid of pids) ask(pid);
      stopping!.asked = true;
    }
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
  return { run, main, isOwn: false, alive: main !== null && isAlive(main), stopping: undefined };
}

function groupName({ fid, nonce }: Run): string {
  return `${fid}.${nonce}`;
}

/** The number of the group is ours as long as its leader lives. */
function askGroup({ main }: Watched): void {
  ask(-main!.pid);
}

/** A process that is halted takes its SIGTERM only when it goes on. */
function ask(pid: number): void {
  signal(pid, 'SIGTERM');
  signal(pid, 'SIGCONT');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
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
