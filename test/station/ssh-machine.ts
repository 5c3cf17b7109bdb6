/** A machine that one logs in to by a real sshd, and whose system only writes down what it is told. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { folderOf, run, startSshd } from '../checks/ssh/sshd.ts';

export interface SshMachine {
  /** Settings of ssh by which it is reached. */
  readonly settings: string;
  /** What its systemctl was told, line by line; empty: nothing. */
  readonly told: () => readonly string[];
  /** It starts anew. */
  readonly boots: (id: string) => void;
  /** Lets its systemctl end, which hangs once it has written down what it was told. */
  readonly goOn: () => void;
}

/**
 * No program that could reboot anything is in the path of those who log in. Its boot id is what the test says.
 *
 * @param hangs its systemctl does not end until `goOn`
 */
export const sshMachine = async (
  t: Test,
  name: string,
  bootId: string,
  { hangs = false } = {},
): Promise<SshMachine> => {
  const folder = folderOf(t);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const each of ['sh', 'id', 'setsid', 'sleep'])
    symlinkSync(run('sh', '-c', `command -v ${each}`), join(bin, each));
  const [record, boot, free] = ['told', 'boot_id', 'free'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  const program = (file: string, lines: readonly string[]): void => {
    writeFileSync(join(bin, file), `#!/bin/sh\n${lines.join('\n')}\n`);
    chmodSync(join(bin, file), 0o755);
  };
  program('cat', [
    `[ "$*" = /proc/sys/kernel/random/boot_id ] || exec ${run('sh', '-c', 'command -v cat')} "$@"`,
    `read -r id <'${boot}'; echo "$id"`,
  ]);
  program('systemctl', [`echo "$*" >>'${record}'`, `until [ -e '${free}' ]; do sleep 0.1; done`]);
  const boots = (id: string): void => writeFileSync(boot, `${id}\n`);
  const goOn = (): void => writeFileSync(free, '');
  boots(bootId);
  if (!hangs) goOn();
  const sshd = await startSshd(t, {
    config: [`ForceCommand PATH='${bin}'; export PATH; eval "$SSH_ORIGINAL_COMMAND"`],
  });
  writeFileSync(join(folder, 'known_hosts'), sshd.known(name));
  const settings = join(folder, 'ssh.yaml');
  const lines = [
    ...['user: plain', `port: ${sshd.port}`, `keys: [${sshd.key}]`, 'address: 127.0.0.1'],
    `known_hosts: [${join(folder, 'known_hosts')}]`,
  ];
  writeFileSync(settings, `${lines.join('\n')}\n`);
  const told = (): readonly string[] =>
    existsSync(record) ? readFileSync(record, 'utf8').trimEnd().split('\n') : [];
  return { settings, told, boots, goOn };
};
