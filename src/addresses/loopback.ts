/** Which addresses are this machine's own, however they are spelt. */

import { BlockList, isIP } from 'node:net';

const own = new BlockList();
own.addSubnet('127.0.0.0', 8, 'ipv4');
own.addAddress('::1', 'ipv6');

/**
 * Whether nobody else can be reached there, nor listen in. A host as it stands in a URL or a socket
 * address: `127.1`, `0x7f000001`, `[::1]`, `::ffff:127.0.0.1`, `localhost.`. What is not certain, such
 * as `0.0.0.0` or any other name, is not loopback.
 */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/%[^%]*$/, '');
  if (isIP(bare) === 6) return own.check(bare, 'ipv6');
  // URLs know all the spellings that the system's resolver takes for an IPv4 address.
  const name = /^[\w.-]+$/.test(bare) ? URL.parse(`http://${bare}`)?.hostname : undefined;
  if (name === undefined) return false;
  return isIP(name) === 4 ? own.check(name, 'ipv4') : /^localhost\.?$/.test(name);
};
