/** The process that looks at machines, as the station has it: started, spoken to, and started again where it ends. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { CheckSettings } from '../../checks/settings/settings.ts';
import { readLines } from '../../checks/sweep/lines.ts';
import { lineBytesMax } from '../../checks/sweep/protocol.ts';
import type { Found, FromChecker, Job, ToChecker } from '../../checks/sweep/protocol.ts';
import { requireDescriptorsForChild } from '../../disk/descriptors.ts';
import type { StationLogger } from '../logger.ts';
import type { Cancel, Time } from '../time.ts';

export interface CheckerParts {
  readonly settings: CheckSettings;
  readonly time: Time;
  readonly logger: StationLogger;
  readonly found: (found: readonly Found[]) => void;
  /** It ended, and with it all that it was asked. */
  readonly lost: () => void;
}

/** Before it is started again, ms; twice as long each time, until it has lasted for as long as the longest. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** How long it has to end by itself, ms. */
const endingMs = 2_000;
/** Memory of it, MiB: what is beyond ends it. */
const memoryMax = 2048;
/** Of what it complains about, characters a line. */
const complaintMax = 500;
/** Names are looked up by threads, and one that is silent keeps its thread. */
const lookupThreads = '16';

/** What it may know of what the station was started with: nothing that holds secrets. */
const environment = (): NodeJS.ProcessEnv => {
  const kept = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'NODE_COMPILE_CACHE', 'TZ'];
  const given = kept.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries([...given, ['UV_THREADPOOL_SIZE', lookupThreads], ['LC_ALL', 'C']]);
};

// The published package is compiled, so the process's file ends as this one does.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const program = new URL(`../../checks/sweep/main${extension}`, import.meta.url).pathname;

export class Checker {
  readonly #parts: CheckerParts;
  #child: ChildProcess | null = null;
  #isReady = false;
  #isWanted = false;
  #pauseMs = firstPauseMs;
  #again: Cancel | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(parts: CheckerParts) {
    this.#parts = parts;
  }

  /** Whether it takes jobs now. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Of the process; null: there is none now. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#isWanted = true;
    this.#spawn();
  }

  /** Resolves when the process has ended. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.#again?.();
    this.#again = null;
    const child = this.#child;
    child?.stdin?.end();
    const kill = this.#parts.time.after(endingMs, () => void child?.kill('SIGKILL'));
    await this.#ended;
    kill();
  }

  /** @returns whether it was told; where not, nothing is found */
  look(jobs: readonly Job[]): boolean {
    if (!this.#isReady) return false;
    this.#say({ say: 'look', jobs });
    return true;
  }

  #spawn(): void {
    const { time, logger, settings } = this.#parts;
    const began = time.monotonic();
    let child: ChildProcess;
    try {
      requireDescriptorsForChild();
      child = spawn(process.execPath, [`--max-old-space-size=${memoryMax}`, program], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: environment(),
      });
    } catch (error) {
      return this.#failed(began, (error as Error).message);
    }
    this.#child = child;
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    let why = '';
    child.on('error', (error) => {
      why = error.message;
      // One that was never there does not end.
      if (child.pid === undefined) end();
    });
    child.on('close', (code, signal) => {
      why ||= signal === null ? `it ended with ${code}` : `it was ended by ${signal}`;
      end();
    });
    const end = (): void => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#isReady = false;
      ended.resolve();
      this.#parts.lost();
      if (this.#isWanted) this.#failed(began, why);
    };
    child.stdin!.on('error', () => undefined);
    const lines = { most: lineBytesMax, tooLong: () => void child.kill('SIGKILL') };
    readLines(child.stdout!, (line) => this.#take(child, line), lines);
    readLines(
      child.stderr!,
      (line) => logger.warn({ said: line.slice(0, complaintMax) }, 'the checks complain'),
      lines,
    );
    this.#say({ say: 'settings', settings });
  }

  #failed(began: number, why: string): void {
    const { time, logger } = this.#parts;
    if (time.monotonic() - began > longestPauseMs) this.#pauseMs = firstPauseMs;
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, pause * 2);
    logger.error({ why, again_in_ms: pause }, 'the process that runs checks ended');
    this.#again = time.after(pause, () => this.#spawn());
  }

  #take(child: ChildProcess, line: string): void {
    if (this.#child !== child) return;
    const message = JSON.parse(line) as FromChecker;
    if (message.say === 'ready') this.#isReady = true;
    else this.#parts.found(message.found);
  }

  #say(message: ToChecker): void {
    this.#child?.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}
