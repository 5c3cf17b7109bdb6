/** The agent against a real WebSocket server that plays a station. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import type { Test } from 'tap';
import { Agent } from '../../src/agent/agent.ts';
import type { AgentOptions, Timing } from '../../src/agent/agent.ts';
import { agentUrl } from '../../src/agent/connection.ts';
import type { ReportedFacts } from '../../src/agent/protocol.ts';
import { closeCodes } from '../../src/contract/agent-protocol.ts';
import { HeardTerms } from '../../src/disk/heard-terms.ts';
import { folderOf } from '../folder.ts';
import { content, PlayedStation, say, until, welcome } from './played-station.ts';
import type { Part } from './played-station.ts';

const secret = 'a-token-that-nobody-may-see';
/** On a busy machine no deadline may come that a test is not about. */
const patient: Timing['deadlines'] = {
  ...{ welcomeMs: 60_000, answerMs: 60_000, pongMs: 60_000 },
  ...{ closeMs: 10_000, steadyMs: 0 },
};
const soon: Timing = {
  pauses: { firstMs: 20, maxMs: 80, deniedMs: 60 },
  deadlines: patient,
  factsMs: 10,
};

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface RunningAgent {
  readonly log: Line[];
  /** How often the facts were looked at. */
  readonly looks: () => number;
  readonly facts: { -readonly [Name in keyof ReportedFacts]: ReportedFacts[Name] };
  readonly stop: () => Promise<void>;
}

const open = async (t: Test, part: Part = {}): Promise<PlayedStation> => {
  const station = await PlayedStation.open(part);
  t.teardown(async () => station.vanish());
  return station;
};

/** Runs an agent until the test ends, and sees to it that it stops and tells nobody its token. */
const start = (t: Test, urls: URL[], options: Partial<AgentOptions> = {}): RunningAgent => {
  const log: Line[] = [];
  let looks = 0;
  const facts = { agent: 'agent-1', memory_mib: 64_000, cpus: 8 };
  const stop = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-agent-'));
  const agent = new Agent({
    stations: urls,
    token: () => secret,
    ca: undefined,
    fqdn: 'n1.example',
    facts: async (address) => {
      looks += 1;
      return { ...facts, address };
    },
    log: pino({ level: 'trace' }, { write: (line) => void log.push(JSON.parse(line) as Line) }),
    timing: soon,
    random: Math.random,
    terms: new HeardTerms(join(folder, 'terms')),
    supervisor: {
      assign: () => undefined,
      forget: () => undefined,
      readOutput: () => {
        throw new Error('nothing runs here');
      },
      observations: () => [],
    },
    ...options,
  });
  const running = agent.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
    rmSync(folder, { recursive: true, force: true });
    if (JSON.stringify(log).includes(secret)) throw new Error('the token is in the log');
  };
  t.teardown(end);
  return { log, looks: () => looks, facts, stop: end };
};

const hasLogged = (agent: RunningAgent, pattern: RegExp): boolean =>
  agent.log.some(({ msg }) => pattern.test(msg));

t.test(
  'an agent says hello, is welcomed, and reports its host with its token in the header',
  async (t) => {
    let authorization = '';
    const station = await open(t, { status: (header) => ((authorization = header), 101) });
    start(t, [station.url]);
    await until('a report', () => station.messages('node-up').length > 0);
    t.equal(authorization, `Bearer ${secret}`);
    t.same(
      station.heard.map(({ message }) => message),
      [
        { type: 'hello', protocol: 1, minor: 4, fqdn: 'n1.example' },
        {
          type: 'node-up',
          id: 1,
          fqdn: 'n1.example',
          facts: { agent: 'agent-1', memory_mib: 64_000, cpus: 8, address: '127.0.0.1' },
        },
      ],
      'the address is that of the connection',
    );
  },
);

t.test('nothing is sent while nothing changes, and one report when a fact does', async (t) => {
  const station = await open(t);
  const agent = start(t, [station.url]);
  await until('twenty looks at the facts', () => agent.looks() > 20);
  t.equal(station.messages('node-up').length, 1);
  agent.facts.cpus = 6;
  await until('a second report', () => station.messages('node-up').length > 1);
  t.equal(station.messages('node-up')[1]?.message.facts.cpus, 6);
  const looks = agent.looks();
  await until('twenty looks more', () => agent.looks() > looks + 20);
  t.equal(station.messages('node-up').length, 2);
  t.equal(station.sockets.length, 1, 'all on one connection');
});

