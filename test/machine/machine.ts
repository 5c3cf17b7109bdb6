/**
 * A machine with a power switch: QEMU, driven by its own protocol (QMP). "Off" is a QEMU that was
 * reset and does not run. So nothing tells its peers that it is gone, as when power is cut; what the
 * guest had not made last on its disk is lost.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Images } from './images.ts';
import type { Tap } from './tap.ts';

export interface MachineOptions {
  /** For its sockets and its console, and with its disk, `disk.img`. */
  readonly folder: string;
  readonly images: Images;
  readonly host: string;
  /** Where the station listens on this machine. */
  readonly stationPort: number;
  /** Where its serial console listens, for a BMC; absent: it is only written down. */
  readonly consolePort?: number;
  /** The network that it shares with this machine; absent: it gets out by QEMU, and nobody gets in. */
  readonly tap?: Tap;
}

/** How long QEMU may take for an order on a busy machine, ms. */
const orderMs = 120_000;

export class Machine {
  readonly #process: ChildProcess;
  readonly #qmp: Socket;
  readonly #console: string;
  readonly #heard: Record<string, unknown>[] = [];
  #changed = Promise.withResolvers<void>();

  /** Plugs it in; it is off. */
  static async plugIn(options: MachineOptions): Promise<Machine> {
    const { folder } = options;
    // It ends with the test, however that ends.
    const command = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...argumentsFor(options)];
    const process = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'inherit'] });
    const socket = join(folder, 'qmp');
    const deadline = performance.now() + orderMs;
    while (!existsSync(socket)) {
      if (process.exitCode !== null) throw new Error(`QEMU ended with code ${process.exitCode}`);
      if (performance.now() > deadline) throw new Error('QEMU does not listen');
      await wait(20);
    }
    const qmp = connect(socket);
    await once(qmp, 'connect');
    const machine = new Machine(process, qmp, join(folder, 'console'));
    await machine.#order('qmp_capabilities');
    return machine;
  }

  private constructor(process: ChildProcess, qmp: Socket, console: string) {
    this.#process = process;
    this.#qmp = qmp;
    this.#console = console;
    createInterface({ input: qmp }).on('line', (line) => {
      this.#heard.push(JSON.parse(line) as Record<string, unknown>);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  async powerOn(): Promise<void> {
    await this.#reset();
    await this.#order('cont');
  }

  /** Takes the power away. */
  async cut(): Promise<void> {
    await this.#order('stop');
    await this.#reset();
  }

  /** Presses the power button; settles when the machine has switched itself off. */
  async pressButton(): Promise<void> {
    this.#heard.length = 0;
    await this.#order('system_powerdown');
    await this.#hears(({ event }) => event === 'SHUTDOWN', 120_000);
  }

  /** Starts it again without taking the power away. */
  async reset(): Promise<void> {
    await this.#reset();
    await this.#order('cont');
  }

  /** Hangs from now on, with its power on. */
  async freeze(): Promise<void> {
    await this.#order('stop');
  }

  /** The end of what it has written on its console. */
  consoleTail(): string {
    return existsSync(this.#console) ? readFileSync(this.#console, 'utf8').slice(-4000) : '';
  }

  async unplug(): Promise<void> {
    this.#qmp.destroy();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async #reset(): Promise<void> {
    this.#heard.length = 0;
    await this.#order('system_reset');
    await this.#hears(({ event }) => event === 'RESET', orderMs);
  }

  async #order(execute: string): Promise<void> {
    this.#qmp.write(`${JSON.stringify({ execute, id: execute })}\n`);
    const answer = await this.#hears(({ id }) => id === execute, orderMs);
    this.#heard.splice(this.#heard.indexOf(answer), 1);
    if ('error' in answer) throw new Error(`${execute}: ${JSON.stringify(answer['error'])}`);
  }

  async #hears(
    matches: (message: Record<string, unknown>) => boolean,
    ms: number,
  ): Promise<Record<string, unknown>> {
    const late = AbortSignal.timeout(ms);
    const expired = once(late, 'abort').then(() => {
      throw new Error(`QEMU did not say so within ${ms} ms`);
    });
    expired.catch(() => {});
    for (;;) {
      const found = this.#heard.find(matches);
      if (found !== undefined) return found;
      await Promise.race([this.#changed.promise, expired]);
    }
  }
}

function argumentsFor(options: MachineOptions): string[] {
  const { folder, images, host, stationPort, consolePort, tap } = options;
  // Without a network of ours, what QEMU makes of addresses.
  const { station, machine, bits } = tap ?? { station: '10.0.2.2', machine: '10.0.2.15', bits: 24 };
  const address = `address=${machine}/${bits} gateway=${station} station=http://${station}:${stationPort}`;
  const place = join(folder, 'console');
  const console =
    consolePort === undefined
      ? `file,id=console,path=${place}`
      : `socket,id=console,host=127.0.0.1,port=${consolePort},server=on,wait=off,logfile=${place}`;
  // Whoever looks at the console sees the kernel start.
  const quiet = consolePort === undefined ? 'quiet ' : '';
  return [
    ...['-name', host, '-M', 'pc,graphics=off', '-nodefaults', '-display', 'none'],
    // Software emulation is everywhere and the same everywhere; a small CPU is less to emulate.
    ...['-accel', 'tcg,tb-size=64', '-cpu', 'Nehalem,+rdrand', '-m', '256M'],
    ...['-S', '-no-shutdown', '-qmp', `unix:${join(folder, 'qmp')},server=on,wait=off`],
    ...['-kernel', images.kernel, '-initrd', images.root],
    ...['-append', `console=ttyS0 ${quiet}mitigations=off panic=-1 host=${host} ${address}`],
    ...['-chardev', console, '-serial', 'chardev:console'],
    ...[
      '-netdev',
      tap === undefined
        ? 'user,id=net,ipv6=off'
        : `tap,id=net,ifname=${tap.name},script=no,downscript=no`,
      '-device',
      'virtio-net-pci,netdev=net,romfile=',
    ],
    ...['-drive', `if=virtio,format=raw,file=${join(folder, 'disk.img')}`],
    ...['-drive', `if=virtio,format=raw,readonly=on,file=${images.programs}`],
  ];
}
