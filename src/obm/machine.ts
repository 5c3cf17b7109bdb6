/** One OBM at work: its driver and coordinator, and what was last seen of the machine. */

import { Coordinator } from './coordinator.ts';
import type { CoordinatorSettings } from './coordinator.ts';
import type {
  BootRequest,
  BootSetting,
  ConsoleLink,
  ConsoleSink,
  Driver,
  Identity,
  Inventory,
  PowerAction,
  PowerOutcome,
  PowerState,
  Sensors,
  SystemEvent,
} from './drivers/driver.ts';
import { ObmError } from './errors.ts';
import type { ObmReason } from './errors.ts';
import type { Network } from './network.ts';
import type { Time } from './time.ts';

/** What was seen, and when; both stay as they are when a later look fails. */
export interface Observed {
  readonly state: PowerState;
  readonly detail: string | null;
  /** ms since the epoch. */
  readonly at: number;
}

/** The last look of any kind. */
export interface Look {
  readonly at: number;
  /** null where it worked. */
  readonly trouble: { readonly reason: ObmReason | 'internal'; readonly message: string } | null;
}

/** Who answers, and when that was seen. */
export interface Identified extends Identity {
  /** ms since the epoch. */
  readonly at: number;
}

/** What may be looked at again on request. */
export const lookedAt = ['power', 'identity'] as const;
export type LookedAt = (typeof lookedAt)[number];

export interface MachineParts {
  readonly label: string;
  readonly driver: Driver;
  readonly network: Network;
  readonly time: Time;
  readonly settings?: Partial<CoordinatorSettings>;
  /** Told of every state that is seen, `unknown` aside. */
  readonly powerSeen: (state: Exclude<PowerState, 'unknown'>) => void;
  /** Told of every look at the power: null where it worked, else why not. */
  readonly reached: (reason: ObmReason | 'internal' | null) => void;
  /** Told who answers, as often as that is asked. */
  readonly identified: (guid: string | null) => void;
  /** Told all of them, oldest first, as often as they are read. */
  readonly eventsSeen: (entries: readonly SystemEvent[]) => void;
}

export class Machine {
  readonly label: string;
  readonly #parts: MachineParts;
  readonly #coordinator: Coordinator;
  #power: Observed | null = null;
  #look: Look | null = null;
  #identity: Identified | null = null;
  #validated: Look | null = null;
  /** When each was last looked at, or tried to be, by the clock that never jumps, ms. */
  #lookedAt = -Infinity;
  #validatedAt = -Infinity;
  /** How often its console was asked for. */
  #consoles = 0;

  constructor(parts: MachineParts) {
    this.label = parts.label;
    this.#parts = parts;
    this.#coordinator = new Coordinator(parts.time, parts.network, parts.settings);
  }

  get power(): Observed | null {
    return this.#power;
  }

  get look(): Look | null {
    return this.#look;
  }

  get identity(): Identified | null {
    return this.#identity;
  }

  /** The last try to prove the credentials and find out who answers. */
  get validated(): Look | null {
    return this.#validated;
  }

  /** Orders that wait or are under way. */
  get orders(): number {
    return this.#coordinator.orders;
  }

  /** When credentials that were refused are tried again, ms since the epoch; null where they are not refused. */
  get nextTry(): number | null {
    return this.#coordinator.nextTry;
  }

  /** What the OBM can do by its kind. */
  get abilities(): readonly string[] {
    const { driver } = this.#parts;
    return abilities.filter((ability) => driver[ability] !== undefined);
  }

