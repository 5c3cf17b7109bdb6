import t from 'tap';
import { isOnLink } from '../../src/addresses/on-link.ts';

const interfaces = {
  lo: [
    { cidr: '127.0.0.1/8', internal: true },
    { cidr: '::1/128', internal: true },
  ],
  eth0: [
    { cidr: '10.1.2.3/22', internal: false },
    { cidr: 'fe80::1/64', internal: false },
    { cidr: '2001:db8:0:7::3/64', internal: false },
  ],
  tun0: [{ cidr: null, internal: false }],
};

t.test('a neighbour is of a network of this machine, in either family', async (t) => {
  for (const address of ['10.1.0.1', '10.1.3.254', 'fe80::2%eth0', '2001:db8:0:7:9::1'])
    t.equal(isOnLink(address, interfaces), true, address);
  for (const address of ['10.1.4.1', '127.0.0.2', '192.0.2.1', '2001:db8:0:8::1', '::1'])
    t.equal(isOnLink(address, interfaces), false, address);
});

t.test('what is no address is nobody’s neighbour', async (t) => {
  for (const text of ['', 'n1.example', '10.1.2', '10.1.2.3/22'])
    t.equal(isOnLink(text, interfaces), false, text);
  t.equal(isOnLink('10.1.0.1', {}), false);
});
