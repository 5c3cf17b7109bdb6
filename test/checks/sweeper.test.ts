/** Looks at machines by the real fping and real sockets. Numbers are those of the acceptance cases and field reports. */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { pingAll, timesOf } from '../../src/checks/sweep/fping.ts';
import type { Found, Job } from '../../src/checks/sweep/protocol.ts';
import { Sweeper } from '../../src/checks/sweep/sweeper.ts';
import { settingsOf } from '../../src/checks/settings/settings.ts';
import type { CheckFile } from '../../src/checks/settings/schema.ts';
import { until } from '../station/harness.ts';

const loopback = (i: number): string => `127.0.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`;

/** Looks at machines, and gives what was found of all of them by machine. */
const look = async (file: CheckFile, jobs: readonly Job[]): Promise<Map<string, Found>> => {
  const found: Found[] = [];
  const sweeper = new Sweeper({
    settings: settingsOf(file),
    now: Date.now,
    tell: (some) => void found.push(...some),
  });
  sweeper.look(jobs);
  const wanted = jobs.flatMap(({ checks }) => checks).length;
  await until('all answers', () => found.length >= wanted);
  return new Map(found.map((one) => [`${one.machine} ${one.check}`, one]));
};

const listening = async (t: Test): Promise<number> => {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
};

t.test('case 24: one name without an address among a thousand machines', async (t) => {
  const jobs = Array.from({ length: 1000 }, (_, i): Job => ({
    machine: `n${i}`,
    address: i === 500 ? 'no-such-machine.invalid' : loopback(i),
    checks: ['ping'],
  }));
  const found = await look({ timeouts: { ping: 5 } }, jobs);
  t.match(found.get('n500 ping'), { verdict: 'unknown', cause: 'dns', value: null });
  found.delete('n500 ping');
  t.equal(found.size, 999);
  t.same(
    [...found.values()].filter(({ verdict }) => verdict !== 'ok'),
    [],
  );
});

t.test(
  '24: a machine that does not answer ping fails by silence, and no other one does',
  async (t) => {
    // An address of TEST-NET-1 that nobody has.
    const found = await look({ timeouts: { ping: 0.3 } }, [
      { machine: 'dead', address: '192.0.2.253', checks: ['ping'] },
      { machine: 'null', address: '127.0.0.1', checks: ['ping'] },
      { machine: '0', address: '::1', checks: ['ping'] },
      { machine: 'twin', address: '127.0.0.1', checks: ['ping'] },
    ]);
    t.match(found.get('dead ping'), { verdict: 'fail', cause: 'silent', value: null });
    for (const machine of ['null', '0', 'twin'])
      t.match(found.get(`${machine} ping`), { verdict: 'ok', text: / ms$/ });
  },
);

t.test('where fping is missing nothing is said of the machine', async (t) => {
  const options = { timeoutMs: 100, intervalMs: 1, program: '/no/such/fping' };
  const { times, trouble } = await pingAll(['127.0.0.1'], options);
  t.equal(times.size, 0);
  t.equal(trouble, 'fping is not installed');
});

t.test('what fping prints is read, and what it complains about is not', async (t) => {
  const output =
    '127.0.0.1 : 0.03\n::1       : -\nICMP Host Unreachable from 10.0.0.1\nx : 1.2.3\n';
  t.same(
    [...timesOf(output)],
    [
      ['127.0.0.1', 0.03],
      ['::1', null],
    ],
  );
});

t.test('a port that is refused is an answer, and silence is none', async (t) => {
  const port = await listening(t);
  const at = (address: string): Job => ({ machine: address, address, checks: ['tcp'] });
  const jobs = [at('127.0.0.1'), at('127.0.0.2'), at('no-such-machine.invalid'), at('192.0.2.253')];
  const found = await look({ tcp: { port }, timeouts: { tcp: 0.5 } }, jobs);
  t.match(found.get('127.0.0.1 tcp'), { verdict: 'ok', text: `port ${port} answers` });
  t.match(found.get('127.0.0.2 tcp'), { verdict: 'ok', cause: 'refused', text: /^alive/ });
  t.match(found.get('no-such-machine.invalid tcp'), { verdict: 'unknown', cause: 'dns' });
  t.match(found.get('192.0.2.253 tcp'), { verdict: 'fail', value: null });
});

t.test('what cannot be asked is answered too', async (t) => {
  const found = await look({}, [
    { machine: 'n1', address: '127.0.0.1', checks: ['load', 'nonsense'] },
  ]);
  t.match(found.get('n1 nonsense'), { verdict: 'unknown', cause: 'not-asked' });
});
