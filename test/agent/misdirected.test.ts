/** An agent whose station follows goes to the one that leads, if it was given that one, and to no other. */

import t from 'tap';
import { pino } from 'pino';
import type { Test } from 'tap';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent.ts';
import { following } from '../../src/agent/backoff.ts';
import { placeIn } from '../../src/agent/named-station.ts';
import { HeardTerms } from '../../src/disk/heard-terms.ts';
import { folderOf } from '../folder.ts';
import { PlayedStation, until } from './played-station.ts';
import type { Part } from './played-station.ts';

const played = async (t: Test, part: Part = {}): Promise<PlayedStation> => {
  const station = await PlayedStation.open(part);
  t.teardown(async () => station.vanish());
  return station;
};

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly station?: string;
  readonly advice?: string;
}

const start = (t: Test, stations: readonly URL[]): { log: Line[] } => {
  const log: Line[] = [];
  const stop = new AbortController();
  const agent = new Agent({
    stations,
    token: () => 'secret',
    ca: undefined,
    fqdn: 'n1.example',
    facts: async () => ({ agent: 'agent-1', memory_mib: 64_000, cpus: 8 }),
    log: pino({ level: 'info' }, { write: (line) => void log.push(JSON.parse(line)) }),
    timing: {
      // A denial would not be over before the test is.
      pauses: { firstMs: 20, maxMs: 3_600_000, deniedMs: 3_600_000 },
      deadlines: { welcomeMs: 5000, answerMs: 5000, pongMs: 1000, closeMs: 300, steadyMs: 0 },
      factsMs: 10,
    },
    random: Math.random,
    supervisor: {
      assign: () => undefined,
      forget: () => undefined,
      readOutput: () => t.fail('nobody asks') as never,
      observations: () => [],
    },
    terms: new HeardTerms(join(folderOf(t), 'terms')),
  });
  const running = agent.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  return { log };
};

t.test('an agent goes to the station that leads, past those between', async (t) => {
  const leader = await played(t);
  const between = await played(t, { status: () => 421 });
  const first = await played(t, { status: () => 421, leader: () => leader.url.href });
  start(t, [first.url, between.url, leader.url]);
  await until('a report', () => leader.messages('node-up').length > 0);
  t.same([first.requests, between.requests], [1, 0]);
});

t.test('an agent shows its token to no station that it was not given', async (t) => {
  const stranger = await played(t);
  const second = await played(t);
  const first = await played(t, { status: () => 421, leader: () => stranger.url.href });
  const { log } = start(t, [first.url, second.url]);
  await until('a report', () => second.messages('node-up').length > 0);
  t.equal(stranger.requests, 0);
  const told = log.filter(({ advice }) => advice?.includes('give it that one too'));
  t.match(told, [{ station: first.url.href, msg: /follows, and http:\S+ leads/ }], 'it says so');
});

t.test('while none leads an agent asks again and again, and says it once of each', async (t) => {
  let isLed = false;
  const stations = await Promise.all(
    [1, 2].map(() => played(t, { status: () => (isLed ? 101 : 421) })),
  );
  const { log } = start(
    t,
    stations.map(({ url }) => url),
  );
  await until('many attempts', () => stations.every(({ requests }) => requests > 10));
  t.equal(log.filter(({ msg }) => /follows/.test(msg)).length, 2);
  isLed = true;
  await until('a report', () => stations.some((one) => one.messages('node-up').length > 0));
});

t.test('pauses stay short while stations answer that they follow', async (t) => {
  const pauses = { firstMs: 500, maxMs: 30_000, deniedMs: 30_000 };
  let attempt = { station: 0, failures: 0 };
  for (let i = 0; i < 100; i += 1) {
    const next = following(attempt, 'misdirected', 3, pauses, () => 0.999);
    t.ok(next.pauseMs <= 4000);
    ({ attempt } = next);
  }
});

t.test('a station is meant by every spelling of its address', async (t) => {
  const stations = ['http://a:7400', 'wss://b/halcyon/', 'https://c'].map((url) => new URL(url));
  t.same(
    [
      'ws://a:7400/',
      'https://b:443/halcyon',
      'https://c/',
      'http://c',
      'https://d',
      'x',
      undefined,
    ].map((named) => placeIn(stations, named)),
    [0, 1, 2, undefined, undefined, undefined, undefined],
  );
});
