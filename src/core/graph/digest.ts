/**
 * The graph's digest: a sum over the hashes of its rows, so that it follows changes without
 * visiting what did not change.
 *
 * Two stations at one revision must show one digest. It is meant to notice divergence and damage,
 * not forgery.
 */

/** Two independent 32-bit lanes. */
export interface Hash {
  readonly low: number;
  readonly high: number;
}

let low = 0;
let high = 0;

const mix = (value: number): void => {
  low = Math.imul(low ^ value, 0x85ebca6b);
  low ^= low >>> 15;
  high = Math.imul(high ^ value, 0xc2b2ae35);
  high ^= high >>> 13;
};

const mixString = (text: string): void => {
  mix(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x9e3779b1);
  }
  mix(0x73);
};

const doubles = new Float64Array(1);
const halves = new Uint32Array(doubles.buffer);

/** Minus zero counts as zero, which it becomes in JSON. */
const mixNumber = (value: number): void => {
  doubles[0] = value + 0;
  mix(halves[0]!);
  mix(halves[1]!);
};

/** The hashes of the names that fields have, which are few; those of a user's variables may be many. */
const names = new Map<string, Hash>();
const namesMax = 1024;

/** Begins the hash of a field with that of its name. */
const mixName = (name: string): void => {
  const known = names.get(name);
  if (known) {
    ({ low, high } = known);
    return;
  }
  low = 0x811c9dc5;
  high = 0x27d4eb2f;
  mixString(name);
  if (names.size < namesMax) names.set(name, { low, high });
};

/** Key order does not matter: the fields' hashes are added up. */
const mixObject = (value: object): void => {
  const [outerLow, outerHigh] = [low, high];
  let [sumLow, sumHigh] = [0, 0];
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    if (field === undefined) continue;
    mixName(key);
    mixValue(field);
    sumLow = (sumLow + low) | 0;
    sumHigh = (sumHigh + high) | 0;
  }
  low = outerLow;
  high = outerHigh;
  mix(sumLow);
  mix(sumHigh);
};

const mixValue = (value: unknown): void => {
  if (typeof value === 'string') mixString(value);
  else if (typeof value === 'number') mixNumber(value);
  else if (typeof value === 'boolean') mix(value ? 2 : 1);
  else if (value === null) mix(3);
  else if (Array.isArray(value)) {
    mix(value.length);
    for (const item of value) mixValue(item);
  } else mixObject(value as object);
};

/** Hash of one row of a kind. */
export const hashRow = (kind: string, row: object): Hash => {
  low = 0x811c9dc5;
  high = 0x27d4eb2f;
  mixString(kind);
  mixObject(row);
  mix(0x5f);
  return { low: low | 0, high: high | 0 };
};

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');

export const formatDigest = (lowLane: number, highLane: number): string =>
  hex(highLane) + hex(lowLane);
