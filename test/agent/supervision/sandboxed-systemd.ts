/**
 * A real systemd that can harm nobody: a user instance in namespaces of its own, whose root is a
 * small tmpfs with a read-only `/usr`. Of the host's disk it sees one folder, of the host's cgroups
 * one below which it works, and of the installed units none. Its processes are the host's, so that
 * their pids are.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './supervised-host.ts';

/** `$1`: the folder to share, seen as `/shared`; `$2`: an empty folder for the root. */
const boot = `
  mount -t tmpfs tmpfs "$2"
  cd "$2"
  mkdir -p usr etc proc sys/fs/cgroup dev run/systemd/system tmp var root shared old
  for link in bin sbin lib lib64; do ln -s usr/$link $link; done
  mount --bind /usr usr
  mount -o remount,bind,ro usr
  mount --rbind /proc proc
  mount --bind /proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  for device in null zero random urandom; do
    : > dev/$device
    mount --bind /dev/$device dev/$device
  done
  mount --bind "$1" shared
  cp /etc/passwd /etc/group etc/
  pivot_root . old
  cd /
  umount -l /old
  if touch /usr/writable 2>/dev/null; then exit 9; fi
  exec env -i PATH=/usr/bin HOME=/root XDG_RUNTIME_DIR=/shared SYSTEMD_UNIT_PATH=/shared/units \\
    /lib/systemd/systemd --user --unit=halcyon.target --log-target=console --log-level=err`;

const enter =
  'echo $$ > "$3/cgroup.procs"; ' +
  'exec unshare --mount --uts --ipc --net --cgroup --propagation private ' +
  `sh -euc '${boot.replaceAll("'", "'\\''")}' sh "$1" "$2"`;

/** Runs `$SCRIPT` of its environment file. */
const service = (type: string): string => `
[Unit]
DefaultDependencies=no
[Service]
Type=${type}
NotifyAccess=all
EnvironmentFile=/shared/sysconfig/%p-%i
ExecStart=/bin/sh -c \${SCRIPT}
`;

/** Why it cannot run here; undefined where it can. */
export const obstacle = (): string | undefined => {
  if (!existsSync('/lib/systemd/systemd')) return 'the Debian package systemd is missing';
  return process.getuid?.() === 0 ? undefined : 'only root may make the namespaces it needs';
};

export class SandboxedSystemd {
  readonly folder = mkdtempSync(join(tmpdir(), 'halcyon-systemd-'));
  readonly sysconfigDir = join(this.folder, 'shared', 'sysconfig');
  /** A program that is this one's systemctl. */
  readonly systemctl = join(this.folder, 'systemctl');
  readonly #group: string;
  readonly #process: ChildProcess;

  constructor() {
    const shared = join(this.folder, 'shared');
    const root = join(this.folder, 'root');
    for (const folder of [this.sysconfigDir, join(shared, 'units'), root])
      mkdirSync(folder, { recursive: true });
    chmodSync(shared, 0o700);
    const unit = (name: string, text: string): void =>
      writeFileSync(join(shared, 'units', name), text);
    unit('halcyon.target', '[Unit]\nDefaultDependencies=no\n');
    unit('m0d@.service', service('exec'));
    unit('m0notify@.service', service('notify'));
    writeFileSync(
      this.systemctl,
      `#!/bin/sh\nXDG_RUNTIME_DIR=${shared} exec /usr/bin/systemctl --user "$@"\n`,
      { mode: 0o755 },
    );
    const mounts = readFileSync('/proc/mounts', 'latin1');
    const hierarchy = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
    if (hierarchy === undefined) throw new Error('cgroup version 2 is not mounted');
    this.#group = join(hierarchy, `halcyon-test-${process.pid}`);
    mkdirSync(this.#group);
    this.#process = spawn('sh', ['-euc', enter, 'sh', shared, root, this.#group], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** Waits until it takes orders. */
  async ready(): Promise<void> {
    await until('systemd listens', () => {
      if (this.#process.exitCode !== null)
        throw new Error(`systemd ended with code ${this.#process.exitCode}`);
      return existsSync(join(this.folder, 'shared', 'systemd', 'private'));
    });
  }

  /** Calls systemctl, as an operator would. */
  call(...args: string[]): string {
    return execFileSync(this.systemctl, args, { encoding: 'utf8' });
  }

  async stop(): Promise<void> {
    writeFileSync(join(this.#group, 'cgroup.kill'), '1');
    const isEmpty = (): boolean =>
      /^populated 0$/m.test(readFileSync(join(this.#group, 'cgroup.events'), 'latin1'));
    await until('all of its processes are gone', isEmpty);
    removeGroup(this.#group);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function removeGroup(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  rmdirSync(folder);
}
