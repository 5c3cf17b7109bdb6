/** OBMs that speak IPMI 2.0, by our own library. One session a BMC serves orders, reads and the console. */

import {
  chassisIdentify,
  clearSel,
  keepBmc,
  openConsole,
  readBootFlags,
  releaseConsole,
  setBootFlags,
} from '../../../ipmi/index.ts';
import type { Bmc, SerialConsole, Session, StoredBootFlags } from '../../../ipmi/index.ts';
import { ObmError } from '../../errors.ts';
import type {
  BootDevice,
  BootRequest,
  BootSetting,
  ConsoleLink,
  ConsoleSink,
  Driver,
  DriverKind,
  Identity,
  Inventory,
  PowerAction,
  PowerObservation,
  PowerOutcome,
  Sensors,
  Surroundings,
  SystemEvent,
} from '../driver.ts';
import { bootDevices } from '../driver.ts';
import { inWords, obmError } from './errors.ts';
import { observe, orderPower } from './power.ts';
import { identityOf, readInventory, sensorsOf, systemEventsOf } from './readings.ts';
import { ipmiProblem, ipmiSchema, sessionOptions } from './settings.ts';
import type { IpmiInfo } from './settings.ts';

class IpmiDriver implements Driver {
  readonly #bmc: Bmc;
  readonly #consoles = new Set<SerialConsole>();

  constructor(bmc: Bmc) {
    this.#bmc = bmc;
  }

  observePower(signal: AbortSignal): Promise<PowerObservation> {
    return this.#use(observe, signal);
  }

  power(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    signal.throwIfAborted();
    // Not left alone when it is given up: it sends nothing any more then, and says whether it had.
    return inWords(this.#bmc.use((session) => orderPower(session, action, signal)));
  }

  identify(signal: AbortSignal): Promise<Identity> {
    return this.#use(identityOf, signal);
  }

  bootDevice(signal: AbortSignal): Promise<BootSetting> {
    return this.#use(async (session) => settingOf(await readBootFlags(session), null), signal);
  }

  setBootDevice(
    { device, persistent, efi }: BootRequest,
    signal: AbortSignal,
  ): Promise<BootSetting> {
    return this.#use(async (session) => {
      // A firmware that starts by EFI is not to be told otherwise by chance.
      const isEfi = efi ?? (await readBootFlags(session).catch(() => null))?.efi ?? false;
      const flags = { device: ipmiDevices[device], persistent, efi: isEfi };
      const { stored, lasting } = await setBootFlags(session, flags);
      const brief = 'the BMC may forget it after a minute without an order about power';
      return settingOf(stored, lasting === null ? brief : null);
    }, signal);
  }

  light(seconds: number | 'on' | 'off', signal: AbortSignal): Promise<void> {
    return this.#use((session) => session.send(chassisIdentify, seconds), signal);
  }

  async sensors(signal: AbortSignal): Promise<Sensors> {
    return { sensors: await this.#use(sensorsOf, signal), missing: [] };
  }

  systemEvents(signal: AbortSignal): Promise<readonly SystemEvent[]> {
    return this.#use(systemEventsOf, signal);
  }

  clearSystemEvents(signal: AbortSignal): Promise<void> {
    return this.#use(async (session) => {
      if ((await clearSel(session)) === 'done') return;
      throw new ObmError('outcome-unknown', 'the BMC did not say whether it cleared its events');
    }, signal);
  }

  inventory(signal: AbortSignal): Promise<Inventory> {
    return this.#use(readInventory, signal);
  }

  /** The session is kept for as long as the console is open. */
  openConsole(sink: ConsoleSink, signal: AbortSignal): Promise<ConsoleLink> {
    return new Promise((resolve, reject) => {
      const use = this.#bmc.use(async (session) => {
        const console = await openConsole(session, {
          data: (bytes) => sink.data(bytes),
          gap: () => sink.gap(),
        });
        if (signal.aborted) return console.close();
        this.#consoles.add(console);
        resolve({
          write: (bytes) => inWords(console.write(bytes)),
          sendBreak: () => inWords(console.sendBreak()),
          ended: console.ended.then(obmError),
          close: () => console.close(),
        });
        await console.ended;
        this.#consoles.delete(console);
      });
      use.catch((error: unknown) => reject(obmError(error)));
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  releaseConsole(signal: AbortSignal): Promise<void> {
    return this.#use((session) => releaseConsole(session), signal);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#consoles].map((console) => console.close()));
    await this.#bmc.close();
  }

  /** Nobody waits for what was given up; the session goes on to serve whoever comes next. */
  async #use<T>(work: (session: Session) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const { promise: given, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp);
    try {
      const done = this.#bmc.use((session) => work(stopping(session, signal)));
      return await Promise.race([inWords(done), given]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
}

/** A session in which nothing more is begun when the signal is aborted. */
const stopping = (session: Session, signal: AbortSignal): Session =>
  new Proxy(session, {
    get: (target, name): unknown => {
      if (name === 'send') signal.throwIfAborted();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

const ipmiDevices = {
  none: 'none',
  pxe: 'pxe',
  disk: 'disk',
  cdrom: 'cdrom',
  bios: 'setup',
} as const satisfies Readonly<Record<BootDevice, string>>;

const settingOf = (flags: StoredBootFlags, note: string | null): BootSetting => ({
  // What has no name here is not taken for something else.
  device: bootDevices.find((device) => ipmiDevices[device] === flags.device) ?? null,
  persistent: flags.persistent,
  efi: flags.efi,
  note: flags.valid ? note : (note ?? 'the BMC keeps it, but does not say that it is valid'),
});

export const ipmi: DriverKind<IpmiInfo> = {
  name: 'ipmi',
  schema: ipmiSchema,
  secrets: ['pass', 'kg'],
  problem: ipmiProblem,
  address: ({ addr }) => addr,
  open: (info, { ipmi, time }: Surroundings) =>
    new IpmiDriver(keepBmc(ipmi, sessionOptions(info), { time })),
};
