/** A real station and the real halctl, as processes. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

export const scripts = join(import.meta.dirname, '..', '..', 'scripts');

/** Longest time that anything here may take, ms. */
export const deadline = 180_000;

export interface RunningStation {
  readonly url: string;
  /** Shown on the first start only. */
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts a station and waits until it listens. It is stopped when the test ends. */
export const startStation = async (
  t: Test,
  data: string,
  { listen = '127.0.0.1:0', first = true } = {},
): Promise<RunningStation> => {
  const child = spawn(
    join(scripts, 'halcyon'),
    ['station', '--data', data, '--listen', listen, '--log-level', 'error'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaints = '';
  child.stderr.on('data', (bytes: Buffer) => (complaints += bytes.toString()));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  t.teardown(stop);
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    url ||= /^listening on (\S+)/.exec(line)?.[1] ?? '';
    const token = /^bootstrap admin token: (\S+)/.exec(line)?.[1] ?? '';
    if (url !== '' && (token !== '' || !first)) return { url, token, stop };
  }
  throw new Error(`the station ended: ${complaints}`);
};

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * What halctl finds in its environment: nothing of the developer's own but where Node keeps what it has
 * compiled, and where the sources stand joined. In a new home everything would be compiled again, at three times the
 * cost of a start.
 */
export const environment = (home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: `${scripts}:${process.env.PATH ?? ''}`,
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  TERM: 'xterm',
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  HALCYON_JOINED: process.env['HALCYON_JOINED'],
  ...more,
});

const textOf = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
  let text = '';
  for await (const piece of stream ?? []) text += piece.toString();
  return text;
};

/** Runs a command line in bash, as a user would. */
export const shell = async (
  line: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<Ran> => {
  const child: ChildProcess = spawn('bash', ['-c', line], { cwd: folder, env, timeout: deadline });
  // A command that does not read its input may have ended before it is written.
  child.stdin?.on('error', () => undefined).end(input);
  const [[code], out, err] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  return { code, out, err };
};

export interface Watched {
  /** All that has come so far. */
  readonly text: string;
  /** Waits until what has come is as it should be. */
  until(isThere: (text: string) => boolean): Promise<string>;
}

/** Keeps what a stream says, from now on. */
export const watch = (stream: NodeJS.ReadableStream): Watched => {
  const watched = {
    text: '',
    until: async (isThere: (text: string) => boolean): Promise<string> => {
      const late = AbortSignal.timeout(deadline);
      while (!isThere(watched.text)) await once(stream, 'data', { signal: late });
      return watched.text;
    },
  };
  stream.on('data', (bytes: Buffer) => (watched.text += bytes.toString()));
  return watched;
};
