/**
 * Stations of one cluster as real processes, on three real PostgreSQL servers. Each reaches each server by a link of
 * its own, which can be cut, delayed, or made to swallow what goes one way.
 */

import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import { ApiError, UnreachableError } from '../../src/client/errors.ts';
import { initLog } from '../../src/log/open.ts';
import { Executable } from '../agent/executable.ts';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { startThree } from '../postgres/servers.ts';
import type { PostgresServer, ThreeServers } from '../postgres/servers.ts';
import { freePort } from '../station/sshd.ts';

/** How long a lease is good that nobody renews, s: see `src/station/leadership/lease.ts`. */
export const lease = 15;

/** How long anything here is waited for, ms: the machine may have much else to do. */
export const patience = 300_000;

/** Between two looks, ms: whoever is looked at has something else to do. */
const lookMs = 200;

/** Waits until something holds, and gives it; what cannot be asked is asked again. */
export const until = async <T>(
  what: string,
  look: () => T | Promise<T>,
  ms = patience,
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`not within ${ms} ms: ${what}; at last: ${String(last)}`);
    await pause(lookMs);
  }
};

/** What may be asked again with the same key: nobody knows, or nobody can take it now. */
export const isPassing = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  (error instanceof ApiError && (error.status >= 500 || [421, 429].includes(error.status)));

/** Asks for something, by one key, until it is acknowledged or refused. */
export const insist = async <T>(
  ask: (by: { readonly idempotencyKey: string }) => Promise<T>,
): Promise<T> => {
  const by = { idempotencyKey: randomUUID() };
  const deadline = performance.now() + patience;
  for (;;)
    try {
      return await ask(by);
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
      await pause(lookMs);
    }
};

/** What goes between one station and the servers. */
export class Links {
  readonly all: readonly TcpProxy[];
  constructor(all: readonly TcpProxy[]) {
    this.all = all;
  }

  /** Nothing arrives any more, either way, and nobody is told. */
  blackOut(): void {
    for (const link of this.all) {
      link.requests = 'swallowed';
      link.answers = 'swallowed';
    }
  }

  /** Connections are reset, and new ones refused. */
  cut(): void {
    for (const link of this.all) {
      link.refuses = true;
      link.cut();
    }
  }

  /** All as it was. What was swallowed is gone, so that connections of before are of no use. */
  mend(): void {
    for (const link of this.all) {
      link.refuses = false;
      link.cut();
      link.requests = 'handed on';
      link.answers = 'handed on';
    }
  }
}

export interface Choices {
  readonly names?: readonly string[];
  /** Hosts with an agent. */
  readonly hosts?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** Hosts that have no agent; each has an address of its own, so that endpoints are alike between no two. */
export const emptyHosts: readonly string[] = Array.from(
  { length: 8 },
  (_, i) => `e${i + 1}.example`,
);

const endpoint = '{{ lnid }}:12345:41:1';

/** `owned` is started by somebody else; `run` by an agent. */
const roles = stringify([
  { role: 'owned', processes: [{ name: 'owned', ownership: 'independent', endpoint }] },
  {
    role: 'run',
    processes: [{ name: 'run', endpoint, command: ['sleep', '86400'], ready: { alive: 0 } }],
  },
]);

/** What an agent runs goes on when the agent is killed: it ends by its output, which is kept in a folder. */
const endWhatAgentsLeave = (folder: string): void => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const isOurs =
        readlinkSync(`/proc/${pid}/fd/1`).startsWith(folder) ||
        readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder);
      if (isOurs) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
    }
};

/** A station, and what is done to it. */
export interface Member {
  readonly name: string;
  readonly url: string;
  readonly directory: string;
  readonly links: Links;
  process: Executable | undefined;
}

