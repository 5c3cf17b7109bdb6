/** Serial over LAN: IPMI 2.0 §15.9, table 15-2. */

import { Octets } from './octets.ts';

interface Numbers {
  /** 1 to 15; 0 for what only acknowledges and carries nothing. */
  readonly sequence: number;
  /** The packet that is acknowledged; 0 for none. */
  readonly acknowledged: number;
  /** How many characters of that were taken. */
  readonly accepted: number;
  /** What was acknowledged was not taken, or not all of it. */
  readonly nack: boolean;
  readonly data: Buffer;
}

export interface SolToBmc extends Numbers {
  readonly breaks: boolean;
}

export interface SolToConsole extends Numbers {
  /** The BMC cannot take characters now. */
  readonly unavailable: boolean;
  /** SOL has been deactivated, or is about to be. */
  readonly deactivated: boolean;
  /** Characters from the machine were lost before they got here. */
  readonly overrun: boolean;
  readonly breaks: boolean;
}

const encode = (numbers: Numbers, flags: number): Buffer =>
  Buffer.concat([
    Buffer.from([
      numbers.sequence,
      numbers.acknowledged,
      numbers.accepted,
      flags | (numbers.nack ? 0x40 : 0),
    ]),
    numbers.data,
  ]);

const decode = (bytes: Buffer): Numbers & { readonly flags: number } => {
  const octets = new Octets(bytes, 'SOL packet');
  const sequence = octets.u8() & 0x0f;
  const acknowledged = octets.u8() & 0x0f;
  const accepted = octets.u8();
  const flags = octets.u8();
  return {
    ...{ sequence, acknowledged, accepted, flags },
    nack: (flags & 0x40) !== 0,
    data: octets.rest(),
  };
};

export const encodeSolToBmc = (packet: SolToBmc): Buffer =>
  encode(packet, packet.breaks ? 0x10 : 0);

export const decodeSolToBmc = (bytes: Buffer): SolToBmc => {
  const { flags, ...numbers } = decode(bytes);
  return { ...numbers, breaks: (flags & 0x10) !== 0 };
};

export const encodeSolToConsole = (packet: SolToConsole): Buffer =>
  encode(
    packet,
    (packet.unavailable ? 0x20 : 0) |
      (packet.deactivated ? 0x10 : 0) |
      (packet.overrun ? 0x08 : 0) |
      (packet.breaks ? 0x04 : 0),
  );

export const decodeSolToConsole = (bytes: Buffer): SolToConsole => {
  const { flags, ...numbers } = decode(bytes);
  return {
    ...numbers,
    unavailable: (flags & 0x20) !== 0,
    deactivated: (flags & 0x10) !== 0,
    overrun: (flags & 0x08) !== 0,
    breaks: (flags & 0x04) !== 0,
  };
};
