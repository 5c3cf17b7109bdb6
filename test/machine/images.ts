/**
 * What the machines boot, made anew from what is here: a kernel of Debian's, a root of busybox, and
 * a disk with Node.js and the built package. Nothing is installed, and root is not needed.
 */

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

export interface Images {
  readonly kernel: string;
  readonly root: string;
  /** Read-only, at `/opt`: `bin/node`, its libraries in `lib`, and `halcyon`. */
  readonly programs: string;
}

const project = join(import.meta.dirname, '..', '..');

/** In the order in which they need each other. */
const modules = [
  ...['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'],
  ...['failover', 'net_failover', 'virtio_net', 'virtio_blk', 'evdev', 'button'],
];

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });

/** @param folder for what takes long to make; kept from run to run */
export function makeImages(folder: string): Images {
  if (process.arch !== 'x64') throw new Error('the machines are made on x86-64 only');
  mkdirSync(folder, { recursive: true });
  const kernel = bringKernel(folder);
  return { kernel: kernel.image, root: makeRoot(folder, kernel), programs: makePrograms(folder) };
}

interface Kernel {
  readonly image: string;
  readonly modules: string;
}

function bringKernel(folder: string): Kernel {
  const unpacked = join(folder, 'kernel');
  if (!existsSync(unpacked)) {
    const depends = run('apt-cache', 'depends', 'linux-image-cloud-amd64');
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
    if (name === undefined) throw new Error('apt knows no linux-image-cloud-amd64; apt-get update');
    const draft = `${unpacked}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    const options = { cwd: draft, stdio: 'ignore' } as const;
    execFileSync('apt-get', ['download', '-o', 'APT::Sandbox::User=root', name], options);
    run('dpkg', '-x', globSync(join(draft, '*.deb'))[0]!, draft);
    run('mv', draft, unpacked);
  }
  const image = globSync(join(unpacked, 'boot', 'vmlinuz-*'))[0]!;
  return { image, modules: join(unpacked, 'lib', 'modules') };
}

function makeRoot(folder: string, kernel: Kernel): string {
  const root = join(folder, 'root');
  rmSync(root, { recursive: true, force: true });
  for (const name of ['bin', 'dev', 'etc/acpi/PWRF', 'lib64', 'opt', 'proc', 'run', 'sys', 'tmp'])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ['modules', '../var/lib', '../var/log'])
    mkdirSync(join(root, 'lib', name), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'));
  for (const applet of run('/bin/busybox', '--list').split('\n'))
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  symlinkSync('bin/busybox', join(root, 'init'));
  symlinkSync('/opt/lib/ld-linux-x86-64.so.2', join(root, 'lib64', 'ld-linux-x86-64.so.2'));
  modules.forEach((name, index) => {
    const file = globSync(join(kernel.modules, '**', `${name}.ko`))[0]!;
    copyFileSync(
      file,
      join(root, 'lib', 'modules', `${String(index).padStart(2, '0')}-${name}.ko`),
    );
  });
  const write = (name: string, text: string): void =>
    writeFileSync(join(root, name), text, { mode: 0o755 });
  for (const name of ['inittab', 'rc', 'agent']) write(`etc/${name}`, guestFile(name));
  write('etc/acpi/PWRF/00000080', '#!/bin/sh\nexec poweroff\n');
  const image = `${root}.img`;
  execFileSync('sh', ['-c', 'find . | cpio -o -H newc -R 0:0 --quiet | gzip -1 >"$0"', image], {
    cwd: root,
  });
  return image;
}

const guestFile = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'guest', name), 'utf8');

function makePrograms(folder: string): string {
  const opt = join(folder, 'opt');
  rmSync(opt, { recursive: true, force: true });
  for (const name of ['bin', 'lib', 'halcyon']) mkdirSync(join(opt, name), { recursive: true });
  copyFileSync(process.execPath, join(opt, 'bin', 'node'));
  copyFileSync('/usr/sbin/dropbear', join(opt, 'bin', 'dropbear'));
  for (const program of [process.execPath, '/usr/sbin/dropbear'])
    for (const [, library] of run('ldd', program).matchAll(/(\/\S+) \(0x/g))
      copyFileSync(library!, join(opt, 'lib', basename(library!)));
  run(join(project, 'scripts', 'build'));
  for (const name of ['package.json', 'dist'])
    cpSync(join(project, name), join(opt, 'halcyon', name), { recursive: true });
  for (const path of neededPackages())
    cpSync(join(project, path), join(opt, 'halcyon', path), { recursive: true });
  const image = `${opt}.img`;
  makeDisk(image, 300, opt);
  return image;
}

/** Folders of the packages that the product needs to run, without those of its development. */
function neededPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(lock.packages).flatMap(([path, { dev = false }]) =>
    path === '' || dev || !existsSync(join(project, path)) ? [] : [path],
  );
}

/**
 * Makes an ext4 file system with the content of a folder, in the image where there is one already:
 * the machine that has it goes on to use it.
 */
export function makeDisk(image: string, mebibytes: number, folder: string): void {
  run('truncate', '-s', '0', image);
  run('truncate', '-s', `${mebibytes}M`, image);
  run('/usr/sbin/mke2fs', '-q', '-F', '-t', 'ext4', '-E', 'root_owner=0:0', '-d', folder, image);
}
