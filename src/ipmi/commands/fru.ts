/** Inventory: IPMI 2.0 §34, and the Platform Management FRU Information Storage Definition 1.0. */

import { IpmiError } from '../errors.ts';
import { Octets, u16 } from '../packet/octets.ts';
import type { Session } from '../session/session.ts';
import { netFns } from './command.ts';
import type { Command } from './command.ts';

export interface FruArea {
  /** Bytes. */
  readonly size: number;
  /** Whether it is addressed by words of two bytes. */
  readonly byWords: boolean;
}

/** IPMI 2.0 §34.1. Takes the number of the FRU; the machine itself is 0. */
export const getFruArea: Command<number, FruArea> = {
  name: 'Get FRU Inventory Area Info',
  netFn: netFns.storage,
  code: 0x10,
  repeatable: true,
  encode: (fru) => Buffer.of(fru),
  decode: (data) => ({ size: data.u16(), byWords: (data.u8() & 1) === 1 }),
};

export interface FruPiece {
  readonly fru: number;
  /** In bytes, or words where the area is addressed so. */
  readonly offset: number;
  readonly count: number;
}

/** IPMI 2.0 §34.2. */
export const readFruData: Command<FruPiece, Buffer> = {
  name: 'Read FRU Data',
  netFn: netFns.storage,
  code: 0x11,
  repeatable: true,
  encode: ({ fru, offset, count }) =>
    Buffer.concat([Buffer.of(fru), u16(offset), Buffer.of(count)]),
  decode: (data) => {
    const count = data.u8();
    return data.take(Math.min(count, data.left));
  },
  refusals: { 0x81: ['busy', 'the FRU is in use'] },
};

const firstPiece = 32;
const leastPiece = 4;
/** What BMCs say to a piece that is too long for them. */
const tooLong = new Set([0xc7, 0xc8, 0xca, 0xff]);

/** All bytes of a FRU. Pieces get smaller until the BMC can do them. */
export const readFru = async (session: Session, fru = 0): Promise<Buffer> => {
  const { size, byWords } = await session.send(getFruArea, fru);
  const unit = byWords ? 2 : 1;
  const pieces: Buffer[] = [];
  let piece = firstPiece;
  for (let at = 0; at < size;) {
    const bytes = Math.min(piece, size - at);
    const request = { fru, offset: at / unit, count: Math.ceil(bytes / unit) };
    try {
      const data = await session.send(readFruData, request);
      if (data.length === 0) throw new IpmiError('malformed', 'the BMC gives an empty piece');
      pieces.push(data);
      at += data.length;
    } catch (error) {
      const isTooLong = error instanceof IpmiError && tooLong.has(error.completion ?? 0);
      if (!isTooLong || piece <= leastPiece) throw error;
      piece /= 2;
    }
  }
  return Buffer.concat(pieces).subarray(0, size);
};

/** What a person wants to know of it; an area or field that is not there is null. */
export interface FruInventory {
  readonly board: {
    readonly manufacturer: string | null;
    readonly product: string | null;
    readonly serial: string | null;
    readonly part: string | null;
  } | null;
  readonly product: {
    readonly manufacturer: string | null;
    readonly name: string | null;
    readonly part: string | null;
    readonly version: string | null;
    readonly serial: string | null;
    readonly asset: string | null;
  } | null;
}

const endOfFields = 0xc1;
const sixBits = (bytes: Buffer): string => {
  let [text, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    held |= byte << bits;
    for (bits += 8; bits >= 6; bits -= 6, held >>= 6) text += String.fromCharCode((held & 63) + 32);
  }
  return text;
};
const bcdPlus = (bytes: Buffer): string =>
  [...bytes.toString('hex')].map((digit) => '0123456789 -.???'[parseInt(digit, 16)]).join('');

const textOf = (type: number, bytes: Buffer): string => {
  if (type === 0) return bytes.toString('hex');
  if (type === 1) return bcdPlus(bytes).trimEnd();
  return (type === 2 ? sixBits(bytes) : bytes.toString('latin1')).replace(/[\0 ]+$/, '');
};

const sumsToNothing = (bytes: Buffer): boolean =>
  (bytes.reduce((sum, byte) => sum + byte, 0) & 0xff) === 0;

/** The fields of an area of so many bytes before the first one. */
const fieldsOf = (area: Buffer, skipped: number): (string | null)[] => {
  const octets = new Octets(area, 'FRU area');
  octets.take(skipped);
  const fields: (string | null)[] = [];
  while (fields.length < 32 && octets.left > 0) {
    const head = octets.u8();
    if (head === endOfFields) break;
    const bytes = octets.take(head & 0x3f);
    fields.push(bytes.length === 0 ? null : textOf(head >> 6, bytes));
  }
  return fields;
};

const areaAt = (bytes: Buffer, offset: number): Buffer | null => {
  if (offset === 0 || offset * 8 + 2 > bytes.length) return null;
  const length = bytes.readUInt8(offset * 8 + 1) * 8;
  const area = bytes.subarray(offset * 8, offset * 8 + length);
  return area.length === length && length > 0 && sumsToNothing(area) ? area : null;
};

/** Throws `malformed` where the header is not one; an area that is damaged is taken for absent. */
export const decodeFru = (bytes: Buffer): FruInventory => {
  if (bytes.length < 8 || (bytes.readUInt8(0) & 0x0f) !== 1 || !sumsToNothing(bytes.subarray(0, 8)))
    throw new IpmiError('malformed', 'not a well-formed FRU');
  const board = areaAt(bytes, bytes.readUInt8(3));
  const product = areaAt(bytes, bytes.readUInt8(4));
  const named = <Name extends string>(
    names: readonly Name[],
    fields: readonly (string | null)[],
  ): Record<Name, string | null> =>
    Object.fromEntries(names.map((name, index) => [name, fields[index] ?? null])) as Record<
      Name,
      string | null
    >;
  return {
    board: board && named(['manufacturer', 'product', 'serial', 'part'], fieldsOf(board, 6)),
    product:
      product &&
      named(['manufacturer', 'name', 'part', 'version', 'serial', 'asset'], fieldsOf(product, 3)),
  };
};
