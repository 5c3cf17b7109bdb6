/** OBMs that speak Redfish. One session a service serves orders and reads. */

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
  Sensors,
  Surroundings,
  SystemEvent,
} from '../driver.ts';
import { ObmError } from '../../errors.ts';
import type { Time } from '../../time.ts';
import { setBoot, settingOf } from './boot.ts';
import { clearEvents, systemEventsOf } from './events.ts';
import { setLamp } from './lamp.ts';
import { identityOf, inventoryOf } from './parts.ts';
import { observationOf, PowerOrders } from './power.ts';
import { SensorReading } from './sensors.ts';
import { Session } from './session.ts';
import { redfishProblem, redfishSchema } from './settings.ts';
import type { RedfishInfo } from './settings.ts';
import { Systems } from './system.ts';

/** What is read of sensors by then is told, ms; it is less than a read may take. */
const sensorsMs = 12_000;

class Redfish implements Driver {
  readonly #time: Time;
  readonly #session: Session;
  readonly #systems: Systems;
  readonly #orders: PowerOrders;

  constructor(info: RedfishInfo, { time, session }: Surroundings) {
    this.#time = time;
    this.#session = new Session(info, time, session);
    this.#systems = new Systems(this.#session, info.system ?? null);
    this.#orders = new PowerOrders(this.#session, this.#systems, time);
  }

  async observePower(signal: AbortSignal): Promise<PowerObservation> {
    return observationOf(await this.#systems.read(signal));
  }

  power(action: PowerAction, signal: AbortSignal): Promise<PowerOutcome> {
    return this.#orders.give(action, signal);
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf(this.#session, await this.#systems.readAnew(signal), signal);
  }

  async bootDevice(signal: AbortSignal): Promise<BootSetting> {
    return settingOf(await this.#systems.read(signal));
  }

  setBootDevice(request: BootRequest, signal: AbortSignal): Promise<BootSetting> {
    return setBoot(this.#session, this.#systems, request, signal);
  }

  async light(seconds: number | 'on' | 'off', signal: AbortSignal): Promise<void> {
    if (typeof seconds === 'number')
      throw new ObmError('unsupported', 'Redfish lights a lamp until told; say on or off');
    const system = await this.#systems.readAnew(signal);
    await setLamp(this.#session, system, seconds === 'on', signal);
  }

  async sensors(signal: AbortSignal): Promise<Sensors> {
    const end = this.#time.monotonic() + sensorsMs;
    const isLate = (): boolean => this.#time.monotonic() > end;
    const system = await this.#systems.read(signal);
    return new SensorReading(this.#session, system, isLate, signal).read(system);
  }

  async systemEvents(signal: AbortSignal): Promise<readonly SystemEvent[]> {
    return systemEventsOf(this.#session, await this.#systems.read(signal), signal);
  }

  async clearSystemEvents(signal: AbortSignal): Promise<void> {
    return clearEvents(this.#session, await this.#systems.readAnew(signal), signal);
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    return inventoryOf(this.#session, await this.#systems.read(signal), signal);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

export const redfish: DriverKind<RedfishInfo> = {
  name: 'redfish',
  schema: redfishSchema,
  secrets: ['pass'],
  problem: redfishProblem,
  address: ({ addr }) => addr,
  open: (info, surroundings) => new Redfish(info, surroundings),
};
