/** Which spellings of an address are this machine's own. */

import t from 'tap';
import { isLoopback } from '../../src/addresses/loopback.ts';
import { isExposed } from '../../src/agent/options.ts';

const own = [
  ...['127.0.0.1', '127.1', '127.255.255.254', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.1'],
  ...['::1', '[::1]', '0:0:0:0:0:0:0:1', '::0001', '::1%lo', '[::1%25lo]'],
  ...['::ffff:127.0.0.1', '[::ffff:127.0.0.1]', '::ffff:7f00:1', '::FFFF:127.9.9.9'],
  ...['localhost', 'LOCALHOST', 'localhost.'],
];
const others = [
  ...['8.8.8.8', '128.0.0.1', '126.255.255.255', '10.0.0.1', '134744072', '0', '0.0.0.0'],
  ...['::', '[::]', '::2', 'fe80::1%eth0', '::ffff:8.8.8.8', '[::ffff:808:808]', '::ffff:0.0.0.0'],
  ...['::127.0.0.1', '64:ff9b::7f00:1', '127.0.0.1.example', 'localhost.example', 'example'],
  ...['localhost@example', '127.0.0.1:80', '127.0.0.1/x', '', ' 127.0.0.1', 'localhost..', '%lo'],
];

t.test('this machine, however it is spelt', async (t) => {
  for (const host of own) t.equal(isLoopback(host), true, host);
});

t.test('what others can be, or what is not certain, is not loopback', async (t) => {
  for (const host of others) t.equal(isLoopback(host), false, host);
});

t.test('a token is exposed on its way to others, unless it is encrypted', async (t) => {
  const urls = (hosts: readonly string[]): URL[] =>
    hosts.flatMap((host) => {
      const shown = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
      return URL.parse(`http://${shown}:7400`) ?? [];
    });
  for (const url of urls(own)) t.equal(isExposed(url), false, url.href);
  for (const host of ['8.8.8.8', '[::ffff:8.8.8.8]', '0.0.0.0', 'station.example', '[::]']) {
    t.equal(isExposed(new URL(`http://${host}`)), true, host);
    t.equal(isExposed(new URL(`wss://${host}`)), false, host);
  }
});
