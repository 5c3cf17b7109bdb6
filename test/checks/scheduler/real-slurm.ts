/** A real Slurm of Debian's, without systemd: munged, slurmctld and a slurmd for each node that is to be up. */

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Debian has the daemons where only root looks. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

export interface SlurmSetup {
  /** Nodes with a slurmd. */
  readonly up: readonly string[];
  /** Nodes that nobody has ever heard of. */
  readonly silent?: readonly string[];
}

export class RealSlurm {
  readonly conf: string;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];
  /** By the names of their nodes. */
  readonly #nodes = new Map<string, ChildProcess>();
  #controller: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.conf = join(folder, 'slurm.conf');
  }

  static async start({ up, silent = [] }: SlurmSetup): Promise<RealSlurm> {
    const slurm = new RealSlurm(mkdtempSync(join(tmpdir(), 'halcyon-slurm-')));
    try {
      await slurm.#start(up, silent);
      return slurm;
    } catch (error) {
      await slurm.stop();
      throw error;
    }
  }

  async #start(up: readonly string[], silent: readonly string[]): Promise<void> {
    const folder = this.#folder;
    const names = [...up, ...silent];
    const ports = await Promise.all(names.map(freePort));
    const socket = join(folder, 'munge.socket');
    writeFileSync(join(folder, 'munge.key'), randomBytes(64), { mode: 0o400 });
    mkdirSync(join(folder, 'state'));
    const settings: Readonly<Record<string, string | number>> = {
      ClusterName: 'halcyon',
      SlurmctldHost: 'localhost',
      SlurmctldPort: await freePort(),
      SlurmUser: 'root',
      SlurmdUser: 'root',
      AuthType: 'auth/munge',
      AuthInfo: `socket=${socket}`,
      CredType: 'cred/munge',
      StateSaveLocation: join(folder, 'state'),
      SlurmctldPidFile: join(folder, 'slurmctld.pid'),
      SlurmctldLogFile: join(folder, 'slurmctld.log'),
      SlurmdPidFile: join(folder, 'slurmd.%n.pid'),
      SlurmdLogFile: join(folder, 'slurmd.%n.log'),
      SlurmdSpoolDir: join(folder, 'spool.%n'),
      SlurmdParameters: 'config_overrides',
      ProctrackType: 'proctrack/linuxproc',
      TaskPlugin: 'task/none',
      JobAcctGatherType: 'jobacct_gather/none',
      MpiDefault: 'none',
      MailProg: '/bin/true',
      SelectType: 'select/cons_tres',
      SelectTypeParameters: 'CR_Core',
      ReturnToService: 0,
    };
    const nodes = names.map(
      (name, i) =>
        `NodeName=${name} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=2 RealMemory=100`,
    );
    const partitions = [
      `PartitionName=main Nodes=${up.join(',')} Default=YES MaxTime=INFINITE State=UP`,
      `PartitionName=all Nodes=${names.join(',')} MaxTime=INFINITE State=UP`,
    ];
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    writeFileSync(this.conf, `${[...lines, ...nodes, ...partitions].join('\n')}\n`);
    this.#run('munged', [
      ...['--force', '--foreground', '--num-threads=2', `--socket=${socket}`],
      `--key-file=${join(folder, 'munge.key')}`,
      `--pid-file=${join(folder, 'munged.pid')}`,
      `--log-file=${join(folder, 'munged.log')}`,
      `--seed-file=${join(folder, 'munged.seed')}`,
    ]);
    await this.until('munged listens', () => existsSync(socket));
    this.#controller = this.#run('slurmctld', ['-D', '-i', '-f', this.conf]);
    await this.until('slurmctld answers', () => this.ask('scontrol', 'ping').includes('is UP'));
    for (const name of up) this.#runNode(name);
    const idle = (): boolean =>
      this.ask('sinfo', '-h', '-N', '-p', 'main', '-o', '%t')
        .trim()
        .split('\n')
        .every((state) => state === 'idle');
    await this.until('the nodes are idle', idle);
  }

  #runNode(name: string): void {
    this.#nodes.set(name, this.#run('slurmd', ['-D', '-N', name, '-f', this.conf]));
  }

  /** As a machine that starts anew: its slurmd goes, and registers again. */
  async restart(name: string): Promise<void> {
    const before = this.#nodes.get(name)!;
    before.kill('SIGKILL');
    await once(before, 'exit');
    this.#runNode(name);
  }

  #run(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, {
      env: { ...env, SLURM_CONF: this.conf },
      stdio: 'ignore',
    });
    child.on('error', () => undefined);
    this.#children.push(child);
    return child;
  }

  /** Waits for something, for a minute at most. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await pause(100)) if (isSo()) return;
    throw new Error(`in vain: ${what}; are munge, slurmctld, slurmd and slurm-client installed?`);
  }

  /** What one of Slurm's programs prints. */
  ask(program: string, ...args: string[]): string {
    const options = { env: { ...env, SLURM_CONF: this.conf }, encoding: 'utf8' } as const;
    return spawnSync(program, args, options).stdout;
  }

  /** The controller is there and answers nothing. */
  hang(): void {
    this.#controller?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#controller?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.goOn();
    const isOver = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
      exitCode !== null || signalCode !== null || pid === undefined;
    for (const child of this.#children.toReversed()) {
      if (isOver(child)) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
