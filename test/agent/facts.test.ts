import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import Value from 'typebox/value';
import { lnetAddress, reachableInterfaces, usableAddress } from '../../src/agent/address.ts';
import { agentVersion, factGatherer, memoryMib, onlineCpus } from '../../src/agent/facts.ts';
import { ReportedFacts } from '../../src/contract/agent-protocol.ts';
import { folderOf } from '../folder.ts';

const root = join(import.meta.dirname, '..', '..');
const say = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' }).trim();
const unknown = { agent: 'a-1', address: undefined, lnid: undefined };

t.test('memory is what the kernel manages, in whole MiB', async (t) => {
  const [, kib] = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  t.equal(memoryMib(), Math.floor(Number(kib) / 1024));
});

t.test('CPUs are all that are online', async (t) => {
  const inProc = readFileSync('/proc/cpuinfo', 'utf8').match(/^processor\s*:/gm)?.length;
  t.equal(onlineCpus(), inProc);
  t.equal(onlineCpus(), Number(say('getconf', '_NPROCESSORS_ONLN')));
  t.ok(onlineCpus() >= Number(say('nproc')), 'nproc counts only those that it may run on');
});

t.test('CPUs that the agent itself may not run on count as well', async (t) => {
  const program = `import { onlineCpus } from './src/agent/facts.ts'; console.log(onlineCpus())`;
  const pinned = execFileSync(
    'taskset',
    ['-c', '0', process.execPath, '--input-type=module', '-e', program],
    { cwd: root, encoding: 'utf8' },
  );
  t.equal(Number(pinned), onlineCpus());
});

t.test('kernel, boot and version are those of this system and this package', async (t) => {
  const facts = await factGatherer(unknown)('10.0.0.1');
  t.equal(facts.kernel, say('uname', '-r'));
  t.equal(facts.boot_id, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  t.equal(facts.version, manifest.version);
  t.equal(agentVersion, manifest.version);
});

t.test('the facts of this machine are what a station takes', async (t) => {
  const facts = await factGatherer(unknown)('10.0.0.1');
  t.ok(Value.Check(ReportedFacts, facts), JSON.stringify(facts));
});

t.test('two looks at an unchanged host say the same', async (t) => {
  const gather = factGatherer(unknown);
  t.equal(JSON.stringify(await gather('10.0.0.1')), JSON.stringify(await gather('10.0.0.1')));
});

t.test('interfaces are sorted, without loopback and link-local addresses', async (t) => {
  const info = (address: string, internal = false): never => ({ address, internal }) as never;
  t.same(
    reachableInterfaces({
      lo: [info('127.0.0.1', true), info('::1', true)],
      ib0: [info('10.1.0.1')],
      eth0: [info('fe80::1'), info('169.254.7.7'), info('fd00::2'), info('10.0.0.1')],
      'eth0.5': [info('10.5.0.1')],
      veth9: [info('fe80::9')],
    }),
    [
      { name: 'eth0', address: '10.0.0.1' },
      { name: 'eth0', address: 'fd00::2' },
      { name: 'eth0.5', address: '10.5.0.1' },
      { name: 'ib0', address: '10.1.0.1' },
    ],
  );
  t.same(reachableInterfaces({}), []);
});

t.test('a host with very many addresses reports as many as a station takes', async (t) => {
  const many = Array.from({ length: 300 }, (_, i) => ({ address: `10.0.${i}.1`, internal: false }));
  t.equal(reachableInterfaces({ eth0: many as never }).length, 256);
});

t.test('address and LNet id follow the connection, unless they are given', async (t) => {
  const found = await factGatherer(unknown)('10.0.0.1');
  t.match(found, { address: '10.0.0.1', lnid: '10.0.0.1@tcp' });
  const addressed = factGatherer({ ...unknown, address: '127.0.0.11' });
  t.match(await addressed('10.0.0.1'), { address: '127.0.0.11', lnid: '127.0.0.11@tcp' });
  const given = factGatherer({ agent: 'a-1', address: '10.2.0.1', lnid: '10.3.0.1@o2ib' });
  t.match(await given('10.0.0.1'), { address: '10.2.0.1', lnid: '10.3.0.1@o2ib' });
});

t.test(
  'where LNet is, its first network id counts, and a silence of it changes nothing',
  async (t) => {
    const bin = folderOf(t);
    const lctl = join(bin, 'lctl');
    const play = (script: string): void => {
      writeFileSync(lctl, `#!/bin/sh\n${script}\n`);
      chmodSync(lctl, 0o755);
    };
    const path = process.env['PATH'];
    process.env['PATH'] = `${bin}:${path}`;
    t.teardown(() => (process.env['PATH'] = path));

    play('[ "$*" = list_nids ] && printf "10.9.0.1@o2ib\\n10.0.0.1@tcp\\n"');
    const gather = factGatherer(unknown);
    t.equal((await gather('10.0.0.1')).lnid, '10.9.0.1@o2ib');
    play('exit 1');
    t.equal((await gather('10.0.0.1')).lnid, '10.9.0.1@o2ib');
    play('echo 10.9.0.2@o2ib');
    t.equal((await gather('10.0.0.1')).lnid, '10.9.0.2@o2ib');

    play('echo opening /dev/lnet failed');
    t.equal((await factGatherer(unknown)('10.0.0.1')).lnid, '10.0.0.1@tcp');
  },
);

const routes = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask
eth1\t00000000\t0100000A\t0003\t0\t0\t100\t00000000
ib0\t00000000\t0100000A\t0003\t0\t0\t50\t00000000
eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF
`;
const found = [
  { name: 'eth0', address: '192.0.2.1' },
  { name: 'eth1', address: '198.51.100.1' },
  { name: 'ib0', address: '2001:db8::1' },
  { name: 'ib0', address: '203.0.113.1' },
];

t.test('a host that reaches its station over loopback reports what others can use', async (t) => {
  for (const local of ['127.0.0.1', '127.9.9.9', '::1', 'fe80::1%eth0', '169.254.1.1', '']) {
    t.equal(usableAddress(local, found, routes), '203.0.113.1', `${local}: of the default route`);
    t.equal(usableAddress(local, found, undefined), '192.0.2.1', 'the first without one');
    t.equal(usableAddress(local, found.slice(2, 3), routes), '2001:db8::1', 'IPv6 where alone');
    t.equal(usableAddress(local, [], routes), local, 'there is no other');
  }
  for (const usable of ['10.0.0.1', '2001:db8::7'])
    t.equal(usableAddress(usable, found, routes), usable);
});

t.test('the LNet id that nobody named has an IPv4 address where the host has one', async (t) => {
  t.equal(lnetAddress('10.0.0.1', found, routes), '10.0.0.1');
  t.equal(lnetAddress('2001:db8::1', found, routes), '203.0.113.1');
  t.equal(lnetAddress('2001:db8::1', found.slice(2, 3), routes), '2001:db8::1');
});

t.test('a host with nothing but loopback is said to be of no use to others, once', async (t) => {
  const said: string[] = [];
  const gather = factGatherer(unknown, (message) => said.push(message));
  const facts = [await gather('127.0.0.1'), await gather('127.0.0.1')];
  if (reachableInterfaces().length > 0) {
    t.notMatch(facts[0]?.address, /^127\./);
    t.same(said, []);
  } else t.match(said, [/--address/]);
  t.equal(facts[0]?.address, facts[1]?.address);
});
