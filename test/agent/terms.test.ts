/** An agent obeys the station that leads, and none that was deposed, whatever comes late. */

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import type { Test } from 'tap';
import type { WebSocket } from 'ws';
import { Agent } from '../../src/agent/agent.ts';
import type { Assign, StationMessage } from '../../src/agent/protocol.ts';
import { closeCodes } from '../../src/contract/agent-protocol.ts';
import { HeardTerms } from '../../src/disk/heard-terms.ts';
import { folderOf } from '../folder.ts';
import { Executable } from './executable.ts';
import { content, PlayedStation, playedCluster, say, until, welcome } from './played-station.ts';
import type { Part } from './played-station.ts';

const cluster = playedCluster;

const assign = (fid: string): StationMessage & Assign => ({
  type: 'assign',
  full: true,
  processes: [
    {
      ...{ fid, unit: 'm0d', generation: 1, run: true, command: ['/bin/true'], environment: {} },
      ...{ environment_file: '', memory: { as: 0, rss: 0, stack: 0, memlock: 0 }, cores: [] },
      ...{ endpoint: 'e', ready: { kind: 'alive', seconds: 1 }, stop_timeout_ms: 1000 },
    },
  ],
  forget: [],
});

/** A station that leads in a term and, once it has taken a report, says at once what to run. */
const leader = async (
  t: Test,
  term: number | undefined,
  fid: string,
  part: Part = {},
): Promise<PlayedStation> => {
  const station = await PlayedStation.open({
    heartbeatMs: 100,
    answer: (message, socket) => {
      if (message.type === 'hello') say(socket, welcome(100, 4, term));
      else content(message, socket);
      if (message.type === 'node-up') say(socket, assign(fid));
    },
    ...part,
  });
  t.teardown(async () => station.vanish());
  return station;
};

interface Running {
  readonly assigned: string[];
  readonly log: { readonly msg: string; readonly level: number }[];
  readonly stop: () => Promise<void>;
}

const start = (t: Test, stations: readonly PlayedStation[], terms: HeardTerms): Running => {
  const assigned: string[] = [];
  const log: { msg: string; level: number }[] = [];
  const stop = new AbortController();
  const agent = new Agent({
    stations: stations.map(({ url }) => url),
    token: () => 'secret',
    ca: undefined,
    fqdn: 'n1.example',
    facts: async () => ({ agent: 'agent-1', memory_mib: 64_000, cpus: 8 }),
    log: pino({ level: 'debug' }, { write: (line) => void log.push(JSON.parse(line)) }),
    timing: {
      // Long enough that a test would not end that waited for it.
      pauses: { firstMs: 20, maxMs: 80, deniedMs: 3_600_000 },
      deadlines: { welcomeMs: 5000, answerMs: 5000, pongMs: 1000, closeMs: 300, steadyMs: 0 },
      factsMs: 10,
    },
    random: Math.random,
    supervisor: {
      assign: (processes) => assigned.push(...processes.map(({ fid }) => fid)),
      forget: () => undefined,
      readOutput: () => t.fail('nobody asks') as never,
      observations: () => [],
    },
    terms,
  });
  const running = agent.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  t.teardown(end);
  return { assigned, log, stop: end };
};

const wasRefused = ({ closes }: PlayedStation): boolean =>
  closes.some(({ code }) => code === closeCodes.staleTerm);

const heardIn = (t: Test): { path: string; terms: () => HeardTerms } => {
  const path = join(folderOf(t), 'terms');
  return { path, terms: () => new HeardTerms(path) };
};

t.test('the highest term that was heard of is kept, for oneself alone', async (t) => {
  const { path, terms } = heardIn(t);
  const heard = terms();
  t.equal(heard.highest, 0);
  heard.hear({ cluster, term: 3 });
  t.equal(statSync(path).mode & 0o777, 0o600);
  heard.hear({ cluster, term: 2 });
  heard.hear({ cluster: '00000001', term: 1 });
  const again = terms();
  t.equal(again.laterThan({ cluster, term: 2 }), 3);
  t.equal(again.laterThan({ cluster, term: 3 }), undefined);
  t.equal(again.laterThan({ cluster: '00000001', term: 1 }), undefined, 'each cluster counts');
  t.equal(again.highest, 3);
});