t.test('heartbeats come at the pace that the station tells, from a random moment on', async (t) => {
  const station = await open(t, {
    answer: (message, socket) => {
      if (message.type === 'hello') say(socket, welcome(4000));
      else content(message, socket);
    },
  });
  start(t, [station.url], { random: () => 0.25 });
  const beats = (): number[] => station.messages('heartbeat').map(({ at }) => at);
  // From the first to the last: on a busy machine one may come late, and the next one close behind.
  const span = (times: number[]): number => times.at(-1)! - times[0]!;
  await until('a heartbeat', () => beats().length >= 1);
  const hello = station.messages('hello')[0]!.at;
  t.ok(beats()[0]! - hello < 4000, 'the first one does not wait a whole interval');
  const first = beats().length;
  say(station.sockets[0]!, { type: 'pace', heartbeat_ms: 200 });
  await until('five heartbeats', () => beats().length >= first + 6);
  const five = span(beats().slice(first + 1, first + 6));
  t.ok(five > 500, `${five} ms from the first heartbeat to the fifth`);

  const before = beats().length;
  say(station.sockets[0]!, { type: 'pace', heartbeat_ms: 500 });
  await until('slower heartbeats', () => beats().length >= before + 4);
  const slower = span(beats().slice(before + 1, before + 4));
  t.ok(slower > 600, `${slower} ms for two slower heartbeats`);
});

t.test('a station that asks for heartbeats without a pause does not get them', async (t) => {
  const station = await open(t, {
    answer: (message, socket) => {
      if (message.type === 'hello') say(socket, welcome(0));
      else content(message, socket);
    },
  });
  start(t, [station.url], { random: () => 0 });
  await until('three heartbeats', () => station.messages('heartbeat').length >= 3);
  const [first, , third] = station.messages('heartbeat');
  t.ok(third!.at - first!.at > 100);
});

t.test('an agent comes back to a station that was restarted, and reports again', async (t) => {
  const first = await PlayedStation.open();
  const agent = start(t, [first.url]);
  await until('a report', () => agent.log.some(({ revision }) => revision === 1));
  await first.vanish();
  await until('an attempt in vain', () => hasLogged(agent, /ECONNREFUSED/));
  const second = await open(t, { port: first.port });
  await until('a report to the new one', () => second.messages('node-up').length > 0);
  t.match(second.messages('node-up')[0]?.message, { id: 1, facts: { cpus: 8 } });
});

t.test('when its station goes away, an agent goes on to the next one of its list', async (t) => {
  const first = await PlayedStation.open();
  const second = await open(t);
  const agent = start(t, [first.url, second.url]);
  await until('a report to the first', () => first.messages('node-up').length > 0);
  t.equal(second.requests, 0, 'the first of the list is the preferred one');
  await first.vanish();
  await until('a report to the second', () => second.messages('node-up').length > 0);
  t.equal(agent.log.filter(({ msg }) => msg === 'connected').length, 2);
});

t.test(
  'a connection that breaks soon after each report is not made again without end',
  async (t) => {
    const station = await open(t, {
      answer: (message, socket) => {
        content(message, socket);
        if (message.type === 'node-up') socket.close(1001, 'going away');
      },
    });
    const agent = start(t, [station.url], {
      random: () => 0.999,
      timing: { ...soon, deadlines: { ...soon.deadlines, steadyMs: 60_000 } },
    });
    await until('four endings', () => agent.log.filter(({ ending }) => ending).length >= 4);
    const pauses = agent.log.flatMap(({ again_ms: ms }) => (typeof ms === 'number' ? [ms] : []));
    t.same(pauses.slice(0, 4), [20, 40, 80, 80]);
  },
);

