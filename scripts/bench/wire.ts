/** Durable NodeUps over the wire, 64 in flight: over HTTP and over agents' WebSockets, against one etcd member. */

import { Etcd3 } from 'etcd3';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { median, report } from './report.ts';
import { startEtcd, startStation } from './server.ts';
import type { StationProcess } from './server.ts';
import { factsOf, fqdn, withDirectory } from './station.ts';

const inFlight = 64;
const seconds = 4;
const rounds = 3;
const agents = 64;

/** How often `request(i)` completes in a second with 64 of them under way. */
const rate = async (request: (i: number) => Promise<unknown>): Promise<number> => {
  let [issued, finished] = [0, 0];
  const started = performance.now();
  const until = started + seconds * 1000;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      await request(issued++);
      finished += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (finished * 1000) / (performance.now() - started);
};

let round = 0;

const overHttp = async ({ url, token }: StationProcess): Promise<number> => {
  const pool = new Pool(url, { connections: inFlight, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const perSecond = await rate(async (i) => {
    const host = i % 1000;
    const { statusCode, body } = await pool.request({
      method: 'PUT',
      path: `/api/v1/hosts/${fqdn(host)}/facts`,
      headers,
      body: JSON.stringify(factsOf(host, (round += 1))),
    });
    const answer = await body.text();
    if (statusCode !== 200 || !answer.includes('"changed":true')) throw new Error(answer);
  });
  await pool.close();
  return perSecond;
};

/** An agent that reports one fact after the other. */
class Reporter {
  readonly #socket: WebSocket;
  readonly #host: number;
  #answered: (error?: Error) => void = () => undefined;

  private constructor(socket: WebSocket, host: number) {
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (data: Buffer) => {
      const { type } = JSON.parse(data.toString()) as { type: string };
      if (type === 'taken' || type === 'welcome') this.#answered();
      else if (type === 'refused') this.#answered(new Error(data.toString()));
    });
  }

  static async connect({ url, token }: StationProcess, host: number): Promise<Reporter> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const reporter = new Reporter(socket, host);
    await reporter.#send({ type: 'hello', protocol: 1, fqdn: fqdn(host) });
    return reporter;
  }

  report(): Promise<void> {
    round += 1;
    return this.#send({
      type: 'node-up',
      id: round,
      fqdn: fqdn(this.#host),
      facts: factsOf(this.#host, round),
    });
  }

  close(): void {
    this.#socket.close();
  }

  #send(message: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = (error) => (error ? reject(error) : resolve());
      this.#socket.send(JSON.stringify(message));
    });
  }
}

const overWebSockets = async (station: StationProcess): Promise<number> => {
  const reporters = await Promise.all(
    Array.from({ length: agents }, (_, i) => Reporter.connect(station, 10_000 + i)),
  );
  const free = [...reporters];
  const perSecond = await rate(async () => {
    const reporter = free.pop()!;
    await reporter.report();
    free.push(reporter);
  });
  for (const reporter of reporters) reporter.close();
  return perSecond;
};

const intoEtcd = async (url: string): Promise<number> => {
  const client = new Etcd3({ hosts: url });
  const value = JSON.stringify(factsOf(1, 1));
  const perSecond = await rate((i) => client.put(`hosts/${fqdn(i)}`).value(value).exec());
  client.close();
  return perSecond;
};

await withDirectory(async (directory) => {
  const station = await startStation(directory);
  const etcd = await startEtcd(directory);
  const figures = { http: [] as number[], webSocket: [] as number[], etcd: [] as number[] };
  for (let i = 0; i < rounds; i += 1) {
    figures.http.push(await overHttp(station));
    figures.etcd.push(await intoEtcd(etcd.url));
    figures.webSocket.push(await overWebSockets(station));
  }
  await Promise.all([station.stop(), etcd.stop()]);
  const limit = { name: 'etcd, one member, puts of the same size', value: median(figures.etcd) };
  report('over the wire, 64 in flight', [
    { name: 'NodeUp over HTTP', value: median(figures.http), unit: '/s', limit, target: { atLeast: 3 } },
    {
      name: "NodeUp over agents' WebSockets",
      value: median(figures.webSocket),
      unit: '/s',
      limit,
      target: { atLeast: 5 },
    },
  ]);
});
