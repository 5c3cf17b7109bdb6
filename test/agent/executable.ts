/** Runs `scripts/halcyon` as a user does, and listens to what it says. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { until } from './played-station.ts';

const halcyon = join(import.meta.dirname, '..', '..', 'scripts', 'halcyon');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Executable {
  stdout = '';
  stderr = '';
  readonly exit: Promise<Exit>;
  hasEnded = false;
  readonly #child: ChildProcess;

  /**
   * Runs until the test ends, at the longest.
   *
   * @param through a command that is to run it
   */
  constructor(
    t: Test,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    through: readonly string[] = [],
  ) {
    const { HALCYON_TOKEN: _token, HALCYON_STATION: _station, ...inherited } = process.env;
    const [program = halcyon, ...rest] = [...through, halcyon, ...args];
    this.#child = spawn(program, rest, {
      env: { ...inherited, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.exit = promise;
    this.#child.on('close', (code, signal) => {
      this.hasEnded = true;
      resolve({ code, signal });
    });
    t.teardown(async () => this.stop('SIGKILL'));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The lines of its log: an agent writes them to the one, a station to the other. */
  get log(): Readonly<Record<string, unknown>>[] {
    return [this.stdout, this.stderr].flatMap((text) =>
      text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  }

  hasLogged(pattern: RegExp): boolean {
    return this.log.some(({ msg }) => pattern.test(msg as string));
  }

  async says(pattern: RegExp): Promise<string> {
    await until(`${pattern} of halcyon`, () => pattern.test(this.stdout), 300_000).catch(() => {
      throw new Error(`no ${pattern} in:\n${this.stdout}${this.stderr}`);
    });
    return pattern.exec(this.stdout)?.[1] ?? '';
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#child.kill(signal);
    return this.exit;
  }
}
