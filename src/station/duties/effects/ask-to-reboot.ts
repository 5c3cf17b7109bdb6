/** Asks the system of a machine to start anew, by ssh: see `docs/reboot.md`. */

import { randomBytes } from 'node:crypto';
import type { ExecResult } from '../../../checks/ssh/exec.ts';
import { quoted } from '../../../checks/ssh/remote-shell.ts';
import type { EffectContext, Ended } from './effect.ts';

/** For the system to take it, once one is logged in, ms. */
const timeoutMs = 30_000;
const connectMs = 15_000;
/** Characters of what it said. */
const saidMax = 200;

/**
 * Only the boot that is to end is ended: a machine that has started anew meanwhile is left alone, however often it is
 * asked. Where the account is not that of root, sudo has to let it.
 */
export const rebootScript = (boot: string): string =>
  [
    `[ "$(cat /proc/sys/kernel/random/boot_id)" = ${quoted(boot)} ] || { echo it has another boot; exit 0; }`,
    '[ "$(id -u)" = 0 ] && as= || as="sudo -n"',
    '$as systemctl reboot || $as reboot',
  ].join('\n');

const saidBy = ({ stdout, stderr }: ExecResult): string =>
  `${stderr.toString('utf8')}\n${stdout.toString('utf8')}`
    .trim()
    .replace(/\s+/g, ' ')
    .slice(0, saidMax);

/** A system that shuts down may end the connection before it says that it was told. */
const endedAs = (result: ExecResult): Ended => {
  const { ending } = result;
  if (ending.kind === 'exit' && ending.code !== 0) {
    const detail = `it refuses, with ${ending.code}: ${saidBy(result)}`;
    return { outcome: 'failed', detail };
  }
  return { outcome: 'done', detail: ending.kind === 'exit' ? saidBy(result) : ending.kind };
};

/**
 * @param sshFile the file of settings by which machines are reached
 * @param address of its agent, where the settings say nothing else; null: by its name
 * @throws the reason of the signal
 */
export const askToReboot = async (
  sshFile: string,
  machine: string,
  { boot, address }: { readonly boot: string; readonly address: string | null },
  { signal, mustStand: before }: Pick<EffectContext, 'signal' | 'mustStand'>,
): Promise<Ended> => {
  // Few stations log in to machines themselves.
  const [{ Connections }, { systemDial }, { exec }, { SshFailure }, known, settingsOf, time, own] =
    await Promise.all([
      import('../../../checks/ssh/connections.ts'),
      import('../../../checks/ssh/dial.ts'),
      import('../../../checks/ssh/exec.ts'),
      import('../../../checks/ssh/failure.ts'),
      import('../../../checks/ssh/known-hosts-file.ts'),
      import('../../../checks/ssh/settings.ts'),
      import('../../../checks/ssh/time.ts'),
      import('../../../checks/sweep/sweeper.ts'),
    ]);
  const { systemTime } = time;
  const settings = settingsOf.readSshSettings(sshFile, own.ownSshDefaults());
  const paths = { paths: settings.knownHosts, hashed: settings.hashed };
  const connections = new Connections({
    ...{ time: systemTime, dial: systemDial, random: randomBytes },
    knownHosts: new known.KnownHostsStore(paths, systemTime, randomBytes),
    hostKeys: settings.hostKeys,
    agent: process.env['SSH_AUTH_SOCK'],
    limits: { connectMs },
  });
  try {
    const said = settings.targetOf(machine);
    const isUnsaid = said.address === machine && !said.jump && address !== null;
    const target = isUnsaid ? { ...said, address } : said;
    return endedAs(
      await exec(connections, target, rebootScript(boot), { timeoutMs, before }, signal),
    );
  } catch (error) {
    if (!(error instanceof SshFailure)) throw error;
    return { outcome: 'failed', detail: `one cannot log in: ${error.message}` };
  } finally {
    connections.close();
  }
};
