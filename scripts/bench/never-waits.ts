/**
 * What each call of Ironic's costs here, with hardware that is well and with much of it hanging: two stations, each with
 * an OBM daemon of its own, are asked in turns. docs/ironic.md has the calls. Both look at their machines by ssh
 * meanwhile: a fifth of them is a real sshd where all is well, and a black hole where it is not; the others refuse.
 *
 *     scripts/node scripts/bench/never-waits.ts [OBMS [ROUNDS]]
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { startSshd } from '../../test/checks/ssh/sshd.ts';
import { startBlackHole } from './black-hole.ts';
import { startHalcyon } from './halcyon.ts';
import type { Running } from './halcyon.ts';
import { median, quantile, report } from './report.ts';
import { withDirectory } from './station.ts';

const [, , obms = '1000', asked = '5'] = process.argv;
const [count, rounds] = [Number(obms), Number(asked)];
const hanging = Math.floor(count / 2);
/** Machines that are looked at by ssh: they are among those whose OBMs hang. */
const bySsh = Math.floor(count / 5);
/** How often they are looked at, s: no more often than a black hole is waited for. */
const lookSeconds = 10;
/** So long is waited for each machine to have been looked at, s. */
const looksMax = 180;
/** Of each station in each round, ms. */
const roundMs = 2_000;
const inFlight = 8;
/** What OBMs that answer take for it, ms; those that hang take as long as may be said. */
const latency = { answers: 5, hangs: 600_000 } as const;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Ironic's name, and what is asked here. */
interface Call {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly body?: object;
}

const calls: readonly Call[] = [
  { name: 'validate', method: 'GET', path: 'obm/identity' },
  { name: 'power status', method: 'GET', path: 'obm/power' },
  { name: 'console information', method: 'GET', path: 'obm/console/info' },
  { name: 'refresh', method: 'POST', path: 'obm/refresh', body: {} },
  { name: 'set power', method: 'POST', path: 'obm/power', body: { action: 'on' } },
  { name: 'maintenance on', method: 'PUT', path: 'maintenance', body: { reason: 'bench' } },
  { name: 'maintenance off', method: 'DELETE', path: 'maintenance' },
  { name: 'show', method: 'GET', path: 'obm' },
];

const hostOf = (i: number): string => `n${i}.bench.example`;

/** A port where nobody listens. */
const refusingPort = 1;

/** How machines are reached by ssh, as a file of settings for checks. */
const checksFile = (
  directory: string,
  name: string,
  port: number,
  login: { readonly user: string; readonly keys: readonly string[] },
): string => {
  const reached = {
    ...{ address: '127.0.0.1', port: refusingPort, ...login },
    ...{ host_keys: 'learn', known_hosts: [join(directory, `${name}-known`)] },
    groups: [{ machines: `n[0-${bySsh - 1}].bench.example`, port }],
  };
  // JSON is YAML.
  writeFileSync(join(directory, `${name}-ssh.yaml`), JSON.stringify(reached));
  const file = join(directory, `${name}-checks.yaml`);
  const periods = { ssh: lookSeconds, uptime: lookSeconds };
  const checks = { checks: ['ssh', 'uptime'], ssh: `${name}-ssh.yaml`, periods };
  writeFileSync(file, JSON.stringify(checks));
  return file;
};

class Cluster {
  readonly #running: readonly Running[];
  readonly #pool: Pool;
  readonly #token: string;
  readonly taken = new Map<string, number[]>(calls.map(({ name }) => [name, []]));
  #turn = 0;

  private constructor(station: Running, obmd: Running) {
    this.#running = [station, obmd];
    this.#pool = new Pool(station.url, { connections: 2 * inFlight });
    this.#token = station.admin;
  }

  /**
   * @param hangs how many of its OBMs hang
   * @param checks file that says how its machines are looked at
   */
  static async start(directory: string, hangs: number, checks: string): Promise<Cluster> {
    const obmd = await startHalcyon('obmd', join(directory, 'obmd'), ['--no-console-log']);
    const station = await startHalcyon('station', join(directory, 'station'), ['--checks', checks]);
    const cluster = new Cluster(station, obmd);
    const vars = { obm_actor_rate: 99_999, obm_power_interval: 10 };
    await cluster.#ask('PUT', '/vars', vars);
    const one = async (i: number): Promise<void> => {
      const fqdn = hostOf(i);
      const info = { latency_ms: i < hangs ? latency.hangs : latency.answers, boot_ms: 0 };
      await cluster.#ask('POST', '/hosts', { fqdn });
      const as = { obmd: obmd.url, admin_token: obmd.admin, type: 'dummy', info };
      await cluster.#ask('PUT', `/hosts/${fqdn}/obm`, as);
      await cluster.#ask('POST', `/hosts/${fqdn}/obm/enable`);
    };
    for (let i = 0; i < count; i += inFlight)
      await Promise.all(
        Array.from({ length: Math.min(inFlight, count - i) }, (_, k) => one(i + k)),
      );
    return cluster;
  }