  /**
   * Looks now, or joins a look that is under way.
   *
   * @param freshMs what was seen so short ago is good enough, unless something was ordered since; 0: nothing is
   * @param begun called as soon as it is asked
   */
  async observePower(freshMs = 0, begun: () => void = () => undefined): Promise<Observed> {
    if (this.#power && this.#look?.trouble === null && this.#isFresh('power', freshMs))
      return this.#power;
    try {
      const { state, detail } = await this.#coordinator.read('power', (signal) => {
        begun();
        return this.#parts.driver.observePower(signal);
      });
      this.#looked(null);
      return this.#seen(state, detail);
    } catch (error) {
      if (!saysNothing(error)) this.#looked(error as Error);
      throw error;
    }
  }

  /**
   * Looks again at what was not looked at, or tried to be, so short ago.
   *
   * @returns why what could not be looked at; what was looked at says so itself
   */
  async refresh(
    whats: readonly LookedAt[],
    freshMs: number,
  ): Promise<Partial<Record<LookedAt, Error>>> {
    const failed: Partial<Record<LookedAt, Error>> = {};
    const looks = whats.map(async (what) => {
      if (this.#isFresh(what, freshMs)) return;
      try {
        await (what === 'power' ? this.observePower() : this.validate());
      } catch (error) {
        failed[what] = error as Error;
      }
    });
    await Promise.all(looks);
    return failed;
  }

  #isFresh(what: LookedAt, freshMs: number): boolean {
    const at = what === 'power' ? this.#lookedAt : this.#validatedAt;
    return this.#parts.time.monotonic() - at < freshMs;
  }

  /**
   * Gives an order when its turn comes, once.
   *
   * @param right see `Coordinator.order`
   * @param begin makes its beginning durable; nothing is sent before, or where it rejects
   */
  order(
    action: PowerAction,
    right: AbortSignal,
    begin: () => Promise<void>,
  ): Promise<PowerOutcome> {
    return this.#coordinator.order(async (signal) => {
      await begin();
      try {
        return await this.#parts.driver.power(action, signal);
      } finally {
        // What was seen before says nothing of now.
        this.#lookedAt = -Infinity;
      }
    }, right);
  }

  /** @param begin called when its turn comes; nothing is sent where it throws */
  setBootDevice(request: BootRequest, right: AbortSignal, begin: () => void): Promise<BootSetting> {
    const { driver } = this.#parts;
    return this.#coordinator.order(async (signal) => {
      begin();
      if (!driver.setBootDevice) throw cannot('set the boot device');
      return driver.setBootDevice(request, signal);
    }, right);
  }

  bootDevice(): Promise<BootSetting> {
    return this.#coordinator.read('boot device', async (signal) => {
      if (!this.#parts.driver.bootDevice) throw cannot('tell its boot device');
      return this.#parts.driver.bootDevice(signal);
    });
  }

  /** @param begin as of `setBootDevice` */
  light(seconds: number | 'on' | 'off', right: AbortSignal, begin: () => void): Promise<void> {
    return this.#coordinator.order(async (signal) => {
      begin();
      if (!this.#parts.driver.light) throw cannot('light a lamp');
      return this.#parts.driver.light(seconds, signal);
    }, right);
  }

  sensors(): Promise<Sensors> {
    return this.#coordinator.read('sensors', async (signal) => {
      if (!this.#parts.driver.sensors) throw cannot('read sensors');
      return this.#parts.driver.sensors(signal);
    });
  }

  async systemEvents(): Promise<readonly SystemEvent[]> {
    const entries = await this.#coordinator.read('events', async (signal) => {
      if (!this.#parts.driver.systemEvents) throw cannot('tell its events');
      return this.#parts.driver.systemEvents(signal);
    });
    this.#parts.eventsSeen(entries);
    return entries;
  }

  inventory(): Promise<Inventory> {
    return this.#coordinator.read('inventory', async (signal) => {
      if (!this.#parts.driver.inventory) throw cannot('tell its parts');
      return this.#parts.driver.inventory(signal);
    });
  }

  get hasConsole(): boolean {
    return this.#parts.driver.openConsole !== undefined;
  }

  /**
   * Gives way to orders, and is done again after them. It is shared with nobody: one that was given up while it waited
   * would write to whoever is not there any more.
   */
  openConsole(sink: ConsoleSink, signal: AbortSignal): Promise<ConsoleLink> {
    this.#consoles += 1;
    return this.#coordinator.read(`console ${this.#consoles}`, async (own) => {
      const { driver } = this.#parts;
      if (!driver.openConsole) throw cannot('show a console');
      signal.throwIfAborted();
      return driver.openConsole(sink, AbortSignal.any([signal, own]));
    });
  }

  releaseConsole(): Promise<void> {
    return this.#coordinator.order(async (signal) => {
      await this.#parts.driver.releaseConsole?.(signal);
    });
  }

  /** Proves the credentials and finds out who answers. @param begun called as soon as it is asked */
  async validate(begun: () => void = () => undefined): Promise<Identity> {
    try {
      const identity = await this.#coordinator.read('identity', (signal) => {
        begun();
        return this.#parts.driver.identify(signal);
      });
      this.#tried(null);
      this.#identity = { ...identity, at: this.#parts.time.now() };
      this.#parts.identified(identity.guid?.toLowerCase() ?? null);
      return identity;
    } catch (error) {
      if (!saysNothing(error)) this.#tried(error as Error);
      throw error;
    }
  }

  /** What is under way fails with `closed`. Never rejects. */
  async close(): Promise<void> {
    this.#coordinator.close();
    await this.#parts.driver.close().catch(() => undefined);
  }

  /** Only of looks at the power: what else an OBM cannot tell says nothing of whether it can be reached. */
  #looked(error: Error | null): void {
    this.#lookedAt = this.#parts.time.monotonic();
    this.#look = { at: this.#parts.time.now(), trouble: troubleOf(error) };
    this.#parts.reached(this.#look.trouble?.reason ?? null);
  }

  #tried(error: Error | null): void {
    this.#validatedAt = this.#parts.time.monotonic();
    this.#validated = { at: this.#parts.time.now(), trouble: troubleOf(error) };
  }

  #seen(state: PowerState, detail: string | null): Observed {
    this.#power = { state, detail, at: this.#parts.time.now() };
    if (state !== 'unknown') this.#parts.powerSeen(state);
    return this.#power;
  }
}

const abilities = [
  'setBootDevice',
  'bootDevice',
  'light',
  'sensors',
  'systemEvents',
  'clearSystemEvents',
  'inventory',
  'openConsole',
] as const;

const cannot = (what: string): ObmError =>
  new ObmError('unsupported', `an OBM of this kind cannot ${what}`);

const troubleOf = (error: Error | null): Look['trouble'] =>
  error && {
    reason: error instanceof ObmError ? error.reason : 'internal',
    message: error.message,
  };

/** Not about the machine, but about us or what was asked. */
const saysNothing = (error: unknown): boolean =>
  error instanceof ObmError &&
  ['closed', 'unsupported', 'busy', 'limit', 'stale-term'].includes(error.reason);
