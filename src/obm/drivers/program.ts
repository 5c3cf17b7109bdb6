/** Programs that drivers run: no shell, bounded output, and an end in any case. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { requireDescriptorsForChild } from '../../disk/descriptors.ts';
import { ObmError } from '../errors.ts';
import type { Time } from '../time.ts';

/** What is kept of each of its outputs, bytes. */
const outputMax = 1024 * 1024;
/** After its limit a program has so long to end before it is killed, seconds. */
const graceSeconds = 2;
/** What `timeout` exits with when the time was up, also where it had to kill. */
const timedOut = new Set([124, 137]);
/** How long output is waited for when the program has ended, ms: something that it started may hold it. */
const lastWordsMs = 1_000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** It is ended after so many seconds, also where we are there no more. */
  readonly limitSeconds: number;
}

export interface Ended {
  /** null where something ended it. */
  readonly code: number | null;
  /** It had not ended by its limit, or we ended it. */
  readonly wasEnded: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end. Rejects only where it was never run, as does a signal that was given before; one given
 * later ends it.
 *
 * @throws {ObmError} `unsupported`: it is not on this machine; `network`: this machine cannot run it now
 */
export const run = async (command: Command, time: Time, signal: AbortSignal): Promise<Ended> => {
  signal.throwIfAborted();
  const { program, args, env, limitSeconds } = command;
  mustBeAbleToRun(program);
  const limits = [`--kill-after=${graceSeconds}`, String(limitSeconds)];
  const child = spawn('timeout', [...limits, program, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Where there are no descriptors it has neither, and says so a moment later.
  const whenOver = ended(child, program, time);
  const texts = [child.stdout, child.stderr].map((stream: Readable | null) => {
    const pieces: Buffer[] = [];
    let length = 0;
    stream?.on('data', (piece: Buffer) => {
      if (length < outputMax) pieces.push(piece);
      length += piece.length;
    });
    return () => Buffer.concat(pieces).toString();
  });
  const end = (): void => endGroup(child);
  signal.addEventListener('abort', end);
  // Its group may be somebody else's from then on.
  child.once('exit', () => signal.removeEventListener('abort', end));
  try {
    const code = await whenOver;
    const [stdout = '', stderr = ''] = texts.map((text) => text());
    if (code === 127 && stderr.startsWith('timeout: failed to run')) throw missing(program);
    const wasEnded = signal.aborted || code === null || timedOut.has(code);
    return { code, wasEnded, stdout, stderr };
  } finally {
    signal.removeEventListener('abort', end);
    (child.stdout as Readable | null)?.destroy();
    (child.stderr as Readable | null)?.destroy();
  }
};

/** The program too where `timeout` has just started it, and would end without it. */
const endGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
};

const ended = (child: ChildProcess, program: string, time: Time): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notRun(program, error)));
    child.once('close', (code) => resolve(code));
    child.once('exit', (code) => time.after(lastWordsMs, () => resolve(code)));
  });

const missing = (program: string): ObmError =>
  new ObmError('unsupported', `${program} is not installed where the daemon runs`);

/** @throws {ObmError} `network`: this machine cannot run it now */
export const mustBeAbleToRun = (program: string): void => {
  try {
    requireDescriptorsForChild();
  } catch (error) {
    throw notRun(program, error as Error);
  }
};

/** Why a program could not be started. */
export const notRun = (program: string, cause: Error): ObmError =>
  (cause as NodeJS.ErrnoException).code === 'ENOENT'
    ? missing(program)
    : new ObmError('network', `this machine cannot run ${program} now`, { cause });

/** What a program gets of our environment; messages are in one language. */
export const environment = (
  names: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => {
  const known = ['PATH', ...names].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), LC_ALL: 'C', ...more };
};

/** Its whole lines, without blanks around them. */
export const linesOf = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.trim());
