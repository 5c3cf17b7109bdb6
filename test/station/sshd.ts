/** A real sshd on loopback, which lets in whoever runs the test. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** Opens the account. */
  readonly identity_file: string;
  /** Opens nothing. */
  readonly stranger: string;
  /** Holds the key of the hosts that were named. */
  readonly known_hosts_file: string;
  readonly folder: string;
}

const run = (program: string, ...args: string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw new Error(`${program} is missing; run scripts/setup`, { cause: error });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
};

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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

/** Runs until the test ends. Its key is that of all the hosts named. */
export const startSshd = async (t: Test, hosts: readonly string[]): Promise<Sshd> => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-sshd-'));
  chmodSync(folder, 0o755);
  const key = (name: string): string => {
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name));
    return join(folder, name);
  };
  const [hostKey, identity_file, stranger] = [key('host'), key('client'), key('stranger')];
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      'ListenAddress 0.0.0.0',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${identity_file}.pub`,
      'PidFile none',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'UsePAM no',
      'StrictModes no',
      '',
    ].join('\n'),
  );
  const known_hosts_file = join(folder, 'known_hosts');
  const [type, blob] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
  writeFileSync(known_hosts_file, hosts.map((host) => `${host} ${type} ${blob}\n`).join(''));
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  daemon.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => {
    daemon.once('close', () => resolve());
    daemon.once('error', (error) => {
      said += error.message;
      resolve();
    });
  });
  t.teardown(async () => {
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 500) throw new Error(`sshd does not answer; is it installed? ${said}`);
    await pause(20);
  }
  return { port, user: userInfo().username, identity_file, stranger, known_hosts_file, folder };
};
