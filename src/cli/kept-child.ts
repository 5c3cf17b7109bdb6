/**
 * A child of which it is certain how it ended. Node.js knows no name for a real-time signal and says that
 * such an end was exit code 0. The kernel knows better for as long as nobody has waited for the child; so
 * it is the child of a thread that stands still until its end has been read from `/proc`.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';

/** How a child ended: by itself with a code, or by a signal, which has a name or a number alone. */
export type End = { readonly code: number } | { readonly signal: NodeJS.Signals | number };

export interface KeptCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the thread tells. */
export type KeptReport =
  | { readonly kind: 'begun'; readonly pid: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    };

/** The thread does nothing but wait. */
const threadMemory = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };

export class KeptChild {
  /** 1 once the thread may go on. */
  readonly #gate = new Int32Array(new SharedArrayBuffer(4));
  readonly #thread: Worker;
  #pid: number | undefined;

  /** Its thread starts at once, so that the command can begin without delay. */
  constructor() {
    // The published package is compiled, so the thread's file ends as this one does.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#thread = new Worker(new URL(`./kept-child-thread${extension}`, import.meta.url), {
      name: 'kept-child',
      workerData: this.#gate,
      resourceLimits: threadMemory,
    });
    this.#thread.unref();
  }

  /** Undefined before it has begun and when it has ended. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * Runs the command on this process's standard streams.
   *
   * @param begun told as soon as it has a pid
   * @throws {Error} it could not begin; `code` is that of the system's error
   */
  async run(command: KeptCommand, begun: () => void): Promise<End> {
    let status: number | undefined;
    const look = (): void => {
      // What tells of its end may come after it was seen, and waited for.
      if (this.#pid === undefined || status !== undefined) return;
      status = statusOf(this.#pid);
      if (status === undefined) return;
      Atomics.store(this.#gate, 0, 1);
      Atomics.notify(this.#gate, 0);
    };
    this.#thread.ref();
    this.#thread.postMessage(command);
    process.on('SIGCHLD', look);
    try {
      for (;;) {
        const [report] = (await once(this.#thread, 'message')) as [KeptReport];
        if (report.kind === 'begun') {
          this.#pid = report.pid;
          begun();
          // It may have ended before anybody listened.
          look();
        } else if (report.kind === 'failed') {
          throw Object.assign(new Error(report.message), { code: report.code });
        } else {
          return endOf(report.code, report.signal, status ?? 0);
        }
      }
    } finally {
      process.off('SIGCHLD', look);
      this.#pid = undefined;
      await this.release();
    }
  }

  /** Ends the thread. */
  async release(): Promise<void> {
    await this.#thread.terminate();
  }
}

const endOf = (code: number | null, signal: NodeJS.Signals | null, status: number): End => {
  const number = status & 0x7f;
  if (signal !== null) return { signal };
  return code === 0 && number !== 0 ? { signal: number } : { code: code ?? 1 };
};

/** The number of a signal. */
export const numberOf = (signal: NodeJS.Signals | number): number =>
  typeof signal === 'number' ? signal : constants.signals[signal];

/**
 * The wait status of a child that has ended and was not waited for (proc_pid_stat(5), field 52): its low
 * seven bits are the signal; undefined while it lives. 0 where it cannot be seen, which leaves it to Node.
 */
const statusOf = (pid: number): number | undefined => {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return 0;
  }
  // After the name, which may hold anything: field 3, the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const threads = Number(fields[17]);
  // Its first thread may end before the others.
  return fields[0] === 'Z' && threads <= 1 ? Number(fields[49]) : undefined;
};
