/** Runs a command on a host through the ssh client of this machine. */

import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import type { SshStep } from '../../core/values/recovery-policy.ts';
import { requireDescriptorsForChild } from '../../disk/descriptors.ts';
import { pause } from '../time.ts';
import type { Time } from '../time.ts';
import type { EffectContext } from './effects/effect.ts';

/** Characters of the output that are kept. */
const outputMax = 1024;
/** After the time limit ssh has this long to end, seconds. */
const graceSeconds = 2;
/** What `timeout` exits with when the time was up. */
const timedOut = 124;
/** What ssh exits with when it is ssh that failed. */
const sshFailed = 255;

/** Until it is tried again to run ssh, ms. */
const againMs = 500;
/** How long output is waited for when ssh has ended, ms. */
const lastWordsMs = 1000;

export interface SshResult {
  readonly ok: boolean;
  /** What became of it, for people. */
  readonly detail: string;
}

/**
 * What is executed. Where its agent last said it was is the address, but the key must be the one of
 * its name: whoever has the address now cannot pass for it. Where a key that is not known would be
 * believed, an agent could name the address of another host, so that the name is resolved instead.
 * `timeout` ends ssh also when this process is there no more.
 */
export const sshCommand = (step: SshStep, fqdn: string, address: string | null): string[] => {
  const { command, user, port, identity_file, known_hosts_file, host_keys, timeout } = step;
  const options = [
    'BatchMode=yes',
    `StrictHostKeyChecking=${host_keys === 'strict' ? 'yes' : 'accept-new'}`,
    `HostKeyAlias=${fqdn}`,
    ...(host_keys === 'strict' && address !== null && isIP(address) !== 0
      ? [`HostName=${address}`]
      : []),
    'UpdateHostKeys=no',
    ...(known_hosts_file === null ? [] : [`UserKnownHostsFile=${known_hosts_file}`]),
    ...(identity_file === null ? [] : ['IdentitiesOnly=yes']),
    `ConnectTimeout=${Math.min(timeout, 30)}`,
    'ConnectionAttempts=1',
    'ControlMaster=no',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'LogLevel=ERROR',
  ];
  return [
    ...['timeout', `--kill-after=${graceSeconds}`, String(timeout), 'ssh', '-T', '-n'],
    ...options.flatMap((option) => ['-o', option]),
    ...(user === null ? [] : ['-l', user]),
    ...(port === null ? [] : ['-p', String(port)]),
    ...(identity_file === null ? [] : ['-i', identity_file]),
    ...['--', fqdn, command],
  ];
};

/** What ssh gets of this process's environment: nothing that is secret. */
const environment = (): NodeJS.ProcessEnv => {
  const { PATH, HOME, USER, LOGNAME, SSH_AUTH_SOCK } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, USER, LOGNAME, SSH_AUTH_SOCK }).filter(
      ([, value]) => value !== undefined,
    ),
  );
};

/**
 * Runs a step on a host until it ends, at the latest when its time is up or `signal` says so. As
 * long as this machine is short of descriptors or processes ssh is not run, and that says nothing
 * about the host: it is tried again within the time of the step.
 */
export const runSsh = async (
  step: SshStep,
  fqdn: string,
  address: string | null,
  { time, signal, mustStand }: Pick<EffectContext, 'time' | 'signal' | 'mustStand'>,
): Promise<SshResult> => {
  const [program = '', ...args] = sshCommand(step, fqdn, address);
  const deadline = time.monotonic() + step.timeout * 1000;
  for (;;) {
    if (signal.aborted) return unrun('the station ends');
    const started = await start(program, args, mustStand);
    if (!(started instanceof Error)) return resultOf(started, step, time, signal);
    const { code = '', message } = started;
    const isShort = code !== 'ENOENT' && code !== 'EACCES';
    if (!isShort || signal.aborted || time.monotonic() >= deadline) return unrun(message);
    await pause(time, againMs, signal);
  }
};

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** @returns why it was not started, where it was not; @throws what `mustStand` throws */
const start = async (
  program: string,
  args: readonly string[],
  mustStand: () => void,
): Promise<Child | NodeJS.ErrnoException> => {
  try {
    requireDescriptorsForChild();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  const env = environment();
  mustStand();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  if (child.pid !== undefined) return child;
  const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  return error;
};

const unrun = (why: string): SshResult => ({ ok: false, detail: `ssh could not be run: ${why}` });

const resultOf = (
  child: Child,
  step: SshStep,
  time: Time,
  signal: AbortSignal,
): Promise<SshResult> => {
  let output = '';
  const listen = (chunk: Buffer): void => {
    if (output.length < outputMax) output = (output + chunk.toString()).slice(0, outputMax);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const { promise, resolve } = Promise.withResolvers<SshResult>();
  child.on('error', (error) => resolve({ ok: false, detail: error.message }));
  const end = (): void => {
    endGroup(child);
    resolve({ ok: false, detail: 'ssh was ended with the station' });
  };
  signal.addEventListener('abort', end);
  child.on('exit', () => signal.removeEventListener('abort', end));
  const ended = (code: number | null, killedBy: NodeJS.Signals | null): void =>
    resolve({ ok: code === 0, detail: detailOf(step, code, killedBy, output.trim()) });
  child.on('close', ended);
  // Something that ssh has started may hold its output open.
  child.on('exit', (...how) => time.after(lastWordsMs, () => ended(...how)));
  return promise;
};

/** Ssh too where `timeout` has just started it: it may not know yet, would end alone, and ssh go on without a limit. */
const endGroup = ({ pid }: ChildProcess): void => {
  try {
    process.kill(-pid!, 'SIGTERM');
  } catch {
    // It has ended.
  }
};

const detailOf = (
  { timeout }: SshStep,
  code: number | null,
  killedBy: NodeJS.Signals | null,
  output: string,
): string => {
  const how =
    code === timedOut
      ? `ssh had not ended after ${timeout} s`
      : code === sshFailed
        ? 'ssh failed'
        : killedBy !== null
          ? `ssh was ended by ${killedBy}`
          : `ssh: exit code ${code}`;
  return output === '' ? how : `${how}: ${output}`;
};
