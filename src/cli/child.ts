/** A command that halctl runs in its own place: same terminal, same signals. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { CommandEnding } from './exit-codes.ts';

const passed = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Passed = (typeof passed)[number];

/** What a shell answers for a command that is not there, and for one that it may not execute. */
const notFound = 127;
const notExecutable = 126;

export class Child {
  readonly #handlers = new Map<Passed, () => void>();
  /** Those that would end halctl. */
  readonly #kept = process.listeners('SIGINT');
  #child: ChildProcess | undefined;
  #early: Passed | undefined;

  /** From now on signals are the command's, even before it runs. */
  constructor() {
    process.removeAllListeners('SIGINT');
    for (const signal of passed) {
      const handler = (): void => this.#pass(signal);
      this.#handlers.set(signal, handler);
      process.on(signal, handler);
    }
  }

  /** Gives the signals back. */
  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
    for (const listener of this.#kept) process.on('SIGINT', listener);
  }

  /**
   * Runs the command to its end.
   *
   * @throws {CommandEnding} it ended with another exit code than 0, by a signal, or could not begin
   */
  async run(
    [command = '', ...args]: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<void> {
    if (this.#early) throw endedBy(this.#early);
    const child = spawn(command, args, { env, stdio: 'inherit' });
    this.#child = child;
    let code: number | null;
    let signal: NodeJS.Signals | null;
    try {
      [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    } catch (error) {
      const { code: cause, message } = error as NodeJS.ErrnoException;
      const why = cause === 'ENOENT' ? 'not found' : message;
      throw new CommandEnding(
        `could not run ${command}: ${why}`,
        cause === 'ENOENT' ? notFound : notExecutable,
        true,
      );
    }
    if (signal) throw endedBy(signal);
    if (code !== 0) throw new CommandEnding(`exit code ${code ?? 1}`, code ?? 1);
  }

  #pass(signal: Passed): void {
    if (!this.#child) this.#early ??= signal;
    // A terminal sends Ctrl-C to the command as well; many end at once where it comes twice.
    else if (signal !== 'SIGINT' || !process.stdin.isTTY) this.#child.kill(signal);
  }
}

const endedBy = (signal: NodeJS.Signals): CommandEnding =>
  new CommandEnding(`ended by ${signal}`, 128 + constants.signals[signal]);
