/**
 * One fping for many addresses. It is given addresses and never names: it looks names up one after the other, and one
 * whose name server is silent would keep all others waiting.
 */

import { spawn } from 'node:child_process';
import { requireDescriptorsForChild } from '../../disk/descriptors.ts';

/** What was heard: ms there and back; null: nothing in time; undefined: nobody knows. */
export interface Pinged {
  readonly times: ReadonlyMap<string, number | null>;
  /** What kept fping from saying more; null: nothing did. */
  readonly trouble: string | null;
}

export interface PingOptions {
  /** How long an answer is waited for, ms. */
  readonly timeoutMs: number;
  /** Between two packets, ms; from 1 on. */
  readonly intervalMs: number;
  readonly program?: string;
}

/** How long fping may take beyond what it should, ms. */
const patienceMs = 10_000;
/** Of what it complains about, characters. */
const complaintMax = 200;
const outputMax = 16 * 1024 * 1024;

/** Lines such as `10.0.0.1 : 0.31`, or with `-` where nothing came. */
export const timesOf = (output: string): Map<string, number | null> => {
  const times = new Map<string, number | null>();
  for (const [, address, time] of output.matchAll(/^(\S+)\s+: (-|\d+(?:\.\d+)?)\s*$/gm))
    times.set(address!, time === '-' ? null : Number(time));
  return times;
};

const complaintIn = (output: string): string | null => {
  const lines = output.split('\n').filter((line) => line !== '' && !/^\S+\s+: /.test(line));
  return lines[0]?.slice(0, complaintMax) ?? null;
};

/** Pings each address once. What goes wrong is told, never thrown. */
export const pingAll = (addresses: readonly string[], options: PingOptions): Promise<Pinged> => {
  const { timeoutMs, intervalMs, program = 'fping' } = options;
  const flags = ['-C', '1', '-q', '-i', String(intervalMs), '-t', String(timeoutMs), '-r', '0'];
  const longestMs = addresses.length * intervalMs * 2 + timeoutMs + patienceMs;
  return new Promise((resolve) => {
    const none = (trouble: string): void => resolve({ times: new Map(), trouble });
    try {
      requireDescriptorsForChild();
    } catch (error) {
      return none((error as Error).message);
    }
    const child = spawn(program, flags, {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), longestMs);
    const chunks: Buffer[] = [];
    let length = 0;
    child.stderr.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= outputMax) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      none(error.code === 'ENOENT' ? 'fping is not installed' : error.message);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks).toString('utf8');
      const ended = signal === null ? null : `fping was ended by ${signal}`;
      // 0 to 2 say how many answered; what is above, that it could not do its work.
      const failed = code !== null && code > 2 ? `fping failed with ${code}` : null;
      resolve({ times: timesOf(output), trouble: ended ?? complaintIn(output) ?? failed });
    });
    // It may end before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${addresses.join('\n')}\n`);
  });
};
