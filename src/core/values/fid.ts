/**
 * Fids: 128-bit ids as Mero writes them, `0x<type and container>:0x<key>`.
 *
 * The first byte of the high half is a letter for the type, the rest is container 1. The low half
 * is a key from one counter for the whole cluster, shared by all types; a key is never given out
 * twice.
 */

declare const fidBrand: unique symbol;
export type Fid = string & { readonly [fidBrand]: true };

const containers = {
  profile: '0x7000000000000001',
  process: '0x7200000000000001',
  service: '0x7300000000000001',
  node: '0x6e00000000000001',
  pool: '0x6f00000000000001',
} as const;

export type FidType = keyof typeof containers;

export const fid = (type: FidType, key: number): Fid =>
  `${containers[type]}:0x${key.toString(16)}` as Fid;

/** What a fid is of; undefined: it is none that is given out here. */
export const fidType = (value: string): FidType | undefined =>
  fidTypes.get(value.slice(0, value.indexOf(':')));

const fidTypes: ReadonlyMap<string, FidType> = new Map(
  Object.entries(containers).map(([type, container]) => [container, type as FidType]),
);

const pattern = /^0x([0-9a-f]{1,16}):0x([0-9a-f]{1,13})$/i;

/** The canonical spelling of a fid that somebody typed, or null where it is none. */
export const parseFid = (text: string): Fid | null => {
  const match = pattern.exec(text);
  if (!match) return null;
  const high = BigInt(`0x${match[1]!}`).toString(16);
  const low = Number.parseInt(match[2]!, 16).toString(16);
  return `0x${high}:0x${low}` as Fid;
};

/** The counter value a fid was made from. */
export const fidKey = (value: Fid): number =>
  Number.parseInt(value.slice(value.indexOf(':') + 3), 16);

/** Compares by age: a fid that was given out later is greater. */
export const byFid = (a: { readonly fid: Fid }, b: { readonly fid: Fid }): number =>
  fidKey(a.fid) - fidKey(b.fid);
