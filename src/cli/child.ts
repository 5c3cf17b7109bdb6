/** A command that halctl runs in its own place: same terminal, same signals. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { descriptorsGiven } from '../client/started-with.ts';
import { CommandEnding } from './exit-codes.ts';
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
  #child: ChildProcess | undefined;
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
    const child = this.#child;
    if (child?.pid !== undefined) {
      // Many end at once where Ctrl-C comes twice.
      if (!isShared || !isInOwnGroup(child.pid)) child.kill(signal);
    } else if (!haltingSignals.has(signal) && !harmlessSignals.has(signal)) this.#early ??= signal;
    // The shell waits for all of its job to halt.
    if (isShared && haltingSignals.has(signal)) this.#haltBy(signal);
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

const endedBy = (signal: NodeJS.Signals): CommandEnding =>
  new CommandEnding(`ended by ${signal}`, 128 + constants.signals[signal]);
