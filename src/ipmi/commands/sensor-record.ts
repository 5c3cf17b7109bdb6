/** Records of sensors and what their readings mean: IPMI 2.0 §43.1, §43.2, §36.3. */

import { Octets } from '../packet/octets.ts';

interface Factors {
  /** 0 unsigned, 1 ones' complement, 2 two's complement. */
  readonly format: number;
  /** IPMI 2.0 table 43-1, byte 24. */
  readonly linearization: number;
  readonly m: number;
  readonly b: number;
  readonly bExponent: number;
  readonly rExponent: number;
}

export interface SensorRecord {
  readonly name: string;
  readonly number: number;
  /** The controller that has the sensor; 0x20 is the BMC. */
  readonly owner: number;
  readonly lun: number;
  /** IPMI 2.0 table 42-3: 1 temperature, 2 voltage, 3 current, 4 fan … */
  readonly type: number;
  /** IPMI 2.0 table 42-1: 1 for thresholds, others for states. */
  readonly eventType: number;
  /** For example `°C`, `RPM`; empty for none, null for one that has no name here. */
  readonly unit: string | null;
  /** How readings become values; null for a sensor that has only states. */
  readonly factors: Factors | null;
}

const full = 0x01;
const compact = 0x02;
/** Units of IPMI 2.0 table 43-15 that sensors of machines have. */
const units: Readonly<Record<number, string>> = {
  ...{ 0: '', 1: '°C', 2: '°F', 3: 'K', 4: 'V', 5: 'A', 6: 'W', 7: 'J', 18: 'RPM', 19: 'Hz' },
};

const signed = (value: number, bits: number): number =>
  value >= 1 << (bits - 1) ? value - (1 << bits) : value;

/** A text with its type and length before it; only 8-bit text and what is like it. */
const nameOf = (octets: Octets): string => {
  const length = octets.u8() & 0x1f;
  return octets
    .take(Math.min(length, octets.left))
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
};

const factorsOf = (octets: Octets, format: number): Factors => {
  const linearization = octets.u8() & 0x7f;
  const [mLow, mHigh, bLow, bHigh] = [octets.u8(), octets.u8(), octets.u8(), octets.u8()];
  octets.u8();
  const exponents = octets.u8();
  return {
    ...{ format, linearization },
    m: signed(mLow | ((mHigh >> 6) << 8), 10),
    b: signed(bLow | ((bHigh >> 6) << 8), 10),
    bExponent: signed(exponents & 0x0f, 4),
    rExponent: signed(exponents >> 4, 4),
  };
};

/** The sensor of a record; null for a record of something else. Throws `malformed`. */
export const decodeSensorRecord = (bytes: Buffer): SensorRecord | null => {
  const octets = new Octets(bytes, 'SDR');
  octets.take(3);
  const kind = octets.u8();
  octets.u8();
  if (kind !== full && kind !== compact) return null;
  const [owner, lun, number] = [octets.u8(), octets.u8() & 3, octets.u8()];
  octets.take(4);
  const [type, eventType] = [octets.u8(), octets.u8()];
  octets.take(6);
  const [how, base] = [octets.u8(), octets.u8()];
  octets.u8();
  const format = how >> 6;
  const isAnalogue = kind === full && format !== 3;
  const factors = isAnalogue ? factorsOf(octets, format) : null;
  octets.take(kind === compact ? 8 : isAnalogue ? 17 : 24);
  // A percentage is no unit of the table, and two units together have no name here.
  const plain = (how & 0x06) === 0 ? (units[base] ?? null) : null;
  const unit = (how & 0x01) === 1 ? '%' : plain;
  return { name: nameOf(octets), number, owner, lun, type, eventType, unit, factors };
};

const linear: Readonly<Record<number, (value: number) => number>> = {
  0: (value) => value,
  1: Math.log,
  2: Math.log10,
  3: Math.log2,
  4: Math.exp,
  5: (value) => 10 ** value,
  6: (value) => 2 ** value,
  7: (value) => 1 / value,
  8: (value) => value ** 2,
  9: (value) => value ** 3,
  10: Math.sqrt,
  11: Math.cbrt,
};

/** What a reading means; null where the record does not say how to tell. */
export const valueOf = ({ factors }: SensorRecord, raw: number): number | null => {
  const linearize = factors === null ? undefined : linear[factors.linearization];
  if (factors === null || linearize === undefined) return null;
  const twos = signed(raw, 8);
  const given = factors.format === 0 ? raw : factors.format === 1 && twos < 0 ? twos + 1 : twos;
  const { m, b, bExponent, rExponent } = factors;
  const value = linearize((m * given + b * 10 ** bExponent) * 10 ** rExponent);
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : null;
};
