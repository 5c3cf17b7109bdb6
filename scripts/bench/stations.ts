/**
 * Several stations on three PostgreSQL servers, all on this machine: what a command costs beside the embedded log, how far
 * a station that follows is behind, how long a takeover takes, and how many reads more stations answer.
 *
 *     scripts/node scripts/bench/stations.ts [--rounds 20] [--seconds 5]
 */

import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Test } from 'tap';
import { Pool } from 'undici';
import { createClient } from '../../src/client/client.ts';
import { Stations, emptyHosts } from '../../test/cluster/stations.ts';
import { quantile, report, table } from './report.ts';
import type { Figure } from './report.ts';
import { startStation } from './server.ts';
import { withDirectory } from './station.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

/** Clients that ask for commits at once, at most: with these a leader has as many as it can take. */
const crowds = [1, 8, 64];
const samples = 200;

/** Something small that is one commit, and another one each time. */
let count = 0;
const note = {
  path: `/api/v1/hosts/${emptyHosts[0]!}/notes`,
  body: () => ({ text: `${count++}` }),
};

interface Asked {
  readonly url: string;
  readonly token: string;
}

const headersOf = ({ token }: Asked): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
});

const call = async (pool: Pool, to: Asked, method: 'GET' | 'POST', path: string, body?: object) => {
  const reply = await pool.request({
    method,
    path,
    headers: headersOf(to),
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await reply.body.text();
  if (reply.statusCode >= 300) throw new Error(`${reply.statusCode}: ${text}`);
  return reply.headers;
};

/** The revision that an answer speaks of. */
const revisionIn = (headers: Record<string, string | string[] | undefined>): number =>
  Number(headers['halcyon-revision']);

const commandTimes = async (to: Asked): Promise<number[]> => {
  const pool = new Pool(to.url, { connections: 1 });
  const times: number[] = [];
  for (let i = 0; i < samples + 20; i++) {
    const began = performance.now();
    await call(pool, to, 'POST', note.path, note.body());
    if (i >= 20) times.push(performance.now() - began);
  }
  await pool.close();
  return times;
};

/** From the answer of the leader until another station has the commit: `at_least` waits for it there. */
const followerLag = async (
  leader: Asked,
  follower: Asked,
  crowd: number,
): Promise<{ lags: number[]; rate: number }> => {
  const busy = new Pool(leader.url, { connections: crowd });
  const probe = new Pool(leader.url, { connections: 1 });
  const reads = new Pool(follower.url, { connections: 1 });
  let isOver = false;
  let commits = 0;
  const workers = Array.from({ length: crowd - 1 }, async () => {
    for (; !isOver; commits++) await call(busy, leader, 'POST', note.path, note.body());
  });
  const lags: number[] = [];
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    const revision = revisionIn(await call(probe, leader, 'POST', note.path, note.body()));
    commits += 1;
    const answered = performance.now();
    await call(reads, follower, 'GET', `/api/v1/stations?at_least=${revision}`);
    const seen = performance.now();
    await call(reads, follower, 'GET', '/api/v1/stations');
    // What the read itself takes is none of the lag.
    lags.push(Math.max(0, seen - answered - (performance.now() - seen)));
  }
  const rate = commits / ((performance.now() - began) / 1000);
  isOver = true;
  await Promise.all(workers);
  await Promise.all([busy, probe, reads].map((pool) => pool.close()));
  return { lags, rate };
};

/** From the end of the leader until another station has acknowledged a command, ms. */
const takeover = async (stations: Stations, how: 'SIGKILL' | 'SIGSTOP'): Promise<number> => {
  const leader = await stations.leads();
  const others = [...stations.members.values()].filter(({ name }) => name !== leader);
  const client = createClient({
    station: others.map(({ url }) => url),
    token: stations.token,
    timeoutMs: 2_000,
    busyMs: 0,
  });
  const began = performance.now();
  const ended = how === 'SIGKILL' ? stations.kill(leader) : stations.freeze(leader);
  for (;;)
    try {
      await client.addNote(emptyHosts[1]!, { text: `${count++}` });
      break;
    } catch {
      await pause(50);
    }
  const taken = performance.now() - began;
  await ended;
  if (how === 'SIGKILL') await stations.start(leader);
  else stations.thaw(leader);
  // It has to follow before another one may be missed.
  for (;;) {
    const standing = await stations.standing(leader).catch(() => undefined);
    if (standing && !standing.leads) return taken;
    await pause(100);
  }
};

const readsOf = async (asked: readonly Asked[]): Promise<number> => {
  const connections = 48 / asked.length;
  const pools = asked.map((to) => new Pool(to.url, { connections }));
  let answered = 0;
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    pools.flatMap((pool, i) =>
      Array.from({ length: connections }, async () => {
        for (; performance.now() < end; answered++)
          await call(pool, asked[i]!, 'GET', `/api/v1/hosts/${emptyHosts[0]!}`);
      }),
    ),
  );
  await Promise.all(pools.map((pool) => pool.close()));
  return answered / seconds;
};