for (const [what, short, answer, reason] of [
  ['does not welcome', { welcomeMs: 400 }, () => {}, /did not welcome the agent within 0.4 s/],
  [
    'does not answer a report',
    { answerMs: 400 },
    (message, socket) => message.type === 'hello' && say(socket, welcome(60_000)),
    /did not answer a report within 0.4 s/,
  ],
  [
    'falls silent',
    { pongMs: 300 },
    (message, socket) => {
      if (message.type === 'hello') say(socket, welcome(100));
      else content(message, socket);
      if (message.type === 'heartbeat') socket.pause();
    },
    /no sign of life within 0.3 s/,
  ],
  ['speaks no JSON', {}, (_message, socket) => socket.send('hello yourself'), /not JSON/],
  ['says too much', {}, (_message, socket) => socket.send('x'.repeat(20_000_000)), /payload size/i],
] satisfies [string, Partial<Timing['deadlines']>, NonNullable<Part['answer']>, RegExp][]) {
  t.test(`a station that ${what} is given up for the next`, async (t) => {
    const bad = await open(t, { answer });
    const good = await open(t);
    const agent = start(t, [bad.url, good.url], {
      // Served or not, what ends here has not served for long: the next one is due.
      timing: { ...soon, deadlines: { ...patient, closeMs: 300, steadyMs: 60_000, ...short } },
    });
    await until('a report to the next station', () => good.messages('node-up').length > 0);
    t.ok(hasLogged(agent, reason), JSON.stringify(agent.log));
  });
}

t.test('T66: what a newer station says beyond the contract is ignored', async (t) => {
  const station = await open(t, {
    answer: (message, socket) => {
      socket.send('{"type":"assignment","processes":[{"fid":"0x72:0x1"}]}');
      content(message, socket);
    },
  });
  const agent = start(t, [station.url]);
  await until('twenty looks at the facts', () => agent.looks() > 20);
  t.equal(station.sockets.length, 1);
});

t.test('a station of another protocol is asked again slowly, with advice in the log', async (t) => {
  const station = await open(t, {
    answer: (message, socket, connection) => {
      if (connection === 1) socket.close(closeCodes.unsupportedProtocol, 'protocols 2 to 3 only');
      else content(message, socket);
    },
  });
  const agent = start(t, [station.url]);
  await until('a report once it was upgraded', () => station.messages('node-up').length > 0);
  const line = agent.log.find(({ ending }) => ending === 'denied');
  t.match(line, { level: 50, advice: /same release/, msg: /protocol 1: protocols 2 to 3 only/ });
  t.ok((line?.['again_ms'] as number) >= 60, 'not before the long pause');
});

t.test('an agent does not stay with a station whose protocol it does not speak', async (t) => {
  const station = await open(t, {
    answer: (_message, socket) =>
      say(socket, { type: 'welcome', protocol: 2, version: '2.0.0', heartbeat_ms: 1000 }),
  });
  const agent = start(t, [station.url]);
  await until('a denial', () => hasLogged(agent, /speaks protocol 2, this agent 1 to 1/));
  t.equal(station.messages('node-up').length, 0);
});

t.test(
  'a token that is not accepted is asked for anew, and a good one works at once',
  async (t) => {
    let token = 'expired';
    const station = await open(t, {
      status: (header) => (header === `Bearer ${secret}` ? 101 : header === '' ? 403 : 401),
    });
    const agent = start(t, [station.url], { token: () => token });
    await until('a denial', () => hasLogged(agent, /does not accept the token \(HTTP 401\)/));
    t.match(agent.log.find(({ ending }) => ending)?.['advice'], /token file/);
    token = secret;
    await until('a report', () => station.messages('node-up').length > 0);
  },
);

t.test('a token file that has gone is asked for again, and said', async (t) => {
  let gone = true;
  const station = await open(t);
  const agent = start(t, [station.url], {
    token: () => {
      if (gone) throw new Error("ENOENT: no such file or directory, open 'agent.token'");
      return secret;
    },
  });
  await until('a complaint', () => hasLogged(agent, /agent\.token/));
  t.equal(station.requests, 0);
  gone = false;
  await until('a report', () => station.messages('node-up').length > 0);
});

for (const [code, advice] of [
  [closeCodes.notAllowed, /token/],
  [closeCodes.claimed, /--fqdn/],
  [closeCodes.badMessage, /same release/],
] as const) {
  t.test(`a connection closed with ${code} is a denial with advice`, async (t) => {
    const station = await open(t, {
      answer: (message, socket) => {
        if (message.type === 'node-up') socket.close(code, 'for a reason');
        else content(message, socket);
      },
    });
    const agent = start(t, [station.url]);
    await until('a second attempt', () => station.requests > 1);
    const line = agent.log.find(({ ending }) => ending === 'denied');
    t.match(line, { level: 50, msg: /for a reason/, advice });
    t.ok((line?.['again_ms'] as number) >= 60);
  });
}

