/** A BMC of OpenIPMI's: `ipmi_sim`, on loopback, with a machine whose power is a file. */

import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { createIpmi, IpmiError } from '../../src/ipmi/index.ts';
import type { Ipmi, Reason, Session, SessionOptions } from '../../src/ipmi/index.ts';
import { folderOf } from '../folder.ts';

/** Every order that changes something is a line in `log`; files make the machine slow or broken. */
const hook = `#!/bin/sh
d=$1; op=$2; shift 2
[ -f "$d/delay" ] && sleep "$(cat "$d/delay")"
[ -f "$d/fail" ] && { echo "injected failure"; exit 1; }
case $op in
get) for p; do case $p in
  power) echo "power:$(cat "$d/power")" ;;
  boot) echo "boot:$(cat "$d/boot")" ;;
  *) echo "bad $p"; exit 1 ;; esac; done ;;
set) while [ $# -ge 2 ]; do
  echo "$1 $2" >>"$d/log"
  case $1 in
  power) echo "$2" >"$d/power" ;;
  boot) echo "$2" >"$d/boot" ;;
  shutdown) echo 0 >"$d/power" ;;
  esac; shift 2; done ;;
esac
`;

/** What is behind a BMC. */
export interface Machine {
  /** TCP port of its serial console; null: it has none. */
  readonly consolePort?: number | null;
  /** False: it is off and stays so, and to ask for it costs the simulator next to nothing. */
  readonly hasPower?: boolean;
  /** Further commands of the simulator, which make the BMC. */
  readonly more?: string;
}

const guid = '0102030405060708090a0b0c0d0e0f10';

const configuration = (folder: string, port: number, machine: Machine): string => {
  const { consolePort = null, hasPower = true } = machine;
  return `
name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid ${guid}
  endlan
  ${hasPower ? `chassis_control "${folder}/hook ${folder}"` : ''}
  ${consolePort === null ? '' : `sol "tcp:127.0.0.1:${consolePort}" 115200`}
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "admin" "secret" admin 10 none md2 md5 straight
  user 3 true "oper" "operpw" operator 10 none md2 md5 straight
  user 4 true "guest" "userpw" user 10 none md2 md5 straight
  user 5 true "obmd" "dear-to-all-bmcs" admin 10 none md2 md5 straight
`;
};

const emulation = `
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
sensor_add 0x20 0 0 35 0x6f event-only
sel_add 0x20 0x02 0x00 0x10 0x00 0x60 0x20 0x00 0x04 0x12 0x01 0x6f 0x01 0xff 0xff
sel_add 0x20 0xc1 0x10 0x10 0x00 0x60 0x91 0x12 0x00 1 2 3 4 5 6
`;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

/** What ipmitool says to the same BMC. */
export const ipmitool = async ({ port }: Simulator, ...args: string[]): Promise<string> => {
  const place = ['-I', 'lanplus', '-C', '3', '-H', '127.0.0.1', '-p', String(port)];
  const run = promisify(execFile)(
    'ipmitool',
    [...place, '-U', 'admin', '-E', '-N', '20', ...args],
    {
      env: { ...process.env, IPMI_PASSWORD: 'secret' },
    },
  );
  return (await run).stdout;
};

type FreeipmiTool =
  'bmc-info' | 'ipmi-config' | 'ipmi-fru' | 'ipmi-raw' | 'ipmi-sel' | 'ipmi-sensors' | 'ipmipower';

/**
 * What one of FreeIPMI's tools says to the same BMC.
 *
 * @param bmc one of OpenIPMI's has a folder, and does not say which privilege a session has
 */
export const freeipmi = async (
  tool: FreeipmiTool,
  { port, folder }: { readonly port: number; readonly folder?: string },
  ...args: string[]
): Promise<string> => {
  const place = ['-h', `127.0.0.1:${port}`, '-u', 'admin', '-p', 'secret', '-D', 'LAN_2_0'];
  const deviation = folder === undefined ? [] : ['-W', 'opensesspriv'];
  const all = [...place, '-l', 'ADMIN', ...deviation, ...args];
  // Debian has them where only root looks; at home they keep what they have read of sensors.
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, HOME: folder ?? '/' };
  return (await promisify(execFile)(tool, all, { env })).stdout;
};

