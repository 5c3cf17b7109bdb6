/** Which machines are neighbours: on a network that this machine is on itself, with no router between. */

import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';

type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'cidr' | 'internal'>[] | undefined>
>;

/**
 * Whether an address is of a network of this machine. Where such an address cannot be reached, nobody has answered for
 * it there: the machine is silent, and no route is missing.
 *
 * @param address no name
 */
export const isOnLink = (
  address: string,
  interfaces: Interfaces = networkInterfaces(),
): boolean => {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return false;
  const networks = new BlockList();
  for (const { cidr, internal } of Object.values(interfaces).flatMap((each) => each ?? [])) {
    if (cidr === null || internal) continue;
    const [network = '', length = ''] = cidr.split('/');
    if (isIP(network) === family)
      networks.addSubnet(network, Number(length), family === 4 ? 'ipv4' : 'ipv6');
  }
  return networks.check(bare, family === 4 ? 'ipv4' : 'ipv6');
};
