/** Addresses in one spelling each: many texts are one address to the network. */

/** A part of an IPv4 address as `inet_aton` reads it: decimal, `0x` or octal; null where it is none. */
const looseNumber = (text: string): number | null => {
  if (/^0[xX][0-9a-fA-F]*$/.test(text)) return Number.parseInt(text.slice(2) || '0', 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : null;
};

const dotted = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** An IPv4 address as the resolver reads it: `127.1`, `0x7f000001` and `0177.0.0.1` are one. */
const looseIpv4 = (text: string): string | null => {
  const parts = text.split('.').map(looseNumber);
  const [last, ...above] = parts.reverse();
  if (last === undefined || last === null || above.length > 3) return null;
  if (last >= 2 ** (8 * (4 - above.length))) return null;
  let value = last;
  for (const [i, part] of above.reverse().entries()) {
    if (part === null || part > 255) return null;
    value += part * 2 ** (8 * (3 - i));
  }
  return dotted(value);
};

/** An IPv4 address as LNet reads it: four decimal numbers, leading zeros or none. */
const decimalIpv4 = (text: string): string | null => {
  if (!/^[0-9]{1,10}(\.[0-9]{1,10}){3}$/.test(text)) return null;
  const parts = text.split('.').map(Number);
  return parts.every((part) => part <= 255) ? parts.join('.') : null;
};

/** The sixteen-bit groups of one side of `::`; null where it is none. */
const groupsOf = (text: string): readonly number[] | null => {
  if (text === '') return [];
  const parts = text.split(':');
  const tail = decimalIpv4(parts.at(-1)!);
  if (tail !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    parts.splice(-1, 1, (a * 256 + b).toString(16), (c * 256 + d).toString(16));
  }
  return parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : null;
};

/** An IPv6 address with all its groups; one that stands for an IPv4 address is that. */
const ipv6 = (text: string): string | null => {
  const sides = text.split('::').map(groupsOf);
  const [head, tail = []] = sides;
  if (sides.length > 2 || !head || !tail) return null;
  const missing = 8 - head.length - tail.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped
    ? dotted(high * 65_536 + low)
    : groups.map((group) => group.toString(16)).join(':');
};

const hostName = (text: string): string => text.toLowerCase().replace(/\.$/, '');

/** What stands before the port: a name, an IPv4 address, or an IPv6 address in brackets. */
export const canonicalHost = (text: string): string => {
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  if (inside !== undefined) return ipv6(inside) ?? inside.toLowerCase();
  return looseIpv4(text) ?? hostName(text);
};

/** An LNet id `<address>@<network>`: `@tcp` is `@tcp0`. */
export const canonicalNid = (text: string): string => {
  const [, address = text, kind = '', number = ''] = /^(.*)@(tcp|o2ib)([0-9]*)$/.exec(text) ?? [];
  if (kind === '') return text;
  return `${decimalIpv4(address) ?? hostName(address)}@${kind}${Number(number)}`;
};