  async #ask(method: Method, path: string, body?: object): Promise<number> {
    const answer = await this.#pool.request({
      ...{ method, path: `/api/v1${path}` },
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    });
    await answer.body.dump();
    // As many orders of one machine wait as may: that is told at once, too.
    if (answer.statusCode >= 400 && answer.statusCode !== 429)
      throw new Error(`${method} ${path}: ${answer.statusCode}`);
    return answer.statusCode;
  }

  /** All machines in turn, those that hang and those that do not. */
  async measure(): Promise<void> {
    const until = performance.now() + roundMs;
    const work = async (): Promise<void> => {
      while (performance.now() < until) {
        const call = calls[this.#turn % calls.length]!;
        const fqdn = hostOf(Math.floor(this.#turn / calls.length) % count);
        this.#turn += 1;
        const began = performance.now();
        await this.#ask(call.method, `/hosts/${fqdn}/${call.path}`, call.body);
        this.taken.get(call.name)!.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }

  /** Waits until each machine by ssh was looked at: all answer, or none does. */
  async looked(found: 'up' | 'timeout'): Promise<void> {
    const path = `/api/v1/fleet?nodes=n[0-${bySsh - 1}].bench.example&filter=ssh:${found}`;
    const headers = { authorization: `Bearer ${this.#token}` };
    for (let tries = 0; tries < looksMax; tries += 1) {
      const { body } = await this.#pool.request({ method: 'GET', path, headers });
      const { nodes = [] } = (await body.json()) as { nodes?: unknown[] };
      if (nodes.length === bySsh) return;
      await pause(1_000);
    }
    throw new Error(`not all of ${bySsh} machines are found ${found} by ssh`);
  }

  async stop(): Promise<void> {
    await this.#pool.close();
    for (const { stop } of this.#running) await stop();
  }
}

const ends: (() => unknown)[] = [];
await withDirectory(async (directory) => {
  const sshd = await startSshd(
    { teardown: (end: () => unknown) => void ends.unshift(end) },
    { config: ['MaxStartups 2000', 'LogLevel ERROR'] },
  );
  const hole = await startBlackHole();
  ends.unshift(hole.stop);
  const checks = (name: string, port: number): string =>
    checksFile(directory, name, port, { user: 'plain', keys: [sshd.key] });
  const healthy = await Cluster.start(join(directory, 'healthy'), 0, checks('healthy', sshd.port));
  const troubled = await Cluster.start(
    join(directory, 'troubled'),
    hanging,
    checks('troubled', hole.port),
  );
  await healthy.looked('up');
  await troubled.looked('timeout');
  // The first round is for warming up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const cluster of [healthy, troubled]) await cluster.measure();
    if (round > 0) continue;
    for (const { taken } of [healthy, troubled])
      for (const times of taken.values()) times.length = 0;
  }
  const all = ({ taken }: Cluster): number[] => [...taken.values()].flat();
  const figures = [
    ...calls.flatMap(({ name }) => {
      const [well, ill] = [healthy.taken.get(name)!, troubled.taken.get(name)!];
      return [
        {
          name: `${name}, p50`,
          value: median(ill),
          unit: 'ms',
          limit: { name: 'all healthy, ms', value: median(well) },
        },
        {
          name: `${name}, p99`,
          value: quantile(ill, 0.99),
          unit: 'ms',
          limit: { name: 'all healthy, ms', value: quantile(well, 0.99) },
        },
      ];
    }),
    {
      name: 'all calls, p99',
      value: quantile(all(troubled), 0.99),
      unit: 'ms',
      limit: { name: 'all healthy, ms', value: quantile(all(healthy), 0.99) },
      target: { atMost: 1.1 },
    },
  ];
  report(`${hanging} of ${count} BMCs hang, and ${bySsh} machines are black holes to ssh`, figures);
  await Promise.all([healthy.stop(), troubled.stop()]);
});
for (const end of ends) await end();
