/** Amounts as people write and read them. */

const seconds: ReadonlyMap<string, number> = new Map([
  ['ms', 0.001],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
]);

const prefixes = ['k', 'm', 'g', 't', 'p', 'e'];
const bytes: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ...prefixes.flatMap((prefix, i): [string, number][] => [
    [prefix, 1024 ** (i + 1)],
    [`${prefix}ib`, 1024 ** (i + 1)],
    [`${prefix}b`, 1000 ** (i + 1)],
  ]),
]);

export type Quantity = 'seconds' | 'bytes' | 'ratio' | 'count';

/**
 * Reads `90`, `1h`, `1h30m`, `10GiB`, `85%` as a number in the base unit (seconds, bytes, 1); undefined: it is none.
 * `K`, `KiB` are 1024 bytes, `KB` is 1000.
 */
export const parseQuantity = (text: string, of: Quantity): number | undefined => {
  const plain = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (plain !== undefined) return plain;
  if (of === 'count') return undefined;
  if (of === 'ratio') return /^-?\d+(\.\d+)?%$/.test(text) ? parseFloat(text) / 100 : undefined;
  if (of === 'bytes') return sum(text, /^(\d+(?:\.\d+)?)([a-z]+)$/i, bytes);
  const parts = text.match(/\d+(?:\.\d+)?[a-z]+/gi);
  if (!parts || parts.join('') !== text) return undefined;
  const amounts = parts.map((part) => sum(part, /^(\d+(?:\.\d+)?)([a-z]+)$/i, seconds));
  return amounts.reduce<number | undefined>(
    (all, one) => (all === undefined || one === undefined ? undefined : all + one),
    0,
  );
};

const sum = (
  text: string,
  form: RegExp,
  units: ReadonlyMap<string, number>,
): number | undefined => {
  const [, amount, unit] = form.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units.get(unit.toLowerCase());
  return factor === undefined ? undefined : Number(amount) * factor;
};

/** `1.5 GiB`, `12 KiB`, `7 B`. */
export const formatBytes = (amount: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let [value, unit] = [Math.abs(amount), 0];
  // What would be shown as 1024 is one of the next unit.
  while (value >= 1023.5 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  const digits = value >= 99.5 || unit === 0 ? 0 : 1;
  return `${amount < 0 ? '-' : ''}${value.toFixed(digits)} ${units[unit]!}`;
};

/** In the largest unit that it has at least two of, rounded down, as people say ages: `95m`, `47h`, `12d`. */
export const formatSeconds = (amount: number): string => {
  const sign = amount < 0 ? '-' : '';
  const value = Math.abs(amount);
  if (value < 1 && value > 0) return `${sign}${Math.round(value * 1000)}ms`;
  if (value < 120) return `${sign}${Math.floor(value)}s`;
  if (value < 2 * 3600) return `${sign}${Math.floor(value / 60)}m`;
  if (value < 2 * 86_400) return `${sign}${Math.floor(value / 3600)}h`;
  return `${sign}${Math.floor(value / 86_400)}d`;
};

export const formatCount = (amount: number): string =>
  Number.isInteger(amount) ? String(amount) : String(Number(amount.toPrecision(4)));

/** `87%`; 1 is 100%. */
export const formatRatio = (amount: number): string =>
  `${formatCount(Math.round(amount * 1000) / 10)}%`;

/** A time as UTC to the second. */
export const formatMoment = (ms: number): string =>
  Number.isFinite(ms) && Math.abs(ms) <= 8.64e15
    ? new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
    : 'unknown';
