/** Whom an address belongs to. */

import t from 'tap';
import { networkOf } from '../../src/addresses/network.ts';

t.test('an IPv4 address is one, however it is spelt; of IPv6 the first half counts', async (t) => {
  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['', ''],
  ] as const)
    t.equal(networkOf(address), network, address);
  t.not(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
});
