/** Whom an address belongs to, as far as it tells. */

const groupsInAll = 8;
/** So many groups of an IPv6 address are the network of whoever has it (RFC 6177). */
const groupsOfNetwork = 4;

/** An IPv4 address, however it is spelt, or the first 64 bits of one of IPv6: nobody is given fewer of these. */
export const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [front = '', back = ''] = address.replace(/%.*$/, '').split('::');
  const [first, last] = [front, back].map((part) => part.split(':').filter(Boolean));
  const zeros = groupsInAll - first!.length - last!.length;
  const groups = [...first!, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last!];
  return groups.slice(0, groupsOfNetwork).join(':');
};
