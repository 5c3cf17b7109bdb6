/** How much reaches BMCs while many ask a station about their machines: counted before the simulators. */

import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { CountingProxy } from '../ipmi/counting-proxy.ts';
import { simulate } from '../ipmi/simulator.ts';
import { ipmiInfo } from '../obm/daemon.ts';
import { until } from './harness.ts';
import { Bench } from './obm-bench.ts';

/** What may reach all BMCs together, which are in one network, in a second: orders and looks. */
const perSecond = 2;
const bmcsMax = 6;
const callsPerSecond = 1_000;
/** Packets to a BMC for one look over the session that is kept, some of them sent again. */
const packetsOfLook = 5;
/** What is added where a session has to be opened; it may be lost, and opened again. */
const packetsOfSession = 12;
const sessionsMost = 4;

/** A thousand calls a second, for so many seconds, half of them `validate` and half of them power status. */
export const askAThousandTimes = async (t: Test, seconds: number): Promise<void> => {
  const bench = await Bench.set(t);
  const { ask } = bench.station;
  const hosts = await hostsIn(bench);
  const folders = folderOf(t, Object.fromEntries(hosts.map((_, i) => [`bmc${i}`, {}])));
  const proxies: CountingProxy[] = [];
  for (const [i, fqdn] of hosts.entries()) {
    const simulator = await simulate(join(folders, `bmc${i}`));
    t.teardown(() => simulator.kill());
    const proxy = await CountingProxy.start(t, simulator.port);
    proxies.push(proxy);
    await bench.register({ type: 'ipmi', info: ipmiInfo(proxy.port) }, fqdn);
    await bench.turn('enable', fqdn);
  }
  // All is stale at once, and each look is as soon as may be after the last: only the network spares them.
  const vars = { obm_stale_after: 1, obm_refresh_interval: 1, obm_network_rate: perSecond };
  t.match(await ask('PUT', '/vars', vars), { status: 200 });
  await pause(2_000);
  const packets = (): number => proxies.reduce((all, proxy) => all + proxy.packets, 0);
  const before = packets();
  const began = performance.now();
  let [calls, refused, slowest] = [0, 0, 0];
  const one = async (): Promise<void> => {
    const fqdn = hosts[calls % hosts.length]!;
    const what = calls % 2 === 0 ? 'identity' : 'power';
    calls += 1;
    const asked = performance.now();
    const { status } = await ask('GET', `/hosts/${fqdn}/obm/${what}`);
    slowest = Math.max(slowest, performance.now() - asked);
    if (status !== 200) refused += 1;
  };
  while (calls < seconds * callsPerSecond) {
    await Promise.all(Array.from({ length: callsPerSecond / 20 }, one));
    const rest = began + (calls * 1_000) / callsPerSecond - performance.now();
    // Also where this machine is too slow: what the calls set off has its turn.
    await pause(Math.max(1, rest));
  }
  const took = (performance.now() - began) / 1_000;
  const looks = Math.ceil(perSecond * (took + 1));
  const sent = packets() - before;
  t.comment(
    `${calls} calls in ${took.toFixed(1)} s, the slowest ${Math.round(slowest)} ms: ` +
      `${sent} packets to ${hosts.length} BMCs; ${looks} looks were allowed`,
  );
  t.equal(refused, 0, 'all are answered');
  t.ok(sent > 0, 'they are looked at');
  const allowed = looks * packetsOfLook + hosts.length * sessionsMost * packetsOfSession;
  t.ok(sent <= allowed, `${sent} packets for at most ${looks} looks, which may be ${allowed}`);
  t.ok(sent < calls / 2, 'most calls send nothing');
  for (const fqdn of hosts) {
    const { body } = await until(`${fqdn} is seen`, async () => {
      const told = await ask('GET', `/hosts/${fqdn}/obm/power`);
      return told.body.state === 'off' ? told : null;
    });
    t.match(body, { trouble: null });
  }
};

const hostsIn = async (bench: Bench): Promise<string[]> => {
  const { body } = await bench.station.ask('GET', '/hosts');
  return (body.items as { fqdn: string }[]).map(({ fqdn }) => fqdn).slice(0, bmcsMax);
};
