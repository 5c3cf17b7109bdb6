/**
 * One real machine from end to end: a kernel of Debian's in QEMU, whose BMC is ipmi_sim and whose serial console is that
 * BMC's, with an sshd and an agent in it. HALCYON_RECORDING names a file that its console is recorded to, as asciicast.
 */

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { simulate } from '../ipmi/simulator.ts';
import type { Simulator } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from '../obm/daemon.ts';
import { openStation, root, temporary, until } from '../station/harness.ts';
import type { Answer } from '../station/harness.ts';
import { makeDisk, makeImages } from './images.ts';
import { Machine } from './machine.ts';

const fqdn = 'm0.example';
const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'machine');
/** For a boot in software emulation on a machine that has much else to do, s. */
const bootSeconds = 600;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** What the BMC is told happens to the machine, in order, until the test ends. */
const wire = (t: Test, bmc: Simulator, machine: Machine): void => {
  const stopping = new AbortController();
  const deeds: Readonly<Record<string, () => Promise<void>>> = {
    'power 1': () => machine.powerOn(),
    'power 0': () => machine.cut(),
    'reset 1': () => machine.reset(),
    'shutdown 1': () => machine.pressButton(),
  };
  const running = (async (): Promise<void> => {
    for (let done = 0; !stopping.signal.aborted; await pause(50)) {
      const told = bmc.executed;
      for (; done < told.length; done += 1) await deeds[told[done]!]?.();
    }
  })();
  t.teardown(async () => {
    stopping.abort();
    await running;
  });
};

/** A key to come in by, and the disk that knows it and the token of the agent. */
const makeKeyAndDisk = (folder: string, token: string): string => {
  const key = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const content = join(folder, 'content');
  mkdirSync(join(content, 'ssh'), { recursive: true });
  writeFileSync(join(content, 'agent.token'), token, { mode: 0o600 });
  writeFileSync(join(content, 'ssh', 'authorized_keys'), readFileSync(`${key}.pub`));
  makeDisk(join(folder, 'disk.img'), 16, content);
  return key;
};

t.test(
  'a real machine is seen to boot, checked, cycled by its BMC, and all of it is told',
  async (t) => {
    const images = makeImages(cache);
    const folder = temporary(t, 'halcyon-real-');
    const opened = await openStation(t);
    await opened.app.listen({ host: '127.0.0.1', port: 0 });
    const { port: stationPort } = opened.app.server.address() as AddressInfo;
    const key = makeKeyAndDisk(folder, await opened.tokenOf('agent', { host: fqdn }));
    const [consolePort, sshPort] = [await freePort(), await freePort()];
    const place = { folder, images, host: fqdn, stationPort, consolePort, sshPort };
    const machine = await Machine.plugIn(place);
    t.teardown(() => machine.unplug());
    mkdirSync(join(folder, 'bmc'));
    const bmc = await simulate(join(folder, 'bmc'), { consolePort });
    t.teardown(() => bmc.kill());
    wire(t, bmc, machine);
    const daemon = await Daemon.start(t, ['--poll', '5']);

    const halctl = async (...args: string[]): Promise<string> => {
      const station = `http://127.0.0.1:${stationPort}`;
      const env = { ...process.env, HALCYON_STATION: station, HALCYON_TOKEN: opened.admin };
      const run = promisify(execFile)(join(root, 'scripts', 'halctl'), args, {
        ...{ env, maxBuffer: 1 << 26, timeout: bootSeconds * 1_000 },
      });
      return (await run).stdout;
    };
    const ssh = async (...command: string[]): Promise<string> => {
      const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes'];
      const args = [
        '-F',
        'none',
        '-i',
        key,
        '-p',
        `${sshPort}`,
        ...options.flatMap((o) => ['-o', o]),
      ];
      const run = promisify(execFile)('ssh', [...args, 'root@127.0.0.1', ...command]);
      return (await run).stdout.trim();
    };
    const sshBoot = (): Promise<string> =>
      until('sshd answers', () => ssh('cat', '/proc/sys/kernel/random/boot_id').catch(() => null));
    const boot = (): string | undefined => opened.station.graph.get('host', fqdn)?.facts?.boot_id;
    const power = (action: string): Promise<string> =>
      halctl('obm', 'power', action, fqdn, '--wait-up', `${bootSeconds}`, '--json');

    t.equal((await opened.ask('POST', '/hosts', { fqdn })).status, 201);
    const registered: Answer = await opened.ask('PUT', `/hosts/${fqdn}/obm`, {
      ...{ obmd: daemon.url, admin_token: daemon.admin, type: 'ipmi' },
      info: ipmiInfo(bmc.port),
    });
    t.equal(registered.status, 201);
    await halctl('obm', 'enable', fqdn);
    t.match(JSON.parse(await halctl('obm', 'validate', fqdn, '--json')), { valid: true });

    t.comment('switched on');
    t.match(JSON.parse(await power('on')), { kind: 'power-on', state: 'succeeded' });
    const first = boot();
    t.match(first, /^[0-9a-f-]{36}$/);
    t.equal(await sshBoot(), first, 'sshd and agent are of the same boot');
    const console = await halctl('obm', 'log', fqdn);
    t.match(console, /Linux version 6\./, 'it was seen to boot on its console');

    t.comment('cycled');
    t.match(JSON.parse(await power('cycle')), { kind: 'power-cycle', state: 'succeeded' });
    const second = boot();
    t.match(second, /^[0-9a-f-]{36}$/);
    t.not(second, first, 'it has started anew');
    t.equal(await sshBoot(), second);
    t.same(bmc.executed, ['power 1', 'power 0', 'power 1'], 'each order was carried out once');
    const boots = (await halctl('obm', 'log', fqdn)).match(/Linux version 6\./g);
    t.equal(boots?.length, 2, 'both boots are in the log of its console');
    t.match(JSON.parse(await halctl('obm', 'power', 'status', fqdn, '--json')), { state: 'on' });

    const { body } = await opened.ask('GET', '/events?limit=10000');
    const told = (body.events as { type: string; data: { fqdn?: string } }[])
      .filter(({ data }) => data.fqdn === fqdn)
      .map(({ type }) => type);
    const story = ['ObmEnabled', 'ObmOrdered', 'ObmOrderBegun', 'NodeUp', 'ObmOrdered', 'NodeUp'];
    let at = -1;
    for (const type of story) {
      at = told.indexOf(type, at + 1);
      t.ok(at >= 0, `then ${type}`);
    }
    t.ok(told.includes('ObmPowerChanged'), 'and what was seen of its power');

    const recording = process.env['HALCYON_RECORDING'];
    if (recording !== undefined) {
      rmSync(recording, { force: true });
      await halctl('obm', 'log', fqdn, '--export', recording);
    }
  },
);
