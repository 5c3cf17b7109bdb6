/** Programs that tell something of machines: no shell of ours, bounded output, and an end in any case. */

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { requireDescriptorsForChild } from '../disk/descriptors.ts';

/** A program did not do what it was run for. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

export interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** It and all that it started are killed after so many seconds, also where we are there no more. */
  readonly limitSeconds: number;
  /** More output than this is none of what it should say, bytes. */
  readonly outputBytesMax: number;
}

/** After its limit a program has so long to end before it is killed, seconds. */
const graceSeconds = 1;
const complaintMax = 300;
/** What `timeout` exits with when the time was up, also where it had to kill. */
const timedOut = new Set<number | null>([124, 137]);

/** What a program gets of our environment; messages are in one language. */
export const environment = (names: readonly string[] = []): Record<string, string> => {
  const known = ['PATH', 'HOME', ...names].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), LC_ALL: 'C' };
};

const firstLine = (bytes: Buffer): string =>
  (bytes.toString('utf8').trim().split('\n')[0] ?? '').slice(0, complaintMax);

const killGroup = (child: ChildProcessByStdio<null, Readable, Readable>): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

/**
 * What a program prints.
 *
 * @throws {ProgramError} it could not be run, failed, hung or said too much: in one line
 */
export const outputOf = (run: Program, signal: AbortSignal): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { program, args, env, directory: cwd, limitSeconds, outputBytesMax } = run;
    const fail = (why: string): void => reject(new ProgramError(`${program} ${why}`));
    if (signal.aborted) return fail('was not run: nobody waits for it any more');
    try {
      requireDescriptorsForChild();
    } catch (error) {
      return fail(`cannot be run now: ${(error as Error).message}`);
    }
    const limits = [`--kill-after=${graceSeconds}`, String(limitSeconds)];
    const child = spawn('timeout', [...limits, program, ...args], {
      ...{ env, cwd, detached: true },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [said, complained]: [Buffer[], Buffer[]] = [[], []];
    let length = 0;
    let complaints = 0;
    const kill = (): void => killGroup(child);
    signal.addEventListener('abort', kill, { once: true });
    child.stdout.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length <= outputBytesMax) said.push(piece);
      else kill();
    });
    child.stderr.on('data', (piece: Buffer) => {
      complaints += piece.length;
      if (complaints <= 65_536) complained.push(piece);
    });
    child.once('error', (error) => fail(`cannot be run: ${error.message}`));
    // What it started may hold its output open for ever.
    child.once('exit', () => setTimeout(kill, graceSeconds * 1000).unref());
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      const complaint = firstLine(Buffer.concat(complained));
      if (signal.aborted) fail('was ended: nobody waits for it any more');
      else if (length > outputBytesMax) fail(`said more than ${outputBytesMax} bytes`);
      else if (timedOut.has(code)) fail(`did not answer within ${limitSeconds} s`);
      else if (code === 127 && complaint.startsWith('timeout: ')) fail('is not installed');
      else if (code !== 0) fail(`failed${complaint === '' ? ` with ${code}` : `: ${complaint}`}`);
      else resolve(Buffer.concat(said));
    });
  });
