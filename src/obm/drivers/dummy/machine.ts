/** A machine that is not there: it starts, writes what machines write then, and echoes what is typed. */

import type { BootDevice, PowerAction } from '../driver.ts';
import type { Cancel, Time } from '../../time.ts';

/** What it writes while it starts, and when, in tenths of the time that it takes. */
const bootMessages = [
  [0, 'Dummy BIOS 1.0\r\nMemory test: OK\r\n'],
  [1, 'Booting from {device}...\r\n'],
  [3, '[    0.000000] Linux version 6.12 (dummy)\r\n'],
  [5, '[    0.412345] Command line: console=ttyS0,115200\r\n'],
  [7, '[    1.024000] eth0: link up, 10000 Mbps\r\n'],
  [9, 'Starting system services...\r\n'],
  [10, '\r\n{name} login: '],
] as const;

const echoed = new Map([
  [0x0d, '\r\n'],
  [0x7f, '\b \b'],
]);

export class Machine {
  isOn = false;
  persistent: { device: BootDevice; efi: boolean } = { device: 'none', efi: false };
  /** For the next start only. */
  once: { device: BootDevice; efi: boolean } | null = null;
  lamp = false;
  readonly #time: Time;
  readonly #name: string;
  readonly #bootMs: number;
  #write: (bytes: Buffer) => void = () => undefined;
  #pending: Cancel[] = [];
  #starts = 0;

  constructor(time: Time, name: string, bootMs: number) {
    this.#time = time;
    this.#name = name;
    this.#bootMs = bootMs;
  }

  /** Whoever listens to the console from now on; null for nobody. */
  listen(write: ((bytes: Buffer) => void) | null): void {
    this.#write = write ?? (() => undefined);
  }

  power(action: PowerAction): void {
    if (action === 'on') this.#start();
    else if (action === 'off') this.#stop();
    else if (action === 'soft') {
      if (this.isOn) this.#say('\r\nThe system will power off now!\r\n');
      this.#stop();
    } else if (action === 'diagnostic-interrupt') {
      if (this.isOn) this.#say('\r\nUhhuh. NMI received. Dazed and confused.\r\n');
    } else {
      this.#stop();
      this.#start();
    }
  }

  /** Typed on the console. */
  type(bytes: Uint8Array): void {
    if (!this.isOn) return;
    for (const byte of bytes)
      this.#write(
        Buffer.from(echoed.get(byte) ?? Buffer.from([byte]).toString('latin1'), 'latin1'),
      );
  }

  #start(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.#starts++;
    const { device } = this.once ?? this.persistent;
    this.once = null;
    const named = device === 'none' ? 'disk' : device;
    this.#pending = bootMessages.map(([tenths, text]) =>
      this.#time.after((tenths * this.#bootMs) / 10, () =>
        this.#say(text.replace('{device}', named).replace('{name}', this.#name)),
      ),
    );
  }

  #stop(): void {
    this.isOn = false;
    for (const cancel of this.#pending.splice(0)) cancel();
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  #say(text: string): void {
    this.#write(Buffer.from(text, 'latin1'));
  }
}
