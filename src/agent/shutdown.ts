/**
 * Hosts that go down on purpose. An agent is also stopped to be replaced or restarted, and what runs
 * on its host then goes on; so being told to end says nothing of the host.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why an agent ends: its host goes down with it. */
export const hostGoesDown = Symbol('the host goes down');

/** Longest time to find out, ms: a host that goes down does not wait long. */
const askMsMax = 2_000;

/**
 * Whether systemd is bringing this host down: poweroff, reboot, halt or kexec. False where there is
 * no systemd, or it does not say.
 */
export async function isHostGoingDown(): Promise<boolean> {
  try {
    const args = ['show', '--property=SystemState', '--value'];
    const { stdout } = await run('systemctl', args, { timeout: askMsMax });
    return stdout.trim() === 'stopping';
  } catch {
    return false;
  }
}
