/** From what a machine boots: IPMI 2.0 §28.12 to §28.14. */

import { IpmiError } from '../errors.ts';
import type { Session } from '../session/session.ts';
import { netFns } from './command.ts';
import type { Command } from './command.ts';

export interface BootParameter {
  /** 0 to 127, IPMI 2.0 table 28-14. */
  readonly parameter: number;
  readonly data: Buffer;
}

const refusals: Command<never, unknown>['refusals'] = {
  0x80: ['refused', 'the BMC does not have this parameter'],
  0x81: ['busy', 'somebody else is setting boot options'],
  0x82: ['refused', 'the parameter cannot be written'],
};

/** IPMI 2.0 §28.12. */
export const setSystemBootOptions: Command<BootParameter, void> = {
  name: 'Set System Boot Options',
  netFn: netFns.chassis,
  code: 0x08,
  repeatable: true,
  encode: ({ parameter, data }) => Buffer.concat([Buffer.of(parameter & 0x7f), data]),
  decode: () => undefined,
  refusals,
};

/** IPMI 2.0 §28.13. Takes the number of the parameter. */
export const getSystemBootOptions: Command<number, BootParameter> = {
  name: 'Get System Boot Options',
  netFn: netFns.chassis,
  code: 0x09,
  repeatable: true,
  encode: (parameter) => Buffer.of(parameter & 0x7f, 0, 0),
  decode(data) {
    data.u8();
    return { parameter: data.u8() & 0x7f, data: data.rest() };
  },
  refusals,
};

const devices = {
  none: 0,
  pxe: 1,
  disk: 2,
  'safe-mode': 3,
  diagnostics: 4,
  cdrom: 5,
  setup: 6,
  'remote-floppy': 7,
  'remote-cdrom': 8,
  'remote-media': 9,
  'remote-disk': 11,
  floppy: 15,
} as const;

export type BootDevice = keyof typeof devices;

export interface BootFlags {
  readonly device: BootDevice;
  /** For every start, or for the next only. */
  readonly persistent: boolean;
  readonly efi: boolean;
}

export interface StoredBootFlags extends Omit<BootFlags, 'device'> {
  /** Whether the machine will go by them. */
  readonly valid: boolean;
  /** null for a device that has no name here. */
  readonly device: BootDevice | null;
}

const flagsParameter = 5;
const clearingParameter = 3;
/** The flags stay valid although no Chassis Control follows within 60 s. */
const keepAfterSilence = 0x08;

export const encodeBootFlags = ({ device, persistent, efi }: BootFlags): Buffer =>
  Buffer.of(0x80 | (persistent ? 0x40 : 0) | (efi ? 0x20 : 0), devices[device] << 2, ...[0, 0, 0]);

const decodeFlags = (data: Buffer): StoredBootFlags => {
  if (data.length < 2) throw new IpmiError('malformed', 'not well-formed boot flags');
  const [how, what] = [data.readUInt8(0), (data.readUInt8(1) >> 2) & 0x0f];
  const device = Object.entries(devices).find(([, number]) => number === what)?.[0];
  return {
    valid: (how & 0x80) !== 0,
    persistent: (how & 0x40) !== 0,
    efi: (how & 0x20) !== 0,
    device: (device as BootDevice | undefined) ?? null,
  };
};

export const readBootFlags = async (session: Session): Promise<StoredBootFlags> =>
  decodeFlags((await session.send(getSystemBootOptions, flagsParameter)).data);

export interface BootSet {
  /** What the BMC has kept: some keep only the device. */
  readonly stored: StoredBootFlags;
  /** Whether the flags outlast 60 s without an order about power; null where the BMC cannot be told. */
  readonly lasting: true | null;
}

/** Says from what to boot, and reads back what the BMC has kept of it. */
export const setBootFlags = async (session: Session, flags: BootFlags): Promise<BootSet> => {
  const lasting = await keepFlags(session);
  const data = encodeBootFlags(flags);
  await session.send(setSystemBootOptions, { parameter: flagsParameter, data });
  return { stored: await readBootFlags(session), lasting };
};

const keepFlags = async (session: Session): Promise<true | null> => {
  const data = Buffer.of(keepAfterSilence);
  try {
    await session.send(setSystemBootOptions, { parameter: clearingParameter, data });
    return true;
  } catch (error) {
    if (error instanceof IpmiError && error.completion !== undefined) return null;
    throw error;
  }
};
