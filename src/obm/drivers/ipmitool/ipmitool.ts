/** OBMs that speak IPMI 2.0, by the program ipmitool: for BMCs that only it gets on with. */

import { ObmError } from '../../errors.ts';
import { pause } from '../../time.ts';
import type { Time } from '../../time.ts';
import type {
  BootRequest,
  BootSetting,
  Driver,
  DriverKind,
  Identity,
  Inventory,
  PowerAction,
  PowerObservation,
  PowerOutcome,
  PowerState,
  Surroundings,
  SystemEvent,
} from '../driver.ts';
import { bootIn, bytesIn, eventsIn, identityIn, partsIn, powerIn } from './answers.ts';
import { ipmitoolProblem, ipmitoolSchema } from './settings.ts';
import type { IpmitoolInfo } from './settings.ts';
import { Tool } from './tool.ts';

/** Between looks after an order of which nobody knows what became of it, ms, and how many there are. */
const lookMs = 3_000;
const looks = 4;

const words: Readonly<Record<PowerAction, string>> = {
  ...{ on: 'on', off: 'off', soft: 'soft', cycle: 'cycle', reset: 'reset' },
  'diagnostic-interrupt': 'diag',
};

class Ipmitool implements Driver {
  readonly #tool: Tool;
  readonly #time: Time;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(info: IpmitoolInfo, surroundings: Surroundings) {
    this.#tool = new Tool(info, surroundings);
    this.#time = surroundings.time;
  }

  observePower(signal: AbortSignal): Promise<PowerObservation> {
    return this.#use(signal, async (stop) => {
      const state = await this.#state(stop);
      return { state, detail: state === 'unknown' ? 'ipmitool does not say' : null };
    });
  }

  power(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    return this.#use(signal, (stop) => this.#order(action, stop));
  }

  identify(signal: AbortSignal): Promise<Identity> {
    return this.#use(signal, async (stop) => {
      const device = await this.#tool.read(['mc', 'info'], stop);
      // Either may be missing; that says nothing of who it is.
      const none = (): readonly string[] => [];
      const guid = await this.#tool.readQuietly(['raw', '0x06', '0x37'], stop).catch(none);
      const parts = await this.#tool.readQuietly(['fru', 'print', '0'], stop).catch(none);
      return identityIn(device, bytesIn(guid), partsIn(parts));
    });
  }

  bootDevice(signal: AbortSignal): Promise<BootSetting> {
    return this.#use(signal, (stop) => this.#boot(stop));
  }

  setBootDevice(
    { device, persistent, efi }: BootRequest,
    signal: AbortSignal,
  ): Promise<BootSetting> {
    return this.#use(signal, async (stop) => {
      // A firmware that starts by EFI is not to be told otherwise by chance.
      const isEfi = efi ?? (await this.#boot(stop)).efi ?? false;
      const options = [...(persistent ? ['persistent'] : []), ...(isEfi ? ['efiboot'] : [])];
      const more = options.length === 0 ? [] : [`options=${options.join(',')}`];
      await this.#tool.read(['chassis', 'bootdev', device, ...more], stop);
      return this.#boot(stop);
    });
  }

  light(seconds: number | 'on' | 'off', signal: AbortSignal): Promise<void> {
    const span = seconds === 'on' ? 'force' : seconds === 'off' ? '0' : String(seconds);
    return this.#use(signal, async (stop) => {
      await this.#tool.read(['chassis', 'identify', span], stop);
    });
  }

  systemEvents(signal: AbortSignal): Promise<readonly SystemEvent[]> {
    return this.#use(signal, async (stop) =>
      eventsIn(await this.#tool.readQuietly(['sel', 'list'], stop)),
    );
  }

  inventory(signal: AbortSignal): Promise<Inventory> {
    return this.#use(signal, async (stop) =>
      partsIn(await this.#tool.readQuietly(['fru', 'print', '0'], stop)),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort(new ObmError('closed', 'the OBM is not used any more'));
    await Promise.allSettled([...this.#running]);
  }

  async #order(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    const state = await this.#state(signal);
    if (isThere(action, state)) return done('state', null);
    const instead = state === 'off' && (action === 'cycle' || action === 'reset') ? 'on' : null;
    const order = ['chassis', 'power', words[instead ?? action]];
    const { ok, error } = await this.#tool.order(order, signal);
    if (ok) return done('answer', instead);
    for (let look = 0; look < (error ? 1 : looks) && !signal.aborted; look++) {
      if (look > 0) await pause(this.#time, lookMs, signal);
      const now = await this.#state(signal).catch((): PowerState => 'unknown');
      if (isThere(instead ?? action, now)) return done('state', instead);
    }
    if (error) return { outcome: 'not-done', by: 'answer', instead, reason: error };
    const reason = new ObmError('no-answer', 'it was sent once, and the BMC did not answer');
    return { outcome: 'unknown', by: 'nothing', instead, reason };
  }

  async #state(signal: AbortSignal): Promise<PowerState> {
    return powerIn(await this.#tool.read(['chassis', 'power', 'status'], signal));
  }

  async #boot(signal: AbortSignal): Promise<BootSetting> {
    const parameter = ['raw', '0x00', '0x09', '0x05', '0x00', '0x00'];
    return bootIn(bytesIn(await this.#tool.readQuietly(parameter, signal)));
  }

  async #use<T>(signal: AbortSignal, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const running = work(stop);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw stop.aborted ? (stop.reason as Error) : error;
    } finally {
      this.#running.delete(running);
    }
  }
}

const isThere = (action: PowerAction, state: PowerState): boolean =>
  action === 'on' ? state === 'on' : (action === 'off' || action === 'soft') && state === 'off';

const done = (by: 'answer' | 'state', instead: PowerAction | null): PowerOutcome => ({
  ...{ outcome: 'done', by, instead, reason: null },
});

export const ipmitool: DriverKind<IpmitoolInfo> = {
  name: 'ipmitool',
  schema: ipmitoolSchema,
  secrets: ['pass'],
  problem: ipmitoolProblem,
  address: ({ addr }) => addr,
  open: (info, surroundings) => new Ipmitool(info, surroundings),
};