export class Stations {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'halcyon-stations-'));
  readonly servers: ThreeServers;
  readonly members = new Map<string, Member>();
  readonly agents = new Map<string, Executable>();
  token = '';
  readonly #t: Test;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(t: Test, servers: ThreeServers, choices: Choices) {
    this.#t = t;
    this.servers = servers;
    this.#environment = { NODE_OPTIONS: '', ...choices.environment };
    // Said before what runs in it, and done after that has ended.
    t.teardown(() => {
      endWhatAgentsLeave(this.folder);
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Three stations that know each other, of which one leads; until the test ends. */
  static async open(t: Test, choices: Choices = {}): Promise<Stations> {
    const servers = await startThree(t);
    await until('the log is made', () => initLog(servers.url()));
    const stations = new Stations(t, servers, choices);
    const { names = ['a', 'b', 'c'], hosts = [] } = choices;
    for (const name of names) await stations.prepare(name);
    const [first, ...others] = names as [string, ...string[]];
    await stations.start(first);
    const { process: daemon } = stations.member(first);
    stations.token = await daemon!.says(/bootstrap admin token: (\S+)/);
    writeFileSync(join(stations.folder, 'token'), stations.token, { mode: 0o600 });
    const client = stations.client(first);
    await until(`${first} leads`, async () => (await stations.leader()) === first);
    for (const name of others)
      await insist((by) => client.addStation({ name, url: stations.member(name).url }, by));
    await Promise.all(others.map((name) => stations.start(name)));
    const facts = {
      cluster: 'test',
      hosts: [...hosts, ...emptyHosts].map((fqdn) => ({ fqdn, roles: [] })),
    };
    const given = {
      facts: { name: 'facts.yaml', text: JSON.stringify(facts) },
      roles: [{ name: 'roles.yaml', text: roles }],
    };
    await insist((by) => stations.anyClient.load(given, by));
    for (const host of hosts) {
      await stations.startAgent(host);
      await stations.connected(host);
    }
    return stations;
  }

  member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw new Error(`there is no station ${name}`);
    return member;
  }

  get urls(): string[] {
    return [...this.members.values()].map(({ url }) => url);
  }

  /** Gives a station a folder, an address and links; nothing runs. */
  async prepare(name: string): Promise<Member> {
    const directory = join(this.folder, name);
    mkdirSync(directory, { mode: 0o700 });
    const url = `http://127.0.0.1:${await freePort()}`;
    const link = (server: PostgresServer): Promise<TcpProxy> =>
      TcpProxy.start(this.#t, () => server.port);
    const links = new Links(await Promise.all(this.servers.servers.map(link)));
    const member: Member = { name, url, directory, links, process: undefined };
    this.members.set(name, member);
    return member;
  }

  argumentsOf({ name, url, directory, links }: Member): string[] {
    const hosts = links.all.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return [
      ...['station', '--data', directory, '--listen', new URL(url).host],
      ...['--log', `postgres://postgres@${hosts}/halcyon`, '--name', name, '--url', url],
    ];
  }

  /** Starts a station with what it left, and waits until it serves. */
  async start(name: string, through: readonly string[] = []): Promise<void> {
    const member = this.member(name);
    const key = join(member.directory, 'station.key');
    const source = [...this.members.values()]
      .map(({ directory }) => join(directory, 'station.key'))
      .find((file) => existsSync(file));
    if (!existsSync(key) && source !== undefined) copyFileSync(source, key);
    const station = new Executable(this.#t, this.argumentsOf(member), this.#environment, through);
    member.process = station;
    const isListening = (): boolean => /listening on (\S+)/.test(station.stdout);
    await until(`${name} listens`, () => isListening() || station.hasEnded);
    if (!isListening()) throw new Error(`${name} does not start:\n${station.stderr}`);
  }

  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const member = this.member(name);
    await member.process?.stop(signal);
    member.process = undefined;
  }

  freeze(name: string): void {
    process.kill(this.member(name).process!.pid, 'SIGSTOP');
  }

  thaw(name: string): void {
    process.kill(this.member(name).process!.pid, 'SIGCONT');
  }

  /** Of one station only, which is waited for so long, ms. */
  client(name: string, timeoutMs = 60_000): Client {
    return createClient({ station: this.member(name).url, token: this.token, timeoutMs });
  }

  /** Of whichever of them answers. */
  get anyClient(): Client {
    return createClient({ station: this.urls, token: this.token, timeoutMs: 20_000 });
  }

  /** The one that says that it leads; undefined where none does. */
  async leader(): Promise<string | undefined> {
    for (const member of this.members.values()) {
      if (!member.process || member.process.hasEnded) continue;
      const says = await this.standing(member.name, 3_000).catch(() => undefined);
      if (says?.leads) return member.name;
    }
    return undefined;
  }

  /** Waits until one leads that is none of these. */
  async leads(except: readonly string[] = []): Promise<string> {
    return until('another station leads', async () => {
      const leader = await this.leader();
      return leader !== undefined && !except.includes(leader) ? leader : undefined;
    });
  }

  /** What a station says of itself. */
  async standing(
    name: string,
    timeoutMs = 20_000,
  ): Promise<{ leads: boolean; term: number; head: number }> {
    const info = await this.client(name, timeoutMs).station();
    return { leads: info.role === 'leading', term: info.term, head: info.head };
  }

  /** Waits until the agent of a host is connected to the station that leads, and gives its name. */
  async connected(host: string): Promise<string> {
    return until(`the agent of ${host} is connected`, async () => {
      const leader = await this.leads();
      return (await this.client(leader).getAgent(host)).connected ? leader : undefined;
    });
  }

  /** Where the agent of a host keeps what it must not forget. */
  agentState(host: string): string {
    return join(this.folder, host);
  }

  /** @param urls of stations, in the order of preference */
  async startAgent(host: string, urls: readonly string[] = this.urls): Promise<Executable> {
    const state = this.agentState(host);
    const known = [...this.agents.keys()].indexOf(host);
    const place = known < 0 ? this.agents.size : known;
    const token = join(state, 'token');
    mkdirSync(state, { recursive: true, mode: 0o700 });
    if (!existsSync(token)) {
      const whose = { name: host, role: 'agent', host } as const;
      const issued = await insist((by) => this.anyClient.issueToken(whose, by));
      writeFileSync(token, issued.token, { mode: 0o600 });
    }
    const agent = new Executable(
      this.#t,
      [
        ...['agent', '--station', urls.join(','), '--token-file', token],
        ...['--state-dir', state, '--sysconfig-dir', join(state, 'sysconfig')],
        ...['--fqdn', host, '--address', `127.0.2.${place + 1}`],
      ],
      this.#environment,
    );
    this.agents.set(host, agent);
    return agent;
  }
}
