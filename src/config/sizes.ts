/** Sizes as people write them. */

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};

/** What {@link parseSize} takes, for schemas. */
export const sizePattern = '^[0-9]+(\\.[0-9]+)? *([KMGTP]i?B|B)?$';

/**
 * Bytes of a number, or of a text such as `4096`, `512 MiB`, `1.5GiB` or `2TB`.
 *
 * @returns null where it is not a size, or not a whole number of bytes of at most 2^53 - 1
 */
export const parseSize = (value: unknown): number | null => {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== 'string' || !new RegExp(sizePattern).test(value)) return null;
  const unit = value.replace(/^[0-9. ]+/, '');
  const bytes = Number(value.slice(0, value.length - unit.length)) * units[unit]!;
  return Number.isSafeInteger(bytes) ? bytes : null;
};