t.test('a refused report is logged by its code and made again after the long pause', async (t) => {
  let refusals = 0;
  const station = await open(t, {
    answer: (message, socket) => {
      if (message.type === 'node-up' && (refusals += 1) < 3)
        say(socket, {
          type: 'refused',
          id: message.id,
          code: 'host-claimed',
          message: 'another machine already is n1.example',
        });
      else content(message, socket);
    },
  });
  const agent = start(t, [station.url]);
  await until('a report taken', () => hasLogged(agent, /took the report/));
  const reports = station.messages('node-up');
  t.same(
    reports.map(({ message, connection }) => [message.id, connection]),
    [
      [1, 1],
      [2, 1],
      [3, 1],
    ],
  );
  t.ok(reports[1]!.at - reports[0]!.at >= 59, 'not before the long pause');
  t.match(
    agent.log.find(({ code }) => code === 'host-claimed'),
    {
      level: 50,
      msg: /another machine already is n1\.example/,
      advice: /stop one/,
    },
  );
});

t.test('facts that cannot be gathered for once do not end the agent', async (t) => {
  let fails = true;
  const station = await open(t);
  const agent = start(t, [station.url], {
    facts: async () => {
      if (fails) throw new Error('the disk of /proc is on fire');
      return { agent: 'agent-1', memory_mib: 1, cpus: 1 };
    },
  });
  await until('a complaint', () => hasLogged(agent, /cannot gather the facts/));
  fails = false;
  await until('a report', () => station.messages('node-up').length > 0);
});

t.test('an agent that is stopped takes leave, and does not come back', async (t) => {
  const station = await open(t);
  const agent = start(t, [station.url]);
  await until('a report', () => station.messages('node-up').length > 0);
  await agent.stop();
  await until('the leave', () => station.closes.length > 0);
  t.same(station.closes, [{ code: 1000, reason: 'the agent stops' }]);
  t.equal(station.requests, 1);
});

t.test('an agent stops in time although its station does not answer', async (t) => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const connected = new Promise((resolve) => silent.once('connection', resolve));
  const { port } = silent.address() as AddressInfo;
  const agent = start(t, [new URL(`http://127.0.0.1:${port}`)]);
  await connected;
  await agent.stop();

  const paused = await open(t, {
    answer: (message, socket) => {
      content(message, socket);
      if (message.type === 'node-up') socket.pause();
    },
  });
  const timing = { ...soon, deadlines: { ...patient, closeMs: 300 } };
  const attached = start(t, [paused.url], { timing });
  await until('a report', () => hasLogged(attached, /took the report/));
  const began = performance.now();
  await attached.stop();
  // Half of what a WebSocket would wait for an answer by itself.
  t.ok(performance.now() - began < 15_000);
});

t.test('an agent stops in the middle of a pause', async (t) => {
  const agent = start(t, [new URL('http://127.0.0.1:1')], {
    timing: { ...soon, pauses: { firstMs: 3.6e6, maxMs: 3.6e6, deniedMs: 3.6e6 } },
    random: () => 0.9,
  });
  await until('a pause', () => agent.log.some(({ ending }) => ending === 'unreachable'));
  await agent.stop();
  t.pass();
});

t.test('over TLS only a station with a trusted certificate is talked to', async (t) => {
  const dir = folderOf(t);
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
      .concat(['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=station'])
      .concat(['-addext', 'subjectAltName=IP:127.0.0.1']),
    { stdio: 'ignore' },
  );
  const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  const station = await open(t, { tls });

  const trusting = start(t, [station.url], { ca: tls.cert });
  await until('a report', () => station.messages('node-up').length > 0);
  await trusting.stop();

  const doubting = start(t, [station.url]);
  await until('a complaint', () => doubting.log.some(({ ending }) => ending === 'unreachable'));
  t.match(doubting.log.find(({ ending }) => ending)?.['advice'], /--ca/);
  t.equal(station.messages('hello').length, 1, 'the token went nowhere');
});

t.test('the WebSocket is beneath the URL of the station', async (t) => {
  const cases = [
    ['http://s:7400', 'ws://s:7400/api/v1/agent'],
    ['https://s/halcyon', 'wss://s/halcyon/api/v1/agent'],
    ['wss://s/halcyon/', 'wss://s/halcyon/api/v1/agent'],
  ] as const;
  for (const [station, url] of cases) t.equal(agentUrl(new URL(station)).href, url);
});
