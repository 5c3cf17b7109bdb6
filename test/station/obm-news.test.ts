/** What OBM daemons tell of machines, in the log of the station. Numbers are those of the acceptance cases. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ipmitool, startSimulator } from '../ipmi/simulator.ts';
import { ConsoleViewer } from '../obm/console-viewer.ts';
import { ipmiInfo } from '../obm/daemon.ts';
import { host, until } from './harness.ts';
import { Bench, other } from './obm-bench.ts';

t.test('42: that somebody pressed the button stands in the log, and is not undone', async (t) => {
  const simulator = await startSimulator(t);
  const bench = await Bench.set(t, { poll: 1 });
  await bench.register({ type: 'ipmi', info: ipmiInfo(simulator.port) });
  await bench.turn('enable');
  t.match(await bench.hears('ObmPowerChanged'), [{ data: { state: 'off', cause: 'first' } }]);
  await ipmitool(simulator, 'chassis', 'power', 'on');
  t.match((await bench.hears('ObmPowerChanged', 2))[1], { data: { state: 'on', cause: 'drift' } });
  const { ask } = bench.station;
  t.match((await ask('GET', `/why/${host}`)).text, /ObmPowerChanged/);
  const ordered = await ask('POST', `/hosts/${host}/obm/power`, { action: 'off' });
  await ask('GET', `/operations/${ordered.body.id}`, undefined, {
    headers: { prefer: 'wait=300' },
  });
  t.match((await bench.hears('ObmPowerChanged', 3))[2], { data: { state: 'off', cause: 'order' } });
  const types = (await bench.news()).map(({ type }) => type);
  t.notOk(types.includes('ObmOrderedElsewhere'), 'and it was our own order');
  t.same(simulator.executed, ['power 1', 'power 0']);
  t.match((await ask('GET', `/hosts/${host}/obm`)).body, {
    power: { state: 'off', since: Number },
    trouble: null,
  });
});

t.test(
  '68: who looks, who types and who orders at the daemon itself stand in the log',
  async (t) => {
    const bench = await Bench.set(t, { isLogged: true });
    const { daemon } = bench;
    await bench.register({ label: 'n1', info: { boot_ms: 0 } });
    await bench.turn('enable');
    await bench.follows();
    await daemon.asAdmin('POST', '/v2/obms/n1/power', { action: 'on' });
    const viewer = await ConsoleViewer.attach(daemon, 'n1', bench.held()!);
    viewer.ask({ type: 'request-writer' });
    await viewer.hears('role');
    const made = await daemon.asAdmin('POST', '/v2/obms/n1/console/connections', {
      ...{ mode: 'read-write', for: 'bob' },
    });
    const { token } = JSON.parse(made.text) as { token: string };
    const bob = await ConsoleViewer.attach(daemon, 'n1', token);
    bob.ask({ type: 'take-writer' });
    await bench.hears('ObmWriterTaken');
    await bob.leave();
    await bench.hears('ObmConsoleDetached');
    await daemon.asAdmin('POST', '/v2/obms/n1/power', { action: 'cycle' });
    const [holder, source] = ['holder', '127.0.0.1'];
    await bench.hears('ObmOrderedElsewhere', 2);
    t.match(await bench.news(), [
      { type: 'ObmOrderedElsewhere', data: { action: 'on', by: 'admin' } },
      { type: 'ObmConsoleAttached', data: { principal: holder, source, seen: Number } },
      { type: 'ObmConsoleAttached', data: { principal: 'bob', source } },
      { type: 'ObmWriterTaken', data: { principal: 'bob', source, from: { principal: holder } } },
      { type: 'ObmConsoleDetached', data: { why: 'left' } },
      { type: 'ObmOrderedElsewhere', data: { action: 'cycle', by: 'admin' } },
    ]);
    t.notMatch(JSON.stringify(await bench.news()), /n1:|[0-9a-f]{32}/, 'and no label nor secret');
  },
);

t.test('43: trouble with an OBM is told once, and its end', async (t) => {
  const simulator = await startSimulator(t);
  const bench = await Bench.set(t, { poll: 1 });
  const info = ipmiInfo(simulator.port, { pass: 'not-what-it-is' });
  await bench.register({ type: 'ipmi', info });
  await bench.turn('enable');
  t.match(await bench.hears('ObmUnreachable'), [{ data: { reason: 'credentials-refused' } }]);
  const { ask } = bench.station;
  t.match((await ask('GET', `/hosts/${host}/obm`)).body, {
    power: null,
    trouble: { reason: 'credentials-refused', since: Number },
  });
  t.match((await ask('GET', '/obms')).body.items, [{ host, power: null, trouble: Object }]);
});

t.test('what a daemon knew before it was followed is learnt, of our machines only', async (t) => {
  const bench = await Bench.set(t);
  const { daemon } = bench;
  for (const label of ['n1', 'n2', 'stranger']) {
    const token = await daemon.lend(label, 'dummy', {});
    await daemon.power(label, token);
    await daemon.asAdmin('DELETE', `/node/${label}/token`);
  }
  const there = { type: undefined, info: undefined };
  await bench.register({ ...there, label: 'n1' });
  t.match(await bench.hears('ObmPowerChanged'), [{ data: { state: 'off', cause: 'first' } }]);
  await bench.register({ ...there, label: 'n2' }, other);
  t.match(await bench.hears('ObmPowerChanged', 1, other), [{ data: { state: 'off' } }]);
  t.equal(bench.station.station.graph.count('observation'), 2);
});

t.test(
  'a daemon that was set back is followed anew, and what is not known is unknown',
  async (t) => {
    const bench = await Bench.set(t);
    const { daemon } = bench;
    await bench.register({ info: { boot_ms: 0 } });
    await bench.register({ info: { boot_ms: 0 } }, other);
    const backup = mkdtempSync(join(tmpdir(), 'halcyon-backup-'));
    t.teardown(() => rmSync(backup, { recursive: true, force: true }));
    await bench.follows();
    await daemon.process.stop();
    cpSync(daemon.data, backup, { recursive: true });
    await daemon.run();
    for (const fqdn of [host, other]) {
      await bench.turn('enable', fqdn);
      await daemon.power(fqdn, bench.held(fqdn)!);
      await bench.hears('ObmPowerChanged', 1, fqdn);
    }
    await daemon.process.stop();
    rmSync(daemon.data, { recursive: true });
    cpSync(backup, daemon.data, { recursive: true });
    await daemon.run();
    const { graph } = bench.station.station;
    await until('nothing is known', () => graph.count('observation') === 0);
    await bench.turn('enable');
    await daemon.power(host, bench.held()!);
    t.match((await bench.hears('ObmPowerChanged', 2))[1], { data: { cause: 'first' } });
    const events = await bench.station.ask('GET', '/events?type=ObmdFollowed');
    t.equal(
      events.body.events.filter(({ data }: { data: { anew: boolean } }) => data.anew).length,
      2,
    );
    t.match(bench.station.logged.join(''), /it was set back/);
  },
);