/** Waits until something holds, asking every 50 ms. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> => {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Patience for a machine that has much else to do. */
export const patient = { firstMs: 2_000, attempts: 4 };

export class Simulator {
  readonly port: number;
  readonly folder: string;
  #child: ChildProcess;

  constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
    this.#child = launch(folder);
  }

  get child(): ChildProcess {
    return this.#child;
  }

  /** Resolves when it answers. */
  async isThere(): Promise<void> {
    const ipmi = createIpmi();
    try {
      const ended = new Promise<never>((_, reject) => {
        this.#child.once('error', reject);
        this.#child.once('exit', (code) => {
          const missing = 'ipmi_sim is missing; on Debian: apt-get install openipmi';
          reject(new Error(code === 127 ? missing : `ipmi_sim ended with ${code}`));
        });
      });
      const patience = { firstMs: 100, attempts: 9 };
      await Promise.race([ended, ipmi.ping({ host: '127.0.0.1', port: this.port, patience })]);
    } catch (error) {
      await this.kill();
      throw error;
    } finally {
      await ipmi.close();
    }
  }

  /** As after a loss of its own power: it has forgotten all sessions, and the machine is as it was. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = launch(this.folder);
    await this.isThere();
  }

  /** What was carried out, in order, for example `power 1`. */
  get executed(): string[] {
    return readFileSync(join(this.folder, 'log'), 'utf8').split('\n').slice(0, -1);
  }

  get power(): string {
    return readFileSync(join(this.folder, 'power'), 'utf8').trim();
  }

  /** Every call of the machine takes so long; the whole BMC waits for it. */
  slowDown(seconds: number): void {
    writeFileSync(join(this.folder, 'delay'), String(seconds));
  }

  speedUp(): void {
    rmSync(join(this.folder, 'delay'), { force: true });
  }

  /** The options of a session with it; it has no suite of SHA-256. */
  options(more: Partial<SessionOptions> = {}): SessionOptions {
    return {
      ...{ host: '127.0.0.1', port: this.port, user: 'admin', password: 'secret' },
      ...{ suites: ['sha1-aes'], patience: patient },
      ...more,
    };
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
  }
}

/** It ends with the test, however that ends. */
const launch = (cwd: string): ChildProcess => {
  const args = ['-n', '-c', 'lan.conf', '-f', 'bmc.emu', '-s', 'state'];
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'ipmi_sim', ...args], { cwd, stdio: 'ignore' });
};

/** Makes a BMC in an empty folder, and starts it. */
export const simulate = async (folder: string, machine: Machine = {}): Promise<Simulator> => {
  const port = await freePort();
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'hook'), hook);
  chmodSync(join(folder, 'hook'), 0o755);
  writeFileSync(join(folder, 'bmc.emu'), `${emulation}${machine.more ?? ''}mc_enable 0x20\n`);
  writeFileSync(join(folder, 'power'), '0\n');
  writeFileSync(join(folder, 'boot'), 'default\n');
  writeFileSync(join(folder, 'log'), '');
  writeFileSync(join(folder, 'lan.conf'), configuration(folder, port, machine));
  const simulator = new Simulator(port, folder);
  await simulator.isThere();
  return simulator;
};

/** The same for as long as a test lasts. */
export const startSimulator = async (
  t: Test,
  consolePort: number | null = null,
  more = '',
): Promise<Simulator> => {
  const simulator = await simulate(join(folderOf(t, { bmc: {} }), 'bmc'), {
    consolePort,
    more,
  });
  t.teardown(() => simulator.kill());
  return simulator;
};

/** Why something was refused; null where it was not. Throws what is no error of IPMI. */
export const reasonOf = (promise: Promise<unknown>): Promise<Reason | null> =>
  promise.then(
    () => null,
    (error: unknown) => {
      if (!(error instanceof IpmiError)) throw error;
      return error.reason;
    },
  );

export const simulatorGuid = guid;

export const clientFor = (t: Test): Ipmi => {
  const ipmi = createIpmi();
  t.teardown(() => ipmi.close());
  return ipmi;
};

export const sessionWith = async (
  t: Test,
  simulator: Simulator,
  more: Partial<SessionOptions> = {},
): Promise<Session> => clientFor(t).open(simulator.options(more));
