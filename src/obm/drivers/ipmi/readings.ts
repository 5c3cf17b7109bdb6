/** Sensors, events and inventory of a BMC, as all drivers tell them. */

import {
  decodeFru,
  getDeviceId,
  getSystemGuid,
  readFru,
  readSensors,
} from '../../../ipmi/index.ts';
import { selEntries } from '../../../ipmi/index.ts';
import type { FruInventory, SelEntry, SensorReading, Session } from '../../../ipmi/index.ts';
import type { Identity, Inventory, Sensor, SystemEvent } from '../driver.ts';

/** Entries of an event log that are read; of a longer one the last. */
const eventsMax = 4_096;

/** Bits of thresholds that are crossed, IPMI 2.0 table 35-15: non-critical, critical, beyond recovery. */
const warningBits = 0b001_001;
const criticalBits = 0b110_110;
const byThresholds = 0x01;

const statusOf = ({ eventType, states }: SensorReading): Sensor['status'] => {
  if (states === null) return 'unknown';
  if (eventType !== byThresholds) return 'ok';
  if ((states & criticalBits) !== 0) return 'critical';
  return (states & warningBits) !== 0 ? 'warning' : 'ok';
};

export const sensorsOf = async (session: Session): Promise<Sensor[]> =>
  (await readSensors(session)).map((reading) => ({
    name: printable(reading.name),
    value: reading.value,
    unit: reading.unit ?? '',
    status: statusOf(reading),
    note: reading.states === null ? 'cannot be read now' : null,
  }));

/** The text of what happened, without the tables of all manufacturers. */
const textOf = (entry: SelEntry): string => {
  const data = entry.data.toString('hex');
  if (entry.kind === 'oem-timeless')
    return `record of the manufacturer, type ${entry.type}: ${data}`;
  if (entry.kind === 'oem') return `record of the manufacturer ${entry.manufacturer}: ${data}`;
  const what = entry.asserted ? 'asserted' : 'over';
  return `${sensorTypes[entry.sensorType] ?? `sensor of type ${entry.sensorType}`} #${entry.sensor}: ${what}, ${data}`;
};

/** IPMI 2.0 table 42-3, those that machines have. */
const sensorTypes: Readonly<Record<number, string>> = {
  ...{ 1: 'temperature', 2: 'voltage', 3: 'current', 4: 'fan', 5: 'intrusion', 7: 'processor' },
  ...{ 8: 'power supply', 9: 'power unit', 10: 'cooling', 12: 'memory', 13: 'drive bay' },
  ...{ 15: 'firmware progress', 16: 'event log', 18: 'system event', 19: 'critical interrupt' },
  ...{ 20: 'button', 25: 'chip set', 29: 'system boot', 31: 'operating system boot' },
  ...{ 32: 'operating system stop', 35: 'watchdog', 40: 'management', 41: 'battery' },
};

/** A clock that was never set counts seconds from when the BMC started, in 1970. */
const set = Date.UTC(1971, 0) / 1000;

export const systemEventsOf = async (session: Session): Promise<SystemEvent[]> => {
  const events: SystemEvent[] = [];
  for await (const entry of selEntries(session)) {
    const seconds = entry.kind === 'oem-timeless' ? null : entry.at;
    events.push({
      id: String(entry.id),
      at: seconds === null || seconds < set ? null : seconds * 1000,
      severity: 'unknown',
      text: textOf(entry),
    });
    if (events.length > eventsMax) events.shift();
  }
  return events;
};

const inventoryOf = ({ board, product }: FruInventory): Inventory => {
  const named: Readonly<Record<string, string | null | undefined>> = {
    'board manufacturer': board?.manufacturer,
    'board product': board?.product,
    'board serial': board?.serial,
    'board part': board?.part,
    'product manufacturer': product?.manufacturer,
    'product name': product?.name,
    'product part': product?.part,
    'product version': product?.version,
    'product serial': product?.serial,
    'product asset': product?.asset,
  };
  const known = Object.entries(named).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, printable(value)] as const],
  );
  return Object.fromEntries(known);
};

export const readInventory = async (session: Session): Promise<Inventory> =>
  inventoryOf(decodeFru(await readFru(session)));

export const identityOf = async (session: Session): Promise<Identity> => {
  const device = await session.send(getDeviceId);
  // Either may be missing; that says nothing of who it is.
  const guid = session.guid ?? (await session.send(getSystemGuid).catch(() => null));
  const fru = await readFru(session).then(decodeFru, () => null);
  const product = fru?.product ?? null;
  return {
    guid: guid === null || /^0*$/.test(guid) ? null : guid,
    serial: product?.serial ?? fru?.board?.serial ?? null,
    manufacturer: product?.manufacturer ?? fru?.board?.manufacturer ?? null,
    product: product?.name ?? fru?.board?.product ?? null,
    firmware: device.firmware,
  };
};

/** What a BMC calls things, without what a terminal would obey. */
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
