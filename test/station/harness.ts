/**
 * Stations for tests: in this process with injected requests, or the real executable as a child.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fastify from 'fastify';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  LightMyRequestResponse,
} from 'fastify';
import { pino } from 'pino';
import type { Test } from 'tap';
import { createServer } from '../../src/api/server.ts';
import type { ServerOptions } from '../../src/api/server.ts';
import type { LoadBody } from '../../src/contract/load.ts';
import type { CredentialRole } from '../../src/core/values/credential-roles.ts';
import { NotLeadingError } from '../../src/station/leadership/standing.ts';
import { Station } from '../../src/station/station.ts';
import type { StationOptions } from '../../src/station/station.ts';
import { keptIn, SecretSearch } from '../obm/secret-search.ts';

export const root = join(import.meta.dirname, '..', '..');

const fileOf = (path: string): { name: string; text: string } => ({
  name: path,
  text: readFileSync(join(root, path), 'utf8'),
});

/** The example that is shipped: facts and roles. */
export const example: LoadBody = {
  facts: fileOf('facts.example.yaml'),
  roles: [fileOf('roles/servers.yaml'), fileOf('roles/clients.yaml')].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  ),
};

/** Facts and roles from text. */
export const bodyOf = (facts: string, roles = ''): LoadBody => ({
  facts: { name: 'facts.yaml', text: facts },
  roles: roles === '' ? [] : [{ name: 'roles.yaml', text: roles }],
});

export const host = 'node3.halcyon.example';

/** What an agent reports; the address makes the host's LNet id. */
export const reported = (address: string, change: object = {}): Record<string, unknown> => ({
  agent: `agent of ${address}`,
  memory_mib: 64_230,
  cpus: 4,
  address,
  ...change,
});

/** The part of a token that nobody else may know; it may hold underscores itself. */
export const secretOf = (token: string): string => token.slice(token.indexOf('_', 4) + 1);

export interface Asked {
  readonly token?: string;
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

/** What JSON gives: tests look into it as they expect it to be. */
export type Json = ReturnType<typeof JSON.parse>;

/** An answer, however it was got. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;
  readonly body: Json;
}

/** Sends a request and gives the answer, whatever its status. */
export type Ask = (method: string, path: string, body?: unknown, asked?: Asked) => Promise<Answer>;

const headersOf = (token: string, body: unknown, asked: Asked): Record<string, string> => ({
  ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
  ...asked.headers,
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const prefixed = (path: string): string =>
  /^\/(healthz|readyz|metrics)/.test(path) ? path : `/api/v1${path}`;

const asText = (body: unknown): string | undefined =>
  body === undefined || typeof body === 'string' ? body : JSON.stringify(body);

export interface InProcess {
  readonly station: Station;
  readonly app: FastifyInstance;
  /** Of the first administrator. */
  readonly admin: string;
  readonly directory: string;
  readonly ask: Ask;
  /** What the station logged. */
  readonly logged: string[];
  /** Issues a token. */
  readonly tokenOf: (role: CredentialRole, more?: object) => Promise<string>;
  /** Loads the example and lets its hosts report, so that everything can be allocated. */
  readonly fill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Choices extends Partial<StationOptions> {
  /** Of a station that ran on the directory before. */
  readonly admin?: string;
  readonly server?: Partial<ServerOptions>;
  /** Another one leads: it is not waited for. */
  readonly follows?: true;
}

export const temporary = (t: Test, prefix = 'halcyon-test-'): string => {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** Lets injected requests go the way that others go: past the framework, where there is a shorter one. */
const injectAsServed = (app: FastifyInstance): void => {
  const handOn = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    app.server.emit('request', request.raw, reply.raw);
  };
  const front = fastify({ frameworkErrors: (_error, request, reply) => handOn(request, reply) });
  front.addHook('onRequest', async (request, reply) => {
    await app.ready();
    handOn(request, reply);
  });
  app.inject = front.inject.bind<FastifyInstance['inject']>(front);
};

/** Files that are larger hold the same as the others, only more of it. */
const searchedMax = 16 * 1024 * 1024;

/** @throws {Error} a token stands in what a station has kept or logged */
const mustHide = (
  tokens: ReadonlySet<string>,
  directory: string,
  logged: readonly string[],
): void => {
  const search = new SecretSearch();
  for (const token of tokens) search.add('a token', token);
  search.look('the logs', logged.join('\n'));
  if (existsSync(directory)) search.look('its data', keptIn(directory, searchedMax));
  if (search.found.size > 0) throw new Error(`in the clear: ${[...search.found].join(', ')}`);
};

/** On a machine that stood still for seconds the lease of one of several has ended: it leads again soon. */
const firstToken = async (station: Station): Promise<string | null> => {
  const { token } = await until('the first token', () =>
    station.access.bootstrap().then(
      (token) => ({ token }),
      (error: unknown) => {
        if (error instanceof NotLeadingError) return null;
        throw error;
      },
    ),
  );
  return token;
};

/**
 * A station in this process. Closed when the test ends, if it was not before; the test fails where a token that it gave
 * out stands in its data or logs then.
 */
export const openStation = async (t: Test, choices: Choices = {}): Promise<InProcess> => {
  const { admin: known, server, follows, ...options } = choices;
  const directory = options.directory ?? temporary(t);
  const logged: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });
  const station = await Station.open({ logger, ...options, directory });
  station.start(1);
  // One of several has to be elected first, which takes a second.
  if (station.log.shared && !follows)
    await until('the station to lead', () => station.standing.role === 'leading');
  const admin = known ?? (await firstToken(station)) ?? '';
  const app = await createServer(station, { logger, ...server });
  injectAsServed(app);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= app.close().then(() => station.close()));
  const tokens = new Set(admin === '' ? [] : [admin]);
  t.teardown(async () => {
    await close();
    mustHide(tokens, directory, logged);
  });
  const ask: Ask = async (method, path, body, asked = {}) => {
    const answer: LightMyRequestResponse = await app.inject({
      method: method as 'GET',
      url: prefixed(path),
      headers: headersOf(asked.token ?? admin, body, asked),
      ...(body === undefined ? {} : { payload: asText(body)! }),
    });
    for (const [, token = ''] of answer.body.matchAll(/"token":"(hal_[^"]+)"/g)) tokens.add(token);
    const headers = answer.headers as Record<string, string>;
    return { status: answer.statusCode, text: answer.body, headers, body: parsed(answer.body) };
  };
  return {
    station,
    app,
    admin,
    directory,
    ask,
    logged,
    tokenOf: async (role, more = {}) => {
      const answer = await ask('POST', '/tokens', { name: `test ${role}`, role, ...more });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body.token as string;
    },
    fill: () => fillFrom(ask),
    close,
  };
};

/** Loads the example and lets its three hosts report. */
export const fillFrom = async (ask: Ask): Promise<void> => {
  const answers = [await ask('POST', '/load', example)];
  for (const i of [1, 2, 3]) {
    const path = `/hosts/node${i}.halcyon.example/facts`;
    answers.push(await ask('PUT', path, reported(`10.0.0.${i}`)));
  }
  for (const { status, text } of answers) if (status !== 200) throw new Error(text);
};

export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  /** Null where the directory had been used before. */
  readonly admin: string | null;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ask: Ask;
  /** Sends a signal and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ code: number | null; ms: number }>;
}

const patience = 120_000;

/** Waits until something holds, looking often at first; what takes long need not be seen at once. */
export const until = async <T>(
  what: string,
  look: () => T | Promise<T>,
): Promise<NonNullable<T>> => {
  const deadline = Date.now() + patience;
  for (let wait = 10; ; wait = Math.min(wait * 1.1, 50)) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(wait);
  }
};

