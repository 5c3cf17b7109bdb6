/** A command that halctl runs in its own place: same terminal, same signals. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { descriptorsGiven } from '../client/started-with.ts';
import { CommandEnding } from './exit-codes.ts';
import { KeptChild, numberOf } from './kept-child.ts';
import type { End } from './kept-child.ts';
import {
  GroupWitness,
  haltingSignals,
  harmlessSignals,
  isInOwnGroup,
  passedSignals,
} from './passed-signals.ts';

/** What a shell answers for a command that is not there, and for one that it may not execute. */
const notFound = 127;
const notExecutable = 126;

export class Child {
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  readonly #witness = new GroupWitness();
  /** Those that would end halctl. */
  readonly #kept = process.listeners('SIGINT');
  /** Came, and are to be looked at. */
  readonly #came = new Set<NodeJS.Signals>();
  /** Came to the command as well, and are to be looked at. */
  readonly #shared = new Set<NodeJS.Signals>();
  #looking = false;
  readonly #child = new KeptChild();
  #early: NodeJS.Signals | undefined;

  /** From now on signals are the command's, even before it runs. */
  constructor() {
    process.removeAllListeners('SIGINT');
    for (const signal of passedSignals) this.#handle(signal);
  }

  /** Gives the signals back. */
  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
    for (const listener of this.#kept) process.on('SIGINT', listener);
    this.#witness.end();
    void this.#child.release();
  }

  /**
   * Runs the command to its end.
   *
   * @throws {CommandEnding} it ended with another exit code than 0, by a signal, or could not begin
   */
  async run(
    [command = '', ...args]: readonly string[],
    environment: Readonly<Record<string, string | undefined>>,
  ): Promise<void> {
    const env = { ...environment };
    await this.#witness.isReady();
    const given = descriptorsGiven(env);
    if (given !== undefined) await limitDescriptors(given);
    if (this.#early) throw endedBy(this.#early);
    let end: End;
    try {
      end = await this.#child.run({ command, args, env }, () => {
        // What came while it began is its own.
        if (this.#early) this.#send(this.#early);
      });
    } catch (error) {
      const { code: cause, message } = error as NodeJS.ErrnoException;
      const why = cause === 'ENOENT' ? 'not found' : message;
      throw new CommandEnding(
        `could not run ${command}: ${why}`,
        cause === 'ENOENT' ? notFound : notExecutable,
        true,
      );
    }
    if ('signal' in end) throw endedBy(end.signal);
    if (end.code !== 0) throw new CommandEnding(`exit code ${end.code}`, end.code);
  }

  #handle(signal: NodeJS.Signals): void {
    const handler = (): void => {
      this.#came.add(signal);
      if (!this.#looking) void this.#look();
    };
    this.#handlers.set(signal, handler);
    process.on(signal, handler);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    while (this.#came.size > 0) {
      const came = [...this.#came];
      this.#came.clear();
      for (const signal of await this.#witness.seen()) this.#shared.add(signal);
      for (const signal of came) this.#pass(signal, this.#shared.delete(signal));
    }
    this.#looking = false;
  }

  /** @param isShared whether it came to all of the process group */
  #pass(signal: NodeJS.Signals, isShared: boolean): void {
    const { pid } = this.#child;
    if (pid !== undefined) {
      // Many end at once where Ctrl-C comes twice.
      if (!isShared || !isInOwnGroup(pid)) this.#send(signal);
    } else if (!haltingSignals.has(signal) && !harmlessSignals.has(signal)) this.#early ??= signal;
    // The shell waits for all of its job to halt.
    if (isShared && haltingSignals.has(signal)) this.#haltBy(signal);
  }

  #send(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended, or became another user's, who is not to be signalled.
    }
  }

  /** As if nobody handled it: so it does nothing where nobody could make this process go on. */
  #haltBy(signal: NodeJS.Signals): void {
    process.off(signal, this.#handlers.get(signal)!);
    process.kill(process.pid, signal);
    this.#handle(signal);
  }
}

/** Of this process, which needs few of its own, and so of what it starts. */
const limitDescriptors = async (most: string): Promise<void> => {
  const limit = spawn('prlimit', [`--pid=${process.pid}`, `--nofile=${most}:`], {
    stdio: 'ignore',
  });
  // Where there is no prlimit the command has more than it was given.
  await once(limit, 'exit').catch(() => undefined);
};

const endedBy = (signal: NodeJS.Signals | number): CommandEnding =>
  new CommandEnding(
    `ended by ${typeof signal === 'number' ? `signal ${signal}` : signal}`,
    128 + numberOf(signal),
  );
