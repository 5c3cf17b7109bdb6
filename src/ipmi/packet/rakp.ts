/** The four messages of the RMCP+ authenticated key exchange: IPMI 2.0 §13.20 to §13.23. */

import { Octets, u32 } from './octets.ts';
import { refusedConsole } from './open-session.ts';

/** Longest name of a user, bytes. */
export const nameMax = 16;

export interface Rakp1 {
  readonly tag: number;
  /** The id that the BMC chose. */
  readonly bmc: number;
  /** 16 bytes of the console's. */
  readonly random: Buffer;
  /** Privilege in the low four bits; 0x10 for look-up by name only. */
  readonly role: number;
  readonly user: Buffer;
}

/** RAKP 2 without error. */
export interface Rakp2 {
  readonly tag: number;
  readonly status: 0;
  readonly console: number;
  /** 16 bytes of the BMC's. */
  readonly random: Buffer;
  /** Of the BMC, 16 bytes as they come. */
  readonly guid: Buffer;
  readonly code: Buffer;
}

export interface Rakp3 {
  readonly tag: number;
  readonly status: number;
  readonly bmc: number;
  readonly code: Buffer;
}

export interface Rakp4 {
  readonly tag: number;
  readonly status: 0;
  readonly console: number;
  readonly code: Buffer;
}

/** What RAKP 2 and 4 are after an error. */
export interface RakpRefusal {
  readonly tag: number;
  readonly status: number;
  readonly console: number;
  readonly code?: never;
}

export const encodeRakp1 = ({ tag, bmc, random, role, user }: Rakp1): Buffer =>
  Buffer.concat([
    Buffer.from([tag, 0, 0, 0]),
    u32(bmc),
    random,
    Buffer.from([role, 0, 0, user.length]),
    user,
  ]);

export const decodeRakp1 = (bytes: Buffer): Rakp1 => {
  const octets = new Octets(bytes, 'RAKP 1');
  const tag = octets.u8();
  octets.take(3);
  const bmc = octets.u32();
  const random = octets.take(16);
  const role = octets.u8() & 0x1f;
  octets.take(2);
  const length = octets.u8();
  octets.expect(length <= nameMax);
  const user = octets.take(length);
  octets.end();
  return { tag, bmc, random, role, user };
};

export const encodeRakp2 = (message: Rakp2 | RakpRefusal): Buffer => {
  const head = Buffer.concat([
    Buffer.from([message.tag, message.status, 0, 0]),
    u32(message.console),
  ]);
  if (message.code === undefined) return head;
  return Buffer.concat([head, message.random, message.guid, message.code]);
};

/** @param codeLength what the authentication algorithm gives, bytes */
export const decodeRakp2 = (bytes: Buffer, codeLength: number): Rakp2 | RakpRefusal => {
  const octets = new Octets(bytes, 'RAKP 2');
  const tag = octets.u8();
  const status = octets.u8();
  if (status !== 0) return { tag, status, console: refusedConsole(octets) };
  octets.take(2);
  const console = octets.u32();
  const random = octets.take(16);
  const guid = octets.take(16);
  const code = octets.take(codeLength);
  octets.end();
  return { tag, status, console, random, guid, code };
};

export const encodeRakp3 = ({ tag, status, bmc, code }: Rakp3): Buffer =>
  Buffer.concat([Buffer.from([tag, status, 0, 0]), u32(bmc), code]);

export const decodeRakp3 = (bytes: Buffer): Rakp3 => {
  const octets = new Octets(bytes, 'RAKP 3');
  const tag = octets.u8();
  const status = octets.u8();
  octets.take(2);
  return { tag, status, bmc: octets.u32(), code: octets.rest() };
};

export const encodeRakp4 = (message: Rakp4 | RakpRefusal): Buffer =>
  Buffer.concat([
    Buffer.from([message.tag, message.status, 0, 0]),
    u32(message.console),
    message.code ?? Buffer.alloc(0),
  ]);

/** @param codeLength what the integrity algorithm gives, bytes */
export const decodeRakp4 = (bytes: Buffer, codeLength: number): Rakp4 | RakpRefusal => {
  const octets = new Octets(bytes, 'RAKP 4');
  const tag = octets.u8();
  const status = octets.u8();
  if (status !== 0) return { tag, status, console: refusedConsole(octets) };
  octets.take(2);
  const console = octets.u32();
  const code = octets.take(codeLength);
  octets.end();
  return { tag, status, console, code };
};
