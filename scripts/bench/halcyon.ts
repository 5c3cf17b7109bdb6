/** `halcyon station` and `halcyon obmd` as processes of their own, for benchmarks. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Running {
  readonly url: string;
  /** Token of the administrator. */
  readonly admin: string;
  readonly stop: () => Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');

/** Starts one on an empty data directory, at a port of this machine that is free. */
export const startHalcyon = async (
  what: 'station' | 'obmd',
  data: string,
  flags: readonly string[] = [],
): Promise<Running> => {
  const args = [what, '--data', data, '--listen', '127.0.0.1:0', '--log-level', 'silent', ...flags];
  const child = spawn(join(root, 'scripts/halcyon'), args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [url, admin] = ['', ''];
  for await (const said of createInterface({ input: child.stdout })) {
    url ||= /^listening on (\S+)/.exec(said)?.[1] ?? '';
    admin ||= /admin token: (\S+)/.exec(said)?.[1] ?? '';
    if (url && admin) break;
  }
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  return { url, admin, stop };
};
