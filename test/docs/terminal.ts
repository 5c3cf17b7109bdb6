/** A shell that keeps its folder and variables from command to command, as a reader's does. */

import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** Longest time that one command may take, ms. */
const deadline = 120_000;

export interface Ran {
  readonly code: number;
  /** Both outputs, in the order in which they came. */
  readonly output: string;
  /** The commands that failed, where the last one did not. */
  readonly failed: string;
}

export class Terminal {
  readonly #bash: ChildProcessWithoutNullStreams;
  #output = '';

  /** @param environment all that the shell gets; nothing of the developer's own */
  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.#bash = spawn('bash', ['--norc', '--noprofile'], {
      cwd: folder,
      env: environment,
      // A group of its own, so that what was left in the background ends with it.
      detached: true,
    });
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#bash.stderr.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#bash.stdin.write(`exec 2>&1; trap '__failed="$BASH_COMMAND"' ERR\n`);
  }

  /**
   * @param longest time that it may take, ms
   * @throws {Error} it took too long, or ended the shell
   */
  async run(command: string, longest = deadline): Promise<Ran> {
    this.#output = '';
    const script = `(exit "\${__code:-0}") || :; __failed=; ${command}\n`;
    const report = `__code=$?; printf '\\001%s\\001%s\\002' "$__code" "$__failed"\n`;
    // The exit code of the command before is there for `$?`.
    this.#bash.stdin.write(command.includes('$?') ? `(exit "$__code"); ${command}\n` : script);
    this.#bash.stdin.write(report);
    const late = AbortSignal.timeout(longest);
    for (;;) {
      const ended = /^([^]*)\u0001(\d+)\u0001([^]*)\u0002$/.exec(this.#output);
      if (ended) {
        const [, output = '', code = '', failed = ''] = ended;
        return { output, code: Number(code), failed };
      }
      try {
        await once(this.#bash.stdout, 'data', { signal: late });
      } catch {
        throw new Error(`no end within ${longest} ms: ${command}\n${this.#output}`);
      }
    }
  }

  /** Ends the shell and all that it started. */
  async close(): Promise<void> {
    this.#bash.stdin.on('error', () => undefined).end();
    const late = performance.now() + 10_000;
    while (this.#signal(performance.now() < late ? 'SIGTERM' : 'SIGKILL')) await setTimeout(20);
  }

  /** @returns false where nobody is left to get it */
  #signal(signal: NodeJS.Signals): boolean {
    try {
      return process.kill(-this.#bash.pid!, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }
}