t.test('terms that cannot be read are unknown, and not none', async (t) => {
  const { path, terms } = heardIn(t);
  for (const text of ['', '7', '[]', 'null', `{"${cluster}":0}`, '{"x":1}', `{"${cluster}":"1"}`]) {
    writeFileSync(path, text);
    t.throws(
      terms,
      { message: /terms does not hold the terms .* remove the file, and start/ },
      text,
    );
    t.equal(readFileSync(path, 'utf8'), text, 'and they stay');
  }
  rmSync(path);
  mkdirSync(path);
  t.throws(terms, { code: 'EISDIR' });
});

t.test('of more clusters than a file has room for none is forgotten', async (t) => {
  const { terms } = heardIn(t);
  const heard = terms();
  const nth = (n: number): string => n.toString(16).padStart(8, '0');
  for (let n = 0; n < 64; n += 1) heard.hear({ cluster: nth(n), term: 2 });
  t.throws(() => heard.hear({ cluster: nth(64), term: 1 }), /the terms of 64 clusters; remove/);
  heard.hear({ cluster: nth(63), term: 3 });
  t.equal(terms().laterThan({ cluster: nth(0), term: 1 }), 2);
});

t.test('what a deposed station says late has no effect', async (t) => {
  const { terms } = heardIn(t);
  const sockets: WebSocket[] = [];
  let isStopped = false;
  const old = await leader(t, 1, 'old', {
    status: () => (isStopped ? 503 : 101),
    answer: (message, socket) => {
      if (!sockets.includes(socket)) sockets.push(socket);
      if (message.type === 'hello') say(socket, welcome(100, 4, 1));
      // In one write with the answer, so that it is there before the agent can have refused.
      if (message.type === 'hello' && sockets.length > 1) say(socket, assign('late'));
      if (message.type === 'node-up') say(socket, assign('old'));
      content(message.type === 'hello' ? { type: 'heartbeat' } : message, socket);
    },
  });
  const next = await leader(t, 2, 'next');
  const agent = start(t, [old, next], terms());
  await until('the first to lead', () => agent.assigned.includes('old'));
  // As a process that is stopped: it neither reads nor answers, and its connections stay open.
  sockets[0]!.pause();
  isStopped = true;
  await until('the next to lead', () => agent.assigned.includes('next'));
  say(sockets[0]!, assign('late'));
  sockets[0]!.resume();
  isStopped = false;
  await until('the old connection to be gone', () => old.closes.length > 0);
  t.same(agent.assigned, ['old', 'next']);

  const met = old.requests;
  await next.vanish();
  await until('the old one to be asked again, and refused', () => wasRefused(old));
  t.match(old.closes.at(-1), { reason: 'term 1 is over: term 2 was heard of' });
  await until('it to be refused three times', () => old.requests > met + 2);
  t.notOk(agent.assigned.includes('late'));
  const said = agent.log.filter(({ msg, level }) => /term 1 is over/.test(msg) && level >= 40);
  t.equal(said.length, 1, 'which is said once');

  const again = await leader(t, 3, 'again', { port: next.port });
  await until('the one that leads to be found', () => agent.assigned.includes('again'));
  t.equal(terms().highest, 3);
  t.equal(again.closes.length, 0);
});

t.test('it remembers the term when it starts again', async (t) => {
  const { terms } = heardIn(t);
  const next = await leader(t, 2, 'next');
  const first = start(t, [next], terms());
  await until('the next to lead', () => first.assigned.length > 0);
  await first.stop();
  const old = await leader(t, 1, 'old');
  const unknowing = await leader(t, undefined, 'unknowing');
  const second = start(t, [old, unknowing, next], terms());
  await until('the one that leads to be found', () => second.assigned.length > 0);
  t.same(second.assigned, ['next']);
  t.ok(wasRefused(old));
  t.ok(wasRefused(unknowing), 'a station that says no term is of a time before');
});

