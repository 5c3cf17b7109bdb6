/** A station, an OBM daemon, a machine that is lent to a project, and people with halctl. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { until } from '../../ipmi/simulator.ts';
import { Daemon } from '../../obm/daemon.ts';
import { SerialMachine } from '../../obm/serial-machine.ts';
import { startStation, temporary } from '../../station/harness.ts';
import { stationHere } from '../station-here.ts';
import { environment, scripts, watch } from '../station.ts';
import type { Ran } from '../station.ts';
import { typed } from '../typed.ts';

export const host = 'n1.example';

export interface Place {
  readonly daemon: Daemon;
  readonly machine: SerialMachine;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs halctl as the administrator, or with the token in a file. */
  readonly halctl: (words: string, env?: NodeJS.ProcessEnv) => Promise<Ran>;
  /** Issues a token of a member of the project that has the machine; its id, and how to use it. */
  readonly member: (
    role: string,
    project?: string,
  ) => Promise<{ id: string; env: NodeJS.ProcessEnv }>;
}

interface Flags {
  /** Of a station that is a process, instead of one in this one. */
  readonly station?: readonly string[];
  readonly obmd?: readonly string[];
  readonly ca?: string;
}

export const setUp = async (t: Test, flags: Flags = {}): Promise<Place> => {
  const folder = temporary(t);
  const machine = await SerialMachine.start(t);
  const daemon = await Daemon.start(t, ['--poll', '0', ...(flags.obmd ?? [])]);
  const { url, admin } =
    flags.station === undefined
      ? await stationHere(t, join(folder, 'data')).then(({ url, token }) => ({ url, admin: token }))
      : await startStation(t, join(folder, 'data'), { flags: flags.station });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const env = environment(folder, {
    ...{ HALCYON_STATION: url, HALCYON_TOKEN_FILE: file('admin.token', admin!) },
    ...(flags.ca === undefined ? {} : { HALCYON_CA: flags.ca }),
  });
  const halctl = (words: string, as = env): Promise<Ran> => typed(`halctl ${words}`, folder, as);
  const obmd = `--obmd ${daemon.url} --admin-token-file ${file('obmd.token', daemon.admin)}`;
  for (const words of [
    ...[`system node add ${host}`, 'project create climate', `project attach climate ${host}`],
    `obm register ${host} ${obmd} --type dummy --set addr=${machine.addr}`,
    `obm enable ${host}`,
  ]) {
    const { code, err } = await halctl(words);
    if (code !== 0) throw new Error(`${words}: ${err}`);
  }
  await until('the console', () => machine.isConnected);
  machine.echoes = true;
  const member: Place['member'] = async (role, project = 'climate') => {
    const words = `auth token create ${role} --project ${project} --role ${role} --json`;
    const { id, token } = JSON.parse((await halctl(words)).out) as { id: string; token: string };
    return { id, env: { ...env, HALCYON_TOKEN_FILE: file(`${id}.token`, token) } };
  };
  return { daemon, machine, folder, env, halctl, member };
};

/** Another machine of the same project, at the same daemon. */
export const addMachine = async (
  t: Test,
  { daemon, halctl }: Place,
  name: string,
): Promise<SerialMachine> => {
  const machine = await SerialMachine.start(t);
  const obmd = `--obmd ${daemon.url} --admin-token-file obmd.token`;
  for (const words of [
    ...[`system node add ${name}`, `project attach climate ${name}`],
    `obm register ${name} ${obmd} --type dummy --set addr=${machine.addr}`,
    `obm enable ${name}`,
  ]) {
    const { code, err } = await halctl(words);
    if (code !== 0) throw new Error(`${words}: ${err}`);
  }
  await until('the console', () => machine.isConnected);
  machine.echoes = true;
  return machine;
};

export interface Seat {
  readonly screen: ReturnType<typeof watch>;
  readonly types: (keys: string) => void;
  readonly ended: Promise<unknown[]>;
}

/** Sits down at a terminal of one's own. */
export const sit = (t: Test, env: NodeJS.ProcessEnv, ...flags: string[]): Seat => {
  const words = [join(scripts, 'halctl'), 'obm', 'console', host, ...flags].join(' ');
  const line = `before=$(stty -g); ${words}; code=$?; test "$before" = "$(stty -g)" && echo restored; exit $code`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { env });
  t.teardown(() => child.kill('SIGKILL'));
  const screen = watch(child.stdout);
  return { screen, types: (keys) => child.stdin.write(keys), ended: once(child, 'close') };
};

export const seated = async (seat: Seat): Promise<Seat> => {
  await seat.screen.until((text) => text.includes('~? tells'));
  return seat;
};
