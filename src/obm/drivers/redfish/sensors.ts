/** Sensors of a machine, of old services (Thermal, Power) and of new ones; what is dead is named, the rest is read. */

import type { Sensor, Sensors } from '../driver.ts';
import { chassisOf } from './chassis.ts';
import { membersOf } from './collection.ts';
import { linkAt, listAt, nameOf, numberAt, printable, textAt } from './resource.ts';
import type { Json, Resource } from './resource.ts';
import type { Session } from './session.ts';

/** Sensors of one machine that are read. */
const sensorsMax = 1_024;
/** Things that cannot be read that are named. */
const missingMax = 64;

const units: Readonly<Record<string, string>> = { Cel: '°C', Percent: '%', '{rev}/min': 'RPM' };

const healths: Readonly<Record<string, Sensor['status']>> = {
  OK: 'ok',
  Warning: 'warning',
  Critical: 'critical',
};

/** Where old services have readings: list, field of the value, its unit, fields that name it. */
const oldLists = [
  ['Temperatures', 'ReadingCelsius', '°C', ['Name', 'MemberId']],
  ['Fans', 'Reading', null, ['Name', 'FanName', 'MemberId']],
  ['Voltages', 'ReadingVolts', 'V', ['Name', 'MemberId']],
  ['PowerControl', 'PowerConsumedWatts', 'W', ['Name', 'MemberId']],
  ['PowerSupplies', 'PowerOutputWatts', 'W', ['Name', 'MemberId']],
] as const;

/** One reading of all sensors. */
export class SensorReading {
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #isOff: boolean;
  readonly #isLate: () => boolean;
  readonly #sensors = new Map<string, Sensor>();
  readonly #missing: string[] = [];

  /** @param isLate whether what is not read yet is left out */
  constructor(session: Session, system: Resource, isLate: () => boolean, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
    this.#isLate = isLate;
    this.#isOff = textAt(system.json, 'PowerState') === 'Off';
  }

  async read(system: Resource): Promise<Sensors> {
    const chassis = chassisOf(system);
    if (chassis.length === 0) this.#miss('sensors: the system names no chassis');
    for (const path of chassis) await this.#try(path, () => this.#chassis(path));
    return { sensors: [...this.#sensors.values()], missing: this.#missing };
  }

  async #chassis(path: string): Promise<void> {
    const { json } = await this.#session.get(path, this.#signal);
    for (const name of ['Thermal', 'Power'] as const) {
      const link = linkAt(json, name);
      if (link !== null) await this.#try(link, () => this.#old(link));
    }
    const sensors = linkAt(json, 'Sensors');
    if (sensors !== null) await this.#try(sensors, () => this.#collection(sensors));
  }

  async #old(path: string): Promise<void> {
    const { json } = await this.#session.get(path, this.#signal);
    for (const [list, field, unit, names] of oldLists)
      for (const one of listAt(json, list)) {
        const name = names.map((field) => textAt(one, field)).find((text) => text !== null);
        const said = unit ?? textAt(one, 'ReadingUnits') ?? '';
        const other = list === 'PowerSupplies' ? numberAt(one, 'LastPowerOutputWatts') : null;
        this.#add(one, name ?? list, numberAt(one, field) ?? other, said);
      }
  }

  async #collection(path: string): Promise<void> {
    for (const { path: at, json } of await membersOf(this.#session, path, this.#signal)) {
      if (this.#sensors.size >= sensorsMax)
        return this.#miss(`sensors beyond ${sensorsMax}, which is the most`);
      if (this.#isLate()) return this.#miss(`${nameOf(at)} and what follows: not read in time`);
      const isWhole = Object.hasOwn(json, 'Reading') || Object.hasOwn(json, 'ReadingType');
      if (isWhole) this.#addNew(json, at);
      else
        await this.#try(at, async () =>
          this.#addNew((await this.#session.get(at, this.#signal)).json, at),
        );
    }
  }

  #addNew(json: Json, path: string): void {
    const name = textAt(json, 'Name') ?? textAt(json, 'Id') ?? nameOf(path);
    this.#add(json, name, numberAt(json, 'Reading'), textAt(json, 'ReadingUnits') ?? '');
  }

  #add(one: unknown, name: string, value: number | null, unit: string): void {
    const state = textAt(one, 'Status', 'State');
    if (state === 'Absent' || this.#sensors.size >= sensorsMax) return;
    const written = printable(units[unit] ?? unit, 32);
    const key = `${name}\n${written}`;
    // A service that is between old and new tells everything twice.
    if (this.#sensors.has(key)) return;
    this.#sensors.set(key, {
      ...{ name: printable(name), value, unit: written },
      status:
        value === null ? 'unknown' : (healths[textAt(one, 'Status', 'Health') ?? ''] ?? 'unknown'),
      note:
        value !== null ? null : this.#isOff ? 'not read, the machine is off' : 'cannot be read now',
    });
  }

  async #try(path: string, read: () => Promise<void>): Promise<void> {
    if (this.#isLate()) return this.#miss(`${nameOf(path)}: not read in time`);
    try {
      await read();
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#miss(`${printable(path)}: ${(error as Error).message}`);
    }
  }

  #miss(what: string): void {
    if (this.#missing.length < missingMax) this.#missing.push(what);
  }
}
