/** Which signals are handed on to a command that halctl runs, and which came to the command as well. */

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/**
 * Not handed on: what cannot be caught, what says that this very process is broken, and what its
 * own children and closed connections send. Node.js cannot catch real-time signals.
 */
const own: ReadonlySet<string> = new Set([
  ...['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE'],
  ...['SIGILL', 'SIGTRAP', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS'],
]);

/** One name a number: `SIGIOT` is `SIGABRT`. */
const names = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

export const passedSignals: readonly NodeJS.Signals[] = [...names.values()].filter(
  (name) => !own.has(name),
);

/** They halt whoever does not handle them. */
export const haltingSignals: ReadonlySet<string> = new Set(['SIGTSTP', 'SIGTTIN', 'SIGTTOU']);
/** Nothing happens to whoever does not handle them. */
export const harmlessSignals: ReadonlySet<string> = new Set(['SIGCONT', 'SIGURG', 'SIGWINCH']);

/**
 * A terminal's Ctrl-C, and `kill` of a process group, reach the command without anybody's help. No
 * process is told whether a signal was for it alone or for its whole group. So another member of
 * the group is asked: what it has had too was for all. A signal is there before anybody handles it;
 * so what the witness says last before its answer is all that there was.
 */
const testimony = `
for number in ${passedSignals.map((name) => constants.signals[name]).join(' ')}; do
  trap "echo $number; woken=yes" "$number"
done
echo
while :; do
  woken=
  if read -r question; then echo; elif [ -z "$woken" ]; then exit; fi
done`;

export class GroupWitness {
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ready: Promise<NodeJS.Signals[]>;

  constructor() {
    this.#shell = spawn('/bin/sh', ['-c', testimony], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#shell.on('error', () => undefined);
    this.#shell.stdin.on('error', () => undefined);
    this.#shell.unref();
    this.#lines = createInterface({ input: this.#shell.stdout })[Symbol.asyncIterator]();
    this.#ready = this.#answer();
  }

  /** Waits until it pays attention. */
  async isReady(): Promise<void> {
    await this.#ready;
  }

  /** The signals that all of the group had since it was last asked; none where it cannot tell. */
  async seen(): Promise<NodeJS.Signals[]> {
    await this.#ready;
    this.#shell.stdin.write('\n');
    return this.#answer();
  }

  end(): void {
    this.#shell.stdin.end();
  }

  async #answer(): Promise<NodeJS.Signals[]> {
    const seen: NodeJS.Signals[] = [];
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true || line.value === '') return seen;
      const name = names.get(Number(line.value));
      if (name !== undefined) seen.push(name);
    }
  }
}

/** Whether a process has stayed in the process group of this one; taken for yes where it cannot be seen. */
export const isInOwnGroup = (pid: number): boolean => groupOf(pid) === groupOf('self');

const groupOf = (process: number | 'self'): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${process}/stat`, 'latin1');
    // After the name, which may hold anything: state, parent, group.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
  } catch {
    return undefined;
  }
};
