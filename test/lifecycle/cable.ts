/**
 * A host at the end of a cable: a network namespace with a switch of its own, whose uplink can be
 * cut. Packets vanish then on both sides, and nobody is told: addresses and routes stay.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Network } from './cluster.ts';

export const ip = (line: string, through: readonly string[] = []): void => {
  const [program, ...rest] = [...through, 'ip', ...line.split(' ')] as [string, ...string[]];
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** Why there can be none here; undefined where there can. */
export const obstacle = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  try {
    ip('link', ['unshare', '--net']);
    return undefined;
  } catch (error) {
    return `no network namespace can be made here: ${(error as Error).message}`;
  }
};

/** Keeps a namespace, and takes the cable away once this process is gone, however it went. */
const keeper = 'echo; read _; ip link delete uplink';

/** An address of one of the 32,768 networks of four for which 198.18.0.0/15, meant for tests, has room. */
export const addressIn = (network: number, index: number): string => {
  const bits = network * 4 + index;
  return `198.${18 + (bits >> 16)}.${(bits >> 8) & 255}.${bits & 255}`;
};

export class Cable implements Network {
  readonly station: string;
  readonly agents: readonly string[];

  private constructor(pid: number) {
    const network = process.pid % 32_768;
    const name = `hc${process.pid}`;
    this.station = addressIn(network, 1);
    this.agents = ['nsenter', `--target=${pid}`, '--net', '--'];
    ip(`link add ${name} type veth peer name uplink netns ${pid}`);
    ip(`address add ${this.station}/30 dev ${name}`);
    ip(`link set ${name} up`);
    this.#there('link add name lan type bridge');
    this.#there('link set uplink master lan');
    this.#there(`address add ${addressIn(network, 2)}/30 dev lan`);
    for (const link of ['lo', 'lan', 'uplink']) this.#there(`link set ${link} up`);
  }

  /** There is one in a process; it is there until the process ends. */
  static async lay(): Promise<Cable> {
    const child = spawn('unshare', ['--net', 'sh', '-c', keeper], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    child.unref();
    return new Cable(child.pid!);
  }

  cut(): void {
    this.#there('link set uplink down');
  }

  mend(): void {
    this.#there('link set uplink up');
  }

  #there(line: string): void {
    ip(line, this.agents);
  }
}
