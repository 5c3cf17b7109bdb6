/** `halcyon log`, run as a user does, and a log to run it on. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Test } from 'tap';
import { openStation, root } from '../station/harness.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const start = (
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ReturnType<typeof spawn> =>
  spawn('env', ['-u', 'NODE_OPTIONS', join(root, 'scripts/halcyon'), 'log', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });

export const logIn = async (
  environment: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<Ended> => {
  const child = start(args, environment);
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [code] = (await ended) as [number | null];
  return { code, stdout, stderr };
};

export const log = (...args: readonly string[]): Promise<Ended> => logIn({}, ...args);

/** The directory of a station that has stopped, and what its log was. */
export const stopped = async (
  t: Test,
): Promise<{ directory: string; head: number; digest: string; url: string }> => {
  const station = await openStation(t);
  await station.fill();
  const { directory } = station;
  const { head, graph } = station.station;
  const digest = graph.digest();
  await station.close();
  return { directory, head, digest, url: `sqlite:${directory}` };
};
