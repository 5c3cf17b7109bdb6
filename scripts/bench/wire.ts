/**
 * Durable NodeUps over the wire, 64 in flight: over HTTP and over agents' WebSockets, against one
 * etcd member, and against a bare HTTP server, which is as fast as Node can be.
 */

import { Etcd3 } from 'etcd3';
import { Pool } from 'undici';
import { median, report } from './report.ts';
import { Reporter } from './reporter.ts';
import { startBareHttp, startEtcd, startStation } from './server.ts';
import type { StationProcess } from './server.ts';
import { factsOf, fqdn, withDirectory } from './station.ts';

const inFlight = 64;
const seconds = 4;
const rounds = 3;
/** Each has several reports under way, as an agent with many processes does; etcd's client has all on one connection. */
const agents = 8;

/** How often `request(i, worker)` completes in a second with 64 workers that each have one under way. */
const rate = async (request: (i: number, worker: number) => Promise<unknown>): Promise<number> => {
  let [issued, finished] = [0, 0];
  const started = performance.now();
  const until = started + seconds * 1000;
  const work = async (worker: number): Promise<void> => {
    while (performance.now() < until) {
      await request(issued++, worker);
      finished += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker)));
  return (finished * 1000) / (performance.now() - started);
};

let reported = 0;

/** By undici's lowest interface: the client must not be what is measured. */
const put = (
  pool: Pool,
  { path, headers, body }: { path: string; headers: Record<string, string>; body: string },
): Promise<void> =>
  new Promise((resolve, reject) => {
    let [status, answer] = [0, ''];
    pool.dispatch(
      { method: 'PUT', path, headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: (_controller, data) => {
          answer += data.toString('latin1');
        },
        onResponseEnd: () => {
          if (status === 200 && answer.includes('"changed":true')) resolve();
          else reject(new Error(answer));
        },
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });

/** What says its type in another way goes the framework's way, past which plain reports go. */
const [plain, unusual] = ['application/json', 'application/json; charset=utf-8'];

const overHttp = async (
  { url, token }: Pick<StationProcess, 'url' | 'token'>,
  type = plain,
): Promise<number> => {
  const pool = new Pool(url, { connections: inFlight, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': type };
  const perSecond = await rate((i) => {
    const host = i % 1000;
    const body = JSON.stringify(factsOf(host, (reported += 1)));
    return put(pool, { path: `/api/v1/hosts/${fqdn(host)}/facts`, headers, body });
  });
  await pool.close();
  return perSecond;
};

const overWebSockets = async (station: StationProcess): Promise<number> => {
  const reporters = await Promise.all(
    Array.from({ length: agents }, (_, i) => Reporter.connect(station, 10_000 + i)),
  );
  const perSecond = await rate((_, worker) => reporters[worker % agents]!.report());
  for (const reporter of reporters) reporter.close();
  return perSecond;
};

const intoEtcd = async (url: string): Promise<number> => {
  const client = new Etcd3({ hosts: url });
  const value = JSON.stringify(factsOf(1, 1));
  const perSecond = await rate((i) =>
    client
      .put(`hosts/${fqdn(i)}`)
      .value(value)
      .exec(),
  );
  client.close();
  return perSecond;
};

await withDirectory(async (directory) => {
  const station = await startStation(directory);
  const etcd = await startEtcd(directory);
  const bare = await startBareHttp();
  const measures = {
    http: () => overHttp(station),
    framework: () => overHttp(station, unusual),
    bare: () => overHttp({ url: bare.url, token: station.token }),
    etcd: () => intoEtcd(etcd.url),
    webSocket: () => overWebSockets(station),
  };
  const figures = { http: [], framework: [], bare: [], etcd: [], webSocket: [] } as Record<
    keyof typeof measures,
    number[]
  >;
  // Servers are measured as they are after a while: the first round is for warming up.
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, measure] of Object.entries(measures)) {
      const perSecond = await measure();
      if (round > 0) figures[name as keyof typeof measures].push(perSecond);
    }
  bare.stop();
  await Promise.all([station.stop(), etcd.stop()]);
  const limit = { name: 'etcd, one member, puts of the same size', value: median(figures.etcd) };
  const bareHttp = { name: 'bare node:http that keeps nothing', value: median(figures.bare) };
  report('over the wire, 64 in flight', [
    {
      name: 'NodeUp over HTTP',
      value: median(figures.http),
      unit: '/s',
      limit,
      target: { atLeast: 3 },
    },
    {
      name: 'NodeUp over HTTP',
      value: median(figures.http),
      unit: '/s',
      limit: bareHttp,
      target: { atLeast: 0.6 },
    },
    {
      name: "NodeUp over HTTP, the framework's way",
      value: median(figures.framework),
      unit: '/s',
      limit: bareHttp,
    },
    {
      name: "NodeUp over agents' WebSockets",
      value: median(figures.webSocket),
      unit: '/s',
      limit,
      target: { atLeast: 5 },
    },
  ]);
});