const median = (times: readonly number[]): number => quantile(times, 0.5);
const ends: (() => unknown)[] = [];
const t = { teardown: (end: () => unknown) => void ends.unshift(end) } as unknown as Test;
const figures: Figure[] = [];
const figure = (name: string, value: number, unit: string, more: Partial<Figure> = {}): void => {
  figures.push({ name, value, unit, ...more });
};

try {
  const embedded = await withDirectory(async (directory) => {
    const station = await startStation(directory);
    const to = { url: station.url, token: station.token };
    const client = createClient({ station: to.url, token: to.token });
    const facts = JSON.stringify({ cluster: 'bench', hosts: [{ fqdn: emptyHosts[0], roles: [] }] });
    await client.load({ facts: { name: 'facts.yaml', text: facts }, roles: [] });
    const times = await commandTimes(to);
    await station.stop();
    return times;
  });
  const stations = await Stations.open(t);
  const asked = (name: string): Asked => ({
    url: stations.member(name).url,
    token: stations.token,
  });
  const leader = await stations.leads();
  const follower = [...stations.members.keys()].find((name) => name !== leader)!;
  const limit = { name: 'embedded', value: median(embedded) };
  figure('command to reply, embedded, p50', median(embedded), 'ms');
  figure('command to reply, at the leader, p50', median(await commandTimes(asked(leader))), 'ms', {
    limit,
  });
  figure('command to reply, passed on, p50', median(await commandTimes(asked(follower))), 'ms', {
    limit,
  });

  for (const crowd of crowds) {
    const { lags, rate } = await followerLag(asked(leader), asked(follower), crowd);
    figure(`lag of a follower, ${crowd} clients, p50`, median(lags), 'ms');
    figure(`lag of a follower, ${crowd} clients, p99`, quantile(lags, 0.99), 'ms');
    figure(`commits of ${crowd} clients`, rate, '/s');
  }

  const names = [...stations.members.keys()];
  for (let many = 1; many <= names.length; many++)
    figure(
      `reads of ${many} station${many > 1 ? 's' : ''}`,
      await readsOf(names.slice(0, many).map(asked)),
      '/s',
    );

  const rows = [['takeover', 'p50', 'max', 'of']];
  for (const how of ['SIGKILL', 'SIGSTOP'] as const) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await takeover(stations, how));
    const name = how === 'SIGKILL' ? 'killed' : 'stopped';
    figure(`takeover after the leader is ${name}, p50`, median(times) / 1000, 's');
    figure(`takeover after the leader is ${name}, max`, Math.max(...times) / 1000, 's');
    rows.push([
      name,
      (median(times) / 1000).toFixed(1),
      (Math.max(...times) / 1000).toFixed(1),
      `${rounds}`,
    ]);
  }
  console.log(table(rows));
  report('stations', figures);
} finally {
  for (const end of ends) await end();
}
