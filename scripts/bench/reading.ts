/** What reading costs a station that holds much: pages of every list, and answers that are long. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { createServer } from '../../src/api/server.ts';
import type { Station } from '../../src/station/station.ts';
import { median } from './report.ts';
import type { Figure } from './report.ts';
import { bench, fqdn, nothing } from './station.ts';
import { ownMs, TurnMeter } from './turn-meter.ts';

export interface Question {
  readonly path: string;
  readonly isKept: boolean;
}

export interface Answered {
  readonly ms: number;
  readonly bytes: number;
  readonly text: string;
}

/** One host in so many is down, and on one in so many a process has failed. */
const rarity = 100;
const rounds = 15;
/** After so long a page that is slow is not asked for again, ms. */
const enoughMs = 2000;
/** What a page of 100 may take, ms. */
const pageMs = 5;
/** What a turn of the event loop may take, ms. */
const turnMs = 20;

/** Lists, and with each what they can be filtered by; the rarest is looked for where most has to be passed by. */
const lists = [
  '/processes?',
  '/processes?state=unknown&',
  '/processes?state=failed&',
  '/processes?state=inhibited&',
  '/processes?role=app&',
  '/processes?role=app&state=failed&',
  '/processes?state=starting&',
  `/processes?host=${fqdn(5000)}&`,
  '/hosts?',
  '/hosts?state=down&',
  '/hosts?state=unknown&',
  '/nodes?',
  '/agents?',
  '/tokens?',
];

const pagesOfEvents = ['/events?from=5000&limit=1', '/events?type=ProcessStateChanged&limit=100'];

const long = [
  '/status?problems=true',
  '/status?summary=true',
  '/status',
  '/graph',
  '/hosts?limit=10000',
  '/processes?limit=10000',
];

const some = function* (hosts: number, first: number): Generator<string> {
  for (let i = first; i < hosts; i += rarity) yield fqdn(i);
};

/** Wants all of the cluster: an operation that is about every process. */
const wanted = async (station: Station): Promise<string> => {
  await station.submit({ type: 'WantCluster', state: 'online' }, bench, nothing);
  return `/operations/${station.head}`;
};

const disturb = async (station: Station, hosts: number): Promise<void> => {
  const { graph } = station;
  for (const host of some(hosts, 7))
    await station.submit({ type: 'ReportNodeDown', fqdn: host, reason: 'bench' }, bench, nothing);
  for (const host of some(hosts, 50)) {
    const [process] = graph.many('hosts', graph.one('runs', host)!.fid);
    const state = { type: 'OverrideState', state: 'failed', reason: 'bench' } as const;
    await station.submit({ ...state, fid: process!.fid }, bench, nothing);
  }
};

/** Asks from another thread. */
class Reader {
  readonly #worker: Worker;

  constructor(url: string, token: string) {
    const file = new URL('./reading-thread.ts', import.meta.url);
    this.#worker = new Worker(file, { workerData: { url: `${url}/api/v1`, token } });
  }

  async ask(path: string, isKept = false): Promise<Answered> {
    this.#worker.postMessage({ path, isKept } satisfies Question);
    const [answered] = (await once(this.#worker, 'message')) as [Answered];
    return answered;
  }

  end(): Promise<number> {
    return this.#worker.terminate();
  }
}

/** What a page costs, ms: the median of what its reader waits, and what the station's thread works on average. */
interface Cost {
  readonly wait: number;
  readonly work: number;
}

const costOf = async (reader: Reader, path: string): Promise<Cost> => {
  const waits: number[] = [];
  const [worked, enough] = [ownMs(), performance.now() + enoughMs];
  while (waits.length < rounds && performance.now() < enough)
    waits.push((await reader.ask(path)).ms);
  return { wait: median(waits), work: (ownMs() - worked) / waits.length };
};

/** The first page and the second, the dearest of which counts. */
const costOfPages = async (reader: Reader, path: string): Promise<Cost> => {
  const costs: Cost[] = [];
  for (const limit of [1, 100]) {
    const paths = [`${path}limit=${limit}`];
    const { text } = await reader.ask(paths[0]!, true);
    const { next } = JSON.parse(text) as { next: string | null };
    if (next !== null) paths.push(`${paths[0]!}&cursor=${encodeURIComponent(next)}`);
    for (const each of paths) costs.push(await costOf(reader, each));
  }
  return {
    wait: Math.max(...costs.map(({ wait }) => wait)),
    work: Math.max(...costs.map(({ work }) => work)),
  };
};

/** Judged by the work, which does not depend on who else uses the machine. */
const pageFigures = (path: string, { wait, work }: Cost): Figure[] => [
  { name: `a page of ${path}`, value: wait, unit: 'ms' },
  {
    name: '  its work',
    value: work,
    unit: 'ms',
    limit: { name: 'allowed, ms', value: pageMs },
    target: { atMost: 1 },
  },
];

const longFigures = async (reader: Reader, path: string): Promise<Figure[]> => {
  const meter = new TurnMeter();
  const { ms, bytes } = await reader.ask(path);
  const { own } = meter.end();
  return [
    { name: `all of ${path}, ${Math.round(bytes / 2 ** 20)} MiB`, value: ms, unit: 'ms' },
    {
      name: `  its longest turn of the event loop`,
      value: own,
      unit: 'ms',
      limit: { name: 'allowed, ms', value: turnMs },
      target: { atMost: 1 },
    },
  ];
};

/** Breaks something here and there, then reads. The slowest of the pages of each list counts. */
export const figuresOfReading = async (station: Station, hosts: number): Promise<Figure[]> => {
  await disturb(station, hosts);
  const app = await createServer(station, { logger: pino({ level: 'silent' }) });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const reader = new Reader(`http://127.0.0.1:${port}`, (await station.access.bootstrap()) ?? '');
  const figures: Figure[] = [];
  while (station.index.position < station.head) await station.index.fill();
  await costOf(reader, '/processes?limit=100');
  for (const path of lists)
    figures.push(...pageFigures(path.slice(0, -1), await costOfPages(reader, path)));
  for (const path of pagesOfEvents) figures.push(...pageFigures(path, await costOf(reader, path)));
  const past = `/status?at=${hosts + Math.round(hosts / 10)}`;
  for (const path of [...long, past, await wanted(station)])
    figures.push(...(await longFigures(reader, path)));
  await reader.end();
  await app.close();
  return figures;
};