t.test('as long as no station has followed another, one that says no term may lead', async (t) => {
  const { terms } = heardIn(t);
  terms().hear({ cluster, term: 1 });
  const station = await leader(t, undefined, 'unknowing');
  const agent = start(t, [station], terms());
  await until('it to be obeyed', () => agent.assigned.includes('unknowing'));
});

t.test('another cluster has terms of its own', async (t) => {
  const { terms } = heardIn(t);
  terms().hear({ cluster: 'ffffffff', term: 9 });
  const station = await leader(t, 1, 'other');
  const agent = start(t, [station], terms());
  await until('it to be obeyed', () => agent.assigned.includes('other'));
});

t.test('who speaks before the welcome is not listened to', async (t) => {
  const { terms } = heardIn(t);
  const rude = await leader(t, 1, '', {
    answer: (_message, socket) => say(socket, assign('rude')),
  });
  const station = await leader(t, 1, 'polite');
  const agent = start(t, [rude, station], terms());
  await until('the other to be obeyed', () => agent.assigned.length > 0);
  t.same(agent.assigned, ['polite']);
});

t.test('nothing is started in a term that is not on the disk, until it is', async (t) => {
  const folder = folderOf(t, { state: {} });
  const path = join(folder, 'state', 'terms');
  const terms = new HeardTerms(path);
  rmSync(join(folder, 'state'), { recursive: true });
  const station = await leader(t, 2, 'next');
  const agent = start(t, [station], terms);
  await until('a report', () => station.messages('node-up').length > 0);
  await until('heartbeats', () => station.messages('heartbeat').length > 2);
  t.same(agent.assigned, [], 'the host is up, and nothing changes on it');
  t.match(agent.log.find(({ level }) => level >= 50)?.msg, /cannot keep which station leads/);
  mkdirSync(join(folder, 'state'));
  await until('it to be obeyed', () => agent.assigned.includes('next'));
  t.equal(new HeardTerms(path).highest, 2);
});

t.test('halcyon agent obeys no station of a term before, not after kill -9 either', async (t) => {
  const dir = t.testdirName;
  const state = join(dir, 'state');
  const told = (fid: string): string => join(dir, `ran-${fid.slice(-1)}`);
  const runs = (fid: string): StationMessage => {
    const message = assign(fid);
    return {
      ...message,
      processes: [{ ...message.processes[0]!, command: ['/bin/touch', told(fid)] }],
    };
  };
  const orders =
    (term: number, fid: string): NonNullable<Part['answer']> =>
    (message, socket) => {
      if (message.type === 'hello') say(socket, welcome(200, 4, term));
      else content(message, socket);
      if (message.type !== 'heartbeat') say(socket, runs(fid));
    };
  const [first, second] = ['0x7200000000000001:0x1', '0x7200000000000001:0x2'];
  const old = await leader(t, 1, '', { answer: orders(1, first) });
  const next = await leader(t, 2, '', { answer: orders(2, second) });
  const run = (): Executable =>
    new Executable(
      t,
      [
        ...['agent', '--station', `${next.url.href},${old.url.href}`, '--fqdn', 'n1.example'],
        ...['--state-dir', state, '--sysconfig-dir', join(dir, 'sysconfig')],
      ],
      { HALCYON_TOKEN: 'secret' },
    );
  const agent = run();
  folderOf(t, { sysconfig: {} });
  await until('the process of the one that leads', () => existsSync(told(second)));
  await agent.stop('SIGKILL');
  await next.vanish();
  const again = run();
  await until('the old one to be refused', () => wasRefused(old));
  t.notOk(existsSync(told(first)), 'nothing of it runs');
  t.same(JSON.parse(readFileSync(join(state, 'terms'), 'utf8')), { [cluster]: 2 });
  await again.stop();

  writeFileSync(join(state, 'terms'), '{');
  const confused = run();
  t.same(await confused.exit, { code: 1, signal: null });
  t.match(confused.stderr, /terms does not hold the terms of leadership that were heard of/);
});
