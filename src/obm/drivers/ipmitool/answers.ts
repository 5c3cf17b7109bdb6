/** What ipmitool prints, by whole lines only: words in a longer line mean nothing. */

import type { BootSetting, Identity, Inventory, PowerState, SystemEvent } from '../driver.ts';
import { bootDevices } from '../driver.ts';

/** `Chassis Power is on`, and nothing else, is on. */
export const powerIn = (lines: readonly string[]): PowerState => {
  const isOn = lines.includes('Chassis Power is on');
  const isOff = lines.includes('Chassis Power is off');
  return isOn === isOff ? 'unknown' : isOn ? 'on' : 'off';
};

/** Bytes of `raw`; null where it is not just bytes. */
export const bytesIn = (lines: readonly string[]): Buffer | null => {
  const text = lines.filter((line) => line !== '').join(' ');
  return /^[0-9a-f]{2}( [0-9a-f]{2})*$/.test(text)
    ? Buffer.from(text.replaceAll(' ', ''), 'hex')
    : null;
};

/** IPMI 2.0 table 28-14, parameter 5. */
const selectors = { none: 0, pxe: 1, disk: 2, cdrom: 5, bios: 6 } as const;

/** @param bytes of Get System Boot Options, parameter 5; what is not told is null */
export const bootIn = (bytes: Buffer | null): BootSetting => {
  const flags = bytes?.[2];
  const selected = bytes?.[3];
  if (flags === undefined || selected === undefined)
    return { device: null, persistent: null, efi: null, note: 'the BMC does not tell it' };
  const selector = (selected >> 2) & 0x0f;
  return {
    device: bootDevices.find((device) => selectors[device] === selector) ?? null,
    persistent: (flags & 0x40) !== 0,
    efi: (flags & 0x20) !== 0,
    note: (flags & 0x80) !== 0 ? null : 'the BMC keeps it, but does not say that it is valid',
  };
};

/** Lines of `name : value`. */
const valuesIn = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^([^:]*?)\s*: (.*\S)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, printable(value)] as const];
    }),
  );

const partNames: Readonly<Record<string, string>> = {
  'Board Mfg': 'board manufacturer',
  'Board Product': 'board product',
  'Board Serial': 'board serial',
  'Board Part Number': 'board part',
  'Product Manufacturer': 'product manufacturer',
  'Product Name': 'product name',
  'Product Part Number': 'product part',
  'Product Version': 'product version',
  'Product Serial': 'product serial',
  'Product Asset Tag': 'product asset',
};

export const partsIn = (lines: readonly string[]): Inventory =>
  Object.fromEntries(
    [...valuesIn(lines)].flatMap(([name, value]) =>
      Object.hasOwn(partNames, name) ? [[partNames[name]!, value]] : [],
    ),
  );

/** @param guid bytes of Get System GUID, null where it is not told */
export const identityIn = (
  device: readonly string[],
  guid: Buffer | null,
  parts: Inventory,
): Identity => {
  const digits = guid?.length === 16 ? guid.toString('hex') : null;
  return {
    guid: digits === null || /^0+$/.test(digits) ? null : digits,
    serial: parts['product serial'] ?? parts['board serial'] ?? null,
    manufacturer: parts['product manufacturer'] ?? parts['board manufacturer'] ?? null,
    product: parts['product name'] ?? parts['board product'] ?? null,
    firmware: valuesIn(device).get('Firmware Revision') ?? null,
  };
};

/** Entries of a list that are kept, the last ones. */
const eventsMax = 4_096;

/** Lines of `sel list`: number, day, time, and what happened. */
export const eventsIn = (lines: readonly string[]): readonly SystemEvent[] =>
  lines
    .flatMap((line): SystemEvent[] => {
      const [id = '', day = '', time = '', ...what] = line.split('|').map((part) => part.trim());
      if (!/^[0-9a-f]{1,4}$/i.test(id) || what.length === 0) return [];
      const [, month, date, year] = /^(\d\d)\/(\d\d)\/(\d{2,4})$/.exec(day) ?? [];
      const at = Date.parse(`${longYear(year)}-${month}-${date}T${time.slice(0, 8)}Z`);
      return [
        {
          id: String(Number.parseInt(id, 16)),
          at: Number.isNaN(at) ? null : at,
          severity: 'unknown',
          text: printable(what.join(', ')),
        },
      ];
    })
    .slice(-eventsMax);

const longYear = (year = ''): string => (year.length === 2 ? `20${year}` : year);

const printable = (text: string): string =>
  text.slice(0, 1_000).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
