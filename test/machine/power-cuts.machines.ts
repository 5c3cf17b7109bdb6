/**
 * Real machines that lose their power in the first minute after it came: each time all of them come
 * back by themselves. Prints how long it takes from power to NodeUp.
 *
 * HALCYON_CUTS, HALCYON_MACHINES and HALCYON_SEED change how often, how many and when.
 */

import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { openStation } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';
import { makeDisk, makeImages } from './images.ts';
import { Machine } from './machine.ts';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const cuts = number('HALCYON_CUTS', 20);
const count = number('HALCYON_MACHINES', 3);
const seed = number('HALCYON_SEED', randomInt(2 ** 31));
/** The cut comes within so long after the power, ms. */
const spanMs = 60_000;
/** A machine that is not back by then does not come back by itself. */
const patienceMs = 300_000;

const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'machine');

interface Host {
  readonly fqdn: string;
  readonly machine: Machine;
  /** Puts a new disk into the machine, which has to be off: all that is on it is the agent's token. */
  readonly newDisk: () => void;
}

const say = (text: string): void => void process.stderr.write(`machines: ${text}\n`);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Lehmer's generator: the same seed cuts at the same moments. */
const chance = (() => {
  let state = (seed % 2_147_483_646) + 1;
  return (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
})();

const plugIn = async (t: Test, opened: InProcess, index: number): Promise<Host> => {
  const fqdn = `m${index}.example`;
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-machine-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const token = await opened.tokenOf('agent', { host: fqdn });
  const content = join(folder, 'content');
  mkdirSync(content);
  writeFileSync(join(content, 'agent.token'), token, { mode: 0o600 });
  const newDisk = (): void => makeDisk(join(folder, 'disk.img'), 16, content);
  newDisk();
  const { port: stationPort } = opened.app.server.address() as AddressInfo;
  const machine = await Machine.plugIn({
    folder,
    images: makeImagesOnce(),
    host: fqdn,
    stationPort,
  });
  t.teardown(() => machine.unplug());
  return { fqdn, machine, newDisk };
};

let images: ReturnType<typeof makeImages> | undefined;
const makeImagesOnce = (): ReturnType<typeof makeImages> => (images ??= makeImages(cache));

const cluster = async (t: Test, size: number): Promise<{ opened: InProcess; hosts: Host[] }> => {
  makeImagesOnce();
  const opened = await openStation(t);
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const hosts: Host[] = [];
  for (let index = 0; index < size; index++) hosts.push(await plugIn(t, opened, index));
  return { opened, hosts };
};

const bootOf = ({ station }: InProcess, { fqdn }: Host): string | undefined =>
  station.graph.get('host', fqdn)?.facts?.boot_id;

/** Switches it on and waits until it is up by this boot; says how long that took, ms. */
const comeUp = async (opened: InProcess, host: Host): Promise<number> => {
  const before = bootOf(opened, host);
  const began = performance.now();
  await host.machine.powerOn();
  for (;;) {
    const known = opened.station.graph.get('host', host.fqdn);
    if (known?.state === 'up' && known.facts?.boot_id !== before) return performance.now() - began;
    if (performance.now() - began > patienceMs)
      throw new Error(
        `${host.fqdn} does not come back: ${JSON.stringify(known)}\n${host.machine.consoleTail()}`,
      );
    await wait(10);
  }
};

t.test('machines come back by themselves, whenever their power is cut', async (t) => {
  const { opened, hosts } = await cluster(t, count);
  say(`${count} machines, ${cuts} power cuts, HALCYON_SEED=${seed}`);
  const all: number[] = [];
  for (let cut = 1; cut <= cuts; cut++) {
    // Every other time their agents start for the first time.
    const isFirst = cut % 2 === 1;
    if (isFirst) for (const host of hosts) host.newDisk();
    const momentMs = chance() * spanMs;
    await Promise.all(hosts.map(({ machine }) => machine.powerOn()));
    await wait(momentMs);
    await Promise.all(hosts.map(({ machine }) => machine.cut()));
    const times = await Promise.all(hosts.map((host) => comeUp(opened, host)));
    all.push(...times);
    const disks = isFirst ? 'new disks' : 'their disks';
    say(
      `${cut}: cut after ${seconds(momentMs)}, ${disks}; up after ${times.map(seconds).join(', ')}`,
    );
    await Promise.all(hosts.map(({ machine }) => machine.cut()));
  }
  t.equal(all.length, cuts * count);
  if (all.length === 0) return;
  all.sort((a, b) => a - b);
  say(
    `from power to NodeUp: median ${seconds(all[all.length >> 1]!)}, longest ${seconds(all.at(-1)!)}`,
  );
});

t.test('a machine that is switched off by its button is down at once', async (t) => {
  const { opened, hosts } = await cluster(t, 1);
  await comeUp(opened, hosts[0]!);
  await hosts[0]!.machine.pressButton();
  t.match(opened.station.graph.get('host', hosts[0]!.fqdn), { state: 'down', reason: 'shut down' });
  await comeUp(opened, hosts[0]!);
});
