/** What a BMC is. */

import { netFns, nothing } from './command.ts';
import type { Command } from './command.ts';

export interface DeviceId {
  readonly id: number;
  readonly revision: number;
  /** Whether it works normally; else it updates its firmware or initializes itself. */
  readonly available: boolean;
  /** For example `9.08`. */
  readonly firmware: string;
  /** For example `2.0`. */
  readonly ipmi: string;
  /** The number that IANA gave to the manufacturer; null where the BMC says none. */
  readonly manufacturer: number | null;
  readonly product: number;
}

const bcd = (byte: number): string => byte.toString(16).padStart(2, '0');

/** IPMI 2.0 §20.1. */
export const getDeviceId: Command<void, DeviceId> = {
  name: 'Get Device ID',
  netFn: netFns.app,
  code: 0x01,
  repeatable: true,
  encode: nothing,
  decode(data) {
    const id = data.u8();
    const revision = data.u8() & 0x0f;
    const major = data.u8();
    const minor = data.u8();
    const version = data.u8();
    data.take(1);
    const manufacturer = (data.take(3).readUIntLE(0, 3) & 0xfffff) >>> 0;
    return {
      id,
      revision,
      available: (major & 0x80) === 0,
      firmware: `${major & 0x7f}.${bcd(minor)}`,
      ipmi: `${version & 0x0f}.${version >> 4}`,
      manufacturer: manufacturer === 0 || manufacturer === 0xfffff ? null : manufacturer,
      product: data.u16(),
    };
  },
};

/**
 * IPMI 2.0 §20.8: 32 hexadecimal digits of the bytes as they come, the same as that of a session.
 * BMCs do not agree on the order of the bytes within a GUID; two readings of one BMC are alike.
 */
export const getDeviceGuid: Command<void, string> = {
  name: 'Get Device GUID',
  netFn: netFns.app,
  code: 0x08,
  repeatable: true,
  encode: nothing,
  decode: (data) => data.take(16).toString('hex'),
};

/** IPMI 2.0 §22.14: as above, of the whole system. */
export const getSystemGuid: Command<void, string> = {
  ...getDeviceGuid,
  name: 'Get System GUID',
  code: 0x37,
};