/**
 * Runs `halcyon station` with flags; listening is not waited for.
 *
 * @param through a command that is to run it
 */
export const runStation = (
  t: Test,
  flags: readonly string[],
  through: readonly string[] = [],
): {
  process: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  ended: Promise<number | null>;
} => {
  // tap adds a preload to the environment of every child, which would end it on a signal that Node
  // ignores.
  const argv = ['-u', 'NODE_OPTIONS', join(root, 'scripts/halcyon'), 'station', ...flags];
  const [program = 'env', ...rest] = [...through, 'env', ...argv];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
};

const logDirectory = (flags: readonly string[]): string | undefined => {
  const at = flags.indexOf('--log');
  return at < 0 ? undefined : flags[at + 1]?.replace(/^sqlite:/, '');
};

/** Starts the executable on a directory and waits until it listens. */
export const startStation = async (
  t: Test,
  directory: string,
  { token = '', flags = [] as readonly string[], through = [] as readonly string[] } = {},
): Promise<Child> => {
  const isNew = !existsSync(join(logDirectory(flags) ?? directory, 'log.db'));
  const all = ['--data', directory, '--listen', '127.0.0.1:0', ...flags];
  const run = runStation(t, all, through);
  const { process: child, stdout, stderr, ended } = run;
  const url = await until('a station that listens', () => {
    if (child.exitCode !== null) throw new Error(`the station ended: ${stderr()}`);
    return /^listening on (\S+)$/m.exec(stdout())?.[1];
  });
  const bootstrap = /^bootstrap admin token: (\S+)$/m;
  if (isNew) await until('the first token', () => bootstrap.test(stdout()));
  const admin = bootstrap.exec(stdout())?.[1] ?? null;
  return {
    process: child,
    url,
    admin,
    stdout,
    stderr,
    ask: async (method, path, body, asked = {}) => {
      const text = asText(body);
      const answer = await fetch(url + prefixed(path), {
        method,
        headers: headersOf(asked.token ?? admin ?? token, body, asked),
        ...(text === undefined ? {} : { body: text }),
      });
      const said = await answer.text();
      const headers = Object.fromEntries(answer.headers);
      return { status: answer.status, text: said, headers, body: parsed(said) };
    },
    end: async (signal) => {
      const started = Date.now();
      child.kill(signal);
      const code = await ended;
      return { code, ms: Date.now() - started };
    },
  };
};
