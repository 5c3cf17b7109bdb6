/** How a BMC is connected: IPMI 2.0 §23.2, parameters of table 23-4. */

import { IpmiError } from '../errors.ts';
import { Octets } from '../packet/octets.ts';
import type { Session } from '../session/session.ts';
import { netFns } from './command.ts';
import type { Command } from './command.ts';

export interface LanParameterRequest {
  /** 14 for the one that the request comes by. */
  readonly channel: number;
  readonly parameter: number;
}

/** IPMI 2.0 §23.2. Gives the data of the parameter. */
export const getLanParameter: Command<LanParameterRequest, Buffer> = {
  name: 'Get LAN Configuration Parameters',
  netFn: netFns.transport,
  code: 0x02,
  repeatable: true,
  encode: ({ channel, parameter }) => Buffer.of(channel & 0x0f, parameter, 0, 0),
  decode(data) {
    data.u8();
    return data.rest();
  },
  refusals: { 0x80: ['refused', 'the BMC does not have this parameter'] },
};

/** What the BMC does not say is null. */
export interface LanParameters {
  readonly address: string | null;
  readonly source: 'unspecified' | 'static' | 'dhcp' | 'bios' | 'other' | null;
  /** In six pairs of hexadecimal digits. */
  readonly mac: string | null;
  readonly netmask: string | null;
  readonly gateway: string | null;
  /** null also where none is used. */
  readonly vlan: number | null;
}

const thisChannel = 0x0e;
const ip4 = (octets: Octets): string => [...octets.take(4)].join('.');
const sources = ['unspecified', 'static', 'dhcp', 'bios', 'other'] as const;

export const readLanParameters = async (
  session: Session,
  channel = thisChannel,
): Promise<LanParameters> => {
  const read = async <T>(parameter: number, decode: (octets: Octets) => T): Promise<T | null> => {
    try {
      const data = await session.send(getLanParameter, { channel, parameter });
      return decode(new Octets(data, 'LAN parameter'));
    } catch (error) {
      if (error instanceof IpmiError && error.completion !== undefined) return null;
      throw error;
    }
  };
  return {
    address: await read(3, ip4),
    source: await read(4, (octets) => sources[octets.u8() & 0x0f] ?? 'other'),
    mac: await read(5, (octets) =>
      [...octets.take(6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    ),
    netmask: await read(6, ip4),
    gateway: await read(12, ip4),
    vlan: await read(20, (octets) => {
      const vlan = octets.u16();
      return (vlan & 0x8000) === 0 ? null : vlan & 0x0fff;
    }),
  };
};
