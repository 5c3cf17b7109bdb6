/** The connections that `halctl exec` goes over: as the settings say, or as ssh would. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Connections } from '../../checks/ssh/connections.ts';
import { systemDial } from '../../checks/ssh/dial.ts';
import { KnownHostsStore } from '../../checks/ssh/known-hosts-file.ts';
import {
  ownDefaults,
  readSshSettings,
  SshSettingsError,
  usualSettings,
} from '../../checks/ssh/settings.ts';
import type { SshSettings } from '../../checks/ssh/settings.ts';
import type { Target } from '../../checks/ssh/target.ts';
import { systemTime } from '../../checks/ssh/time.ts';
import { configPath } from '../config.ts';
import { Failure } from '../exit-codes.ts';
import type { Shell } from '../shell.ts';

export interface ReachFlags {
  readonly sshSettings?: string;
  readonly user?: string;
  /** Seconds. */
  readonly connectTimeout: number;
}

export interface Reach {
  readonly connections: Connections;
  readonly targetOf: (machine: string) => Target;
}

/** Settings beside those of halctl; used where they are there. */
const usualPath = (shell: Shell): string => join(dirname(configPath(shell.env)), 'ssh.yaml');

/** @throws {Failure} `usage`: the settings are wrong */
const settingsOf = (shell: Shell, given: string | undefined): SshSettings => {
  const defaults = ownDefaults(shell.env, userInfo().username, existsSync);
  const path = given ?? usualPath(shell);
  if (given === undefined && !existsSync(path)) return usualSettings(defaults);
  try {
    return readSshSettings(path, defaults);
  } catch (error) {
    if (error instanceof SshSettingsError) throw new Failure('usage', error.message);
    throw new Failure('usage', `cannot read the settings of ssh: ${(error as Error).message}`);
  }
};

/** @throws {Failure} `usage` */
export const reachFor = (shell: Shell, flags: ReachFlags, parallel: number): Reach => {
  const settings = settingsOf(shell, flags.sshSettings);
  const paths = { paths: settings.knownHosts, hashed: settings.hashed };
  const knownHosts = new KnownHostsStore(paths, systemTime, randomBytes);
  const connections = new Connections({
    ...{ time: systemTime, dial: systemDial, random: randomBytes, knownHosts },
    hostKeys: settings.hostKeys,
    agent: shell.env.SSH_AUTH_SOCK,
    limits: { connectMs: flags.connectTimeout * 1000, dialing: parallel },
  });
  const { user } = flags;
  const targetOf = (machine: string): Target => {
    const target = settings.targetOf(machine);
    return user === undefined ? target : { ...target, user };
  };
  return { connections, targetOf };
};
