/** Real sshd on loopback, with accounts of any login shell: the names of accounts are looked up in a file of the test. */

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { Connections } from '../../../src/checks/ssh/connections.ts';
import type { ConnectionLimits } from '../../../src/checks/ssh/connections.ts';
import { systemDial } from '../../../src/checks/ssh/dial.ts';
import { KnownHostsStore } from '../../../src/checks/ssh/known-hosts-file.ts';
import type { Target } from '../../../src/checks/ssh/target.ts';
import { systemTime } from '../../../src/checks/ssh/time.ts';
import type { Time } from '../../../src/checks/ssh/time.ts';

export const run = (program: string, ...args: string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw new Error(`${program} is missing; run scripts/setup`, { cause: error });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
};

/** Whoever has something that is to be taken down at the end: a test, or a benchmark. */
export type Ends = Pick<Test, 'teardown'> | { readonly teardown: (end: () => unknown) => void };

export const folderOf = (t: Ends): string => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-ssh-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const makeKey = (folder: string, name: string, ...args: string[]): string => {
  const path = join(folder, name);
  run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path, ...args);
  return path;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

export interface Account {
  readonly shell: string;
  /** That of whoever runs the test if absent. */
  readonly uid?: number;
  /** Files of its home, by their path in it. */
  readonly home?: Readonly<Record<string, string>>;
}

export interface SshdOptions {
  /** Beside `plain`, which has /bin/sh and no rc files. */
  readonly accounts?: Readonly<Record<string, Account>>;
  /** Lines of its configuration, before the usual ones. */
  readonly config?: readonly string[];
  /** Files with its host keys; one of its own if absent. */
  readonly hostKeys?: readonly string[];
  /** A program before it, with its arguments: `unshare …`. */
  readonly within?: readonly string[];
}

export interface Sshd {
  readonly port: number;
  readonly folder: string;
  /** Opens every account. */
  readonly key: string;
  readonly hostKeys: readonly string[];
  readonly daemon: ChildProcess;
  /** As this name; known_hosts has it as such. */
  readonly target: (name: string, user?: string) => Target;
  /** A line of known_hosts for a name. */
  readonly known: (name: string) => string;
}

/** Runs until the test ends. */
export const startSshd = async (t: Ends, options: SshdOptions = {}): Promise<Sshd> => {
  const folder = folderOf(t);
  const key = makeKey(folder, 'client');
  const hostKeys = options.hostKeys ?? [makeKey(folder, 'host')];
  const port = await freePort();
  const { uid, gid } = userInfo();
  const accounts = { plain: { shell: '/bin/sh' }, ...options.accounts };
  const passwd = Object.entries<Account>(accounts).map(([name, account]) => {
    const { shell, home = {} } = account;
    const own = join(folder, 'homes', name);
    mkdirSync(own, { recursive: true });
    for (const [path, content] of Object.entries(home)) {
      mkdirSync(join(own, path, '..'), { recursive: true });
      writeFileSync(join(own, path), content);
    }
    return `${name}:x:${account.uid ?? uid}:${gid}::${own}:${shell}`;
  });
  const system = readFileSync('/etc/passwd', 'utf8');
  writeFileSync(join(folder, 'passwd'), `${passwd.join('\n')}\n${system}`);
  const config = join(folder, 'sshd_config');
  const lines = [
    ...(options.config ?? []),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeys.map((path) => `HostKey ${path}`),
    `AuthorizedKeysFile ${key}.pub`,
    'PidFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'StrictModes no',
    'MaxStartups 300',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const [program = '', ...args] = [
    ...(options.within ?? []),
    '/usr/sbin/sshd',
    '-D',
    '-e',
    '-f',
    config,
  ];
  const daemon = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      LD_PRELOAD: 'libnss_wrapper.so',
      NSS_WRAPPER_PASSWD: join(folder, 'passwd'),
      NSS_WRAPPER_GROUP: '/etc/group',
    },
  });
  let said = '';
  daemon.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  const ended = once(daemon, 'close').catch(() => {});
  t.teardown(async () => {
    daemon.kill('SIGCONT');
    // What it is within may pass no signal on, and ends it with itself.
    daemon.kill(options.within?.length ? 'SIGKILL' : 'SIGTERM');
    await ended;
  });
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 3000) throw new Error(`sshd does not answer; is it installed? ${said}`);
    await pause(20);
  }
  if (/libnss_wrapper/.test(said)) throw new Error(`libnss-wrapper is missing: ${said}`);
  const target = (name: string, user = 'plain'): Target => ({
    ...{ name, address: '127.0.0.1', port, user, keys: [key] },
  });
  const known = (name: string): string =>
    hostKeys
      .map((path) => {
        const [type, blob] = readFileSync(`${path}.pub`, 'utf8').split(' ');
        return `[${name}]:${port} ${type} ${blob}\n`;
      })
      .join('');
  return { port, folder, key, hostKeys, daemon, target, known };
};

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

export interface ConnectionsOptions {
  readonly hostKeys?: 'strict' | 'learn';
  readonly agent?: string;
  readonly limits?: Partial<ConnectionLimits>;
  readonly time?: Time;
}

/** Of a busy machine, on which many shells that are started at once may all take as long as one otherwise must not. */
export const patientTime: Time = {
  monotonic: () => systemTime.monotonic() / 10,
  after: (ms, call) => systemTime.after(ms * 10, call),
};

/** Connections that go by these lines of known hosts, until the test ends. */
export const connectionsFor = (
  t: Test,
  known: string,
  { hostKeys = 'strict', agent, limits, time = systemTime }: ConnectionsOptions = {},
): { readonly connections: Connections; readonly file: string } => {
  const file = join(folderOf(t), 'known_hosts');
  writeFileSync(file, known);
  const knownHosts = new KnownHostsStore({ paths: [file] }, systemTime, randomBytes);
  const connections = new Connections({
    ...{ time, dial: systemDial, random: randomBytes, knownHosts, hostKeys, agent },
    // An sshd takes its time on a busy machine.
    limits: { connectMs: 60_000, ...limits },
  });
  t.teardown(() => connections.close());
  return { connections, file };
};

/** Waits until something is so, for two minutes at most. */
export const until = async (
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> => {
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    if (await isSo()) return;
    await pause(100);
  }
  throw new Error(`never: ${what}`);
};

/** Processes whose arguments hold this text. */
export const processesOf = (text: string): readonly string[] =>
  run('ps', '-eo', 'pid=,stat=,args=')
    .split('\n')
    .filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line));

/** Pids of the sessions that a server has: others on this machine have theirs. */
export const sessionsAt = ({ daemon }: Pick<Sshd, 'daemon'>): readonly number[] => {
  const all = run('ps', '-eo', 'pid=,ppid=,stat=,args=')
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, state, args = ''] =
        /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return state === undefined || state.startsWith('Z')
        ? []
        : [{ pid: Number(pid), parent: Number(parent), args }];
    });
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === daemon.pid || isOurs(parents.get(pid)));
  return all
    .filter(({ pid, args }) => /^sshd(-session)?: \S+@notty/.test(args) && isOurs(pid))
    .map(({ pid }) => pid);
};

export const neverAborted = new AbortController().signal;
