/**
 * Durable commits a second through the log on PostgreSQL, alone and with a synchronous standby, against
 * a bare loop of `pg` that writes the same rows in groups of the same size, and against etcd with three
 * members and 64 puts under way. All on one machine, in one run.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import pg from 'pg';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { commitAt } from '../../test/log/contract.ts';
import { init, open } from '../../test/postgres/ready.ts';
import { startServer, startThree } from '../../test/postgres/servers.ts';
import { freePort } from '../../test/station/sshd.ts';
import { median, quantile, report } from './report.ts';
import type { Figure } from './report.ts';

const submitters = 256;
const commits = 30_000;
const singles = 500;
const etcdInFlight = 64;
const etcdPuts = 4000;
const rounds = 3;

/** What is done at the end of the run, last first: the servers are those of the tests. */
const endings: (() => unknown)[] = [];
const run = { teardown: (end: () => unknown) => void endings.push(end) } as unknown as Test;

/** Every submitter waits for its commit before the next. Gives commits a second, and their group. */
const throughDriver = async (url: string): Promise<{ rate: number; group: number }> => {
  const log = await open(url);
  let head = log.head() as number;
  const last = head + commits;
  const before = log.groups;
  const submitter = async (): Promise<void> => {
    while (head < last) {
      head += 1;
      await log.append(commitAt(head), revision(head - 1));
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: submitters }, submitter));
  const seconds = (performance.now() - started) / 1000;
  const group = Math.round(commits / (log.groups - before));
  await log.close();
  return { rate: commits / seconds, group };
};

/** One commit after the other. */
const oneByOne = async (url: string): Promise<number[]> => {
  const log = await open(url);
  const times: number[] = [];
  for (let i = 0; i < singles; i += 1) {
    const head = log.head();
    const started = performance.now();
    await log.append(commitAt(head + 1), head);
    times.push(performance.now() - started);
  }
  await log.close();
  return times;
};

/** The same rows in groups of one size, in a table of its own, with nothing around them. */
const bareLoop = async (port: number, group: number): Promise<number> => {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'halcyon' });
  await client.connect();
  await client.query('drop table if exists bare');
  await client.query(
    'create table bare (revision bigint primary key, at bigint, crc bigint, body bytea)',
  );
  const text =
    'insert into bare select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[])';
  const started = performance.now();
  for (let from = 0; from < commits; from += group) {
    const revisions = Array.from(
      { length: Math.min(group, commits - from) },
      (_, i) => from + i + 1,
    );
    const bodies = revisions.map((at) => Buffer.from(JSON.stringify(commitAt(at))));
    await client.query({ name: 'bare', text, values: [revisions, revisions, revisions, bodies] });
  }
  const seconds = (performance.now() - started) / 1000;
  await client.end();
  return commits / seconds;
};

/** Starts etcd with three members. */
const startEtcd = async (): Promise<Client> => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-etcd-'));
  const members: ChildProcess[] = [];
  endings.push(async () => {
    for (const member of members) {
      const ended = once(member, 'exit');
      member.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const ports = [];
  for (const name of ['a', 'b', 'c'])
    ports.push({ name, client: await freePort(), peer: await freePort() });
  const cluster = ports.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(',');
  for (const { name, client, peer } of ports) {
    const [clients, peers] = [client, peer].map((port) => `http://127.0.0.1:${port}`);
    const args = [
      ...['--name', name, '--data-dir', join(folder, name), '--log-level', 'error'],
      ...['--listen-client-urls', clients!, '--advertise-client-urls', clients!],
      ...['--listen-peer-urls', peers!, '--initial-advertise-peer-urls', peers!],
      ...['--initial-cluster', cluster],
    ];
    members.push(spawn('etcd', args, { stdio: 'ignore' }));
  }
  const client = new Client(`127.0.0.1:${ports[0]!.client}`, credentials.createInsecure());
  endings.push(() => client.close());
  for (let attempt = 0; ; attempt += 1) {
    try {
      await put(client, 0);
      return client;
    } catch (error) {
      if (attempt > 200) throw error;
      await pause(200);
    }
  }
};

/** A field of a message of protobuf that holds bytes. */
const field = (number: number, bytes: Buffer): Buffer => {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
};

const put = (client: Client, at: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const body = Buffer.from(JSON.stringify(commitAt(at + 1)));
    const message = Buffer.concat([field(1, Buffer.from(`commit/${at}`)), field(2, body)]);
    const same = (bytes: Buffer): Buffer => bytes;
    client.makeUnaryRequest('/etcdserverpb.KV/Put', same, same, message, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

const throughEtcd = async (client: Client): Promise<number> => {
  let issued = 0;
  const putter = async (): Promise<void> => {
    while (issued < etcdPuts) await put(client, (issued += 1));
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: etcdInFlight }, putter));
  return etcdPuts / ((performance.now() - started) / 1000);
};

try {
  const client = await startEtcd();
  const alone = await startServer(run);
  const three = await startThree(run);
  const places = [
    { name: 'PostgreSQL alone', url: alone.url(), port: alone.port },
    { name: 'with a synchronous standby', url: three.url(), port: three.primary.port },
  ];
  for (const { url } of places) await init(url);
  const rates = places.map(() => ({
    driver: [] as number[],
    bare: [] as number[],
    single: [] as number[],
  }));
  const etcd: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    etcd.push(await throughEtcd(client));
    for (const [i, { url, port }] of places.entries()) {
      const { rate, group } = await throughDriver(url);
      rates[i]!.driver.push(rate);
      rates[i]!.bare.push(await bareLoop(port, group));
      rates[i]!.single.push(...(await oneByOne(url)));
    }
  }
  const figures = places.flatMap(({ name }, i): Figure[] => {
    const { driver, bare, single } = rates[i]!;
    const value = median(driver);
    return [
      {
        name: `commits, ${submitters} submitters, ${name}`,
        ...{ value, unit: '/s', target: { atLeast: 0.6 } },
        limit: { name: 'bare loop of pg, groups of the same size', value: median(bare) },
      },
      {
        name: `the same against etcd`,
        ...{ value, unit: '/s', target: { atLeast: 5 } },
        limit: { name: `etcd, three members, ${etcdInFlight} under way`, value: median(etcd) },
      },
      {
        name: `one commit after the other, ${name}, p50`,
        value: quantile(single, 0.5),
        unit: 'ms',
      },
      {
        name: `one commit after the other, ${name}, p99`,
        value: quantile(single, 0.99),
        unit: 'ms',
      },
    ];
  });
  report('log on PostgreSQL', figures);
} finally {
  for (const end of endings.reverse()) await end();
}
