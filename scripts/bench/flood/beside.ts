/** A flood beside an operator who only wants to work. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StationProcess } from '../server.ts';
import { fqdn } from '../station.ts';
import type { Cluster } from './cluster.ts';
import type { Flood } from './flood.ts';

/** What it was like for everybody else. */
export interface Beside {
  /** Ms that each answer of `/healthz` took. */
  readonly health: readonly number[];
  /** Ms that each of the operator's commands took until it was durable. */
  readonly commands: readonly number[];
  /** What went wrong for the operator; nothing should. */
  readonly failures: readonly string[];
  /** Most memory that the station had, bytes. */
  readonly rssMax: number;
  /** How often the flood asked. */
  readonly asked: number;
}

/** Between two questions of the operator, ms. */
const healthMs = 20;
const commandMs = 50;
/** An operator who waits longer has lost patience. */
const patienceMs = 30_000;

const rssOf = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);

type Station = Pick<StationProcess, 'url' | 'pid'>;

/** A process that floods, one flood after the other; whoever starts it ends it. */
export const startAttacker = (): ChildProcess => fork(join(import.meta.dirname, 'attacker.ts'));

/** Begins a flood in a process beside this one, which takes its time to start on a busy machine. */
const begin = async (
  flood: Flood,
  { url }: Station,
  cluster: Cluster,
  given?: ChildProcess,
): Promise<() => Promise<number>> => {
  const child = given ?? startAttacker();
  const begun = once(child, 'message');
  child.send({ name: flood.name, target: { ...cluster, url } });
  await begun;
  return async () => {
    const told = once(child, 'message');
    child.send('end');
    const [asked] = (await told) as [number];
    if (!given) child.disconnect();
    return asked;
  };
};

/**
 * Runs a flood for some seconds; null: measures how it is in quiet.
 *
 * @param attacker that floods, if not one of its own
 */
export const besideOperator = async (
  flood: Flood | null,
  station: Station,
  cluster: Cluster,
  seconds: number,
  attacker?: ChildProcess,
): Promise<Beside> => {
  const end = flood
    ? await begin(flood, station, cluster, attacker)
    : async (): Promise<number> => 0;
  const until = performance.now() + seconds * 1000;
  const failures: string[] = [];
  const timed = async (path: string, init: RequestInit): Promise<number> => {
    const began = performance.now();
    try {
      const signal = AbortSignal.timeout(patienceMs);
      const answer = await fetch(station.url + path, { ...init, signal });
      const text = await answer.text();
      if (!answer.ok) failures.push(`${path}: ${answer.status} ${text.slice(0, 200)}`);
    } catch (error) {
      failures.push(`${path}: ${String((error as Error).cause ?? error)}`);
    }
    return performance.now() - began;
  };
  const every = async (ms: number, ask: (i: number) => Promise<number>): Promise<number[]> => {
    const took: number[] = [];
    while (performance.now() < until) {
      took.push(await ask(took.length));
      await pause(ms);
    }
    return took;
  };
  let rssMax = 0;
  const watch = setInterval(() => (rssMax = Math.max(rssMax, rssOf(station.pid))), 20);
  const headers = {
    authorization: `Bearer ${cluster.tokens.operator}`,
    'content-type': 'application/json',
  };
  const [health, commands] = await Promise.all([
    every(healthMs, () => timed('/healthz', {})),
    every(commandMs, (i) =>
      timed('/api/v1/processes', {
        method: 'POST',
        headers,
        body: JSON.stringify({
          host: fqdn(2 + (i % 3)),
          role: 'app',
          overrides: { multiplicity: 1 },
        }),
      }),
    ),
  ]);
  const asked = await end();
  clearInterval(watch);
  return { health, commands, failures, rssMax, asked };
};
