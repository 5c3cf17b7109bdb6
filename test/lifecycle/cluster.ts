/** A cluster of real processes: a station, agents, and what the agents run. Driven by halctl. */

import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import tap from 'tap';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { statOf } from '../../src/agent/supervision/proc.ts';
import { ApiError, UnreachableError } from '../../src/client/errors.ts';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import { everyItem } from '../../src/client/pages.ts';
import type { Host, Process } from '../../src/client/types.ts';
import { Executable } from '../agent/executable.ts';
import { environment } from '../cli/station.ts';
import type { Ran } from '../cli/station.ts';
import { typed } from '../cli/typed.ts';
import { freePort } from '../station/sshd.ts';
import { init } from '../postgres/ready.ts';
import { startServer } from '../postgres/servers.ts';
import type { PostgresServer } from '../postgres/servers.ts';

/** A role of a small program that carries `mark`, to be told from those of other tests. */
const roleFor = (
  mark: string,
  name: string,
  changes: Record<string, unknown>,
  requires: string[] = [],
): object => ({
  role: name,
  requires,
  processes: [
    {
      name,
      multiplicity: '{{ multiplicity }}',
      endpoint: '{{ lnid }}:12345:41:1',
      boot_level: 1,
      environment: { TEST_MARK: mark },
      command: ['sleep', '86400'],
      ready: { alive: 0 },
      ...changes,
    },
  ],
});

const rolesFor = (mark: string): string => {
  const role = (name: string, changes: Record<string, unknown>, requires?: string[]): object =>
    roleFor(mark, name, changes, requires);
  const shell = (script: string): string[] => ['sh', '-c', script];
  return stringify([
    role('base', {}),
    role('worker', { boot_level: 2 }),
    role('user', { boot_level: 3 }, ['base']),
    role('late', { ready: { alive: 3 } }),
    role('slow', { ready: { alive: 600 } }),
    role('crasher', { command: shell('echo ouch; exit 3'), ready: { alive: 600 } }),
    role('missing', { command: ['/nonexistent/program'] }),
    // It has a child while it ignores SIGTERM, and none before.
    role('stubborn', { command: shell('trap "" TERM; while :; do sleep 86400; done') }),
    role('talker', {
      command: shell('echo "out of $$"; echo "error of $$" >&2; exec sleep 86400'),
    }),
    // More than anybody reads, and more than is kept.
    role('flood', {
      command: shell('while :; do head -c 200000 /dev/zero | tr "\\0" x; sleep 0.02; done'),
    }),
    role('voter', { services: ['CONFD', 'RMS'] }),
    role('owned', { ownership: 'independent', command: [] }),
  ]);
};

/** What a process of the machine is to the cluster. */
export interface Run {
  readonly pid: number;
  readonly fid: string;
  readonly generation: number;
}

/** As short as a busy machine allows: it may let a process wait for seconds. */
export const quickVars = {
  keepalive_frequency: 1,
  keepalive_timeout: 10,
  process_restart_retry_interval: 1,
  process_max_start_attempts: 2,
  // What ignores SIGTERM is killed after half of it.
  process_stop_timeout: 30,
};

/** Where no host is to be taken for down: a busy machine may keep an agent waiting for longer. */
export const patientVars = { keepalive_timeout: 60 };

/** Where the station listens, and what agents are started through. */
export interface Network {
  readonly station: string;
  readonly agents: readonly string[];
}

const loopback: Network = { station: '127.0.0.1', agents: [] };

/** How long anything here is waited for, ms. */
const patience = 120_000;

/** Waits until something holds, and gives it. A station that is down is asked again. */
export const until = async <T>(
  what: string,
  look: () => T | Promise<T>,
  ms = patience,
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + ms;
  for (let wait = 20; ; wait = Math.min(wait * 1.1, 250)) {
    try {
      const seen = await look();
      if (seen) return seen;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(wait);
  }
};

/** Whether the logs of stations are on a PostgreSQL server instead of in their directories. */
export const isOnServer = process.env['HALCYON_TEST_LOG'] === 'postgres';

/** One for the whole file; each cluster has a schema of its own. */
let server: Promise<PostgresServer> | undefined;

/** The URL of an empty log on a server, made ready. */
const logOnServer = async (mark: string): Promise<string> => {
  server ??= startServer(tap);
  const url = (await server).url(`schema=halcyon_${mark.replaceAll('-', '')}`);
  await init(url);
  return url;
};

export class Cluster {
  readonly mark: string = randomUUID();
  readonly hosts: readonly string[];
  readonly folder: string = mkdtempSync(join(tmpdir(), 'halcyon-lifecycle-'));
  readonly agents = new Map<string, Executable>();
  station!: Executable;
  client!: Client;
  readonly #t: Test;
  /** Of the daemons. */
  readonly #environment: NodeJS.ProcessEnv;
  readonly #network: Network;
  #url: string;
  #token = '';
  #facts = '';
  /** The URL of the log, where it is not in the directory of the station. */
  #log: string | undefined;

  private constructor(t: Test, hosts: number, environment: NodeJS.ProcessEnv, network: Network) {
    this.#t = t;
    this.#url = `${network.station}:0`;
    this.#network = network;
    this.#environment = { NODE_OPTIONS: '', ...environment };
    this.hosts = Array.from({ length: hosts }, (_, i) => `n${i + 1}.example`);
  }

  /** A station that has loaded facts and roles, and an agent on each host; until the test ends. */
  static async open(
    t: Test,
    hosts = 2,
    vars: Record<string, number> = {},
    environment: NodeJS.ProcessEnv = {},
    network: Network = loopback,
  ): Promise<Cluster> {
    const cluster = new Cluster(t, hosts, environment, network);
    t.teardown(() => cluster.#close());
    if (isOnServer) {
      cluster.#log = await logOnServer(cluster.mark);
      // It has to be known where it is before it listens there.
      cluster.#url = `${network.station}:${await freePort()}`;
    }
    await cluster.startStation();
    const facts = {
      cluster: 'test',
      vars: { ...quickVars, ...vars },
      hosts: cluster.hosts.map((fqdn) => ({ fqdn, roles: [] })),
    };
    cluster.#facts = JSON.stringify(facts);
    await cluster.client.load({
      facts: { name: 'facts.yaml', text: cluster.#facts },
      roles: [{ name: 'roles.yaml', text: rolesFor(cluster.mark) }],
    });
    await Promise.all(cluster.hosts.map((host) => cluster.startAgent(host)));
    return cluster;
  }

  async startStation(): Promise<void> {
    this.station = new Executable(
      this.#t,
      [
        ...['station', '--data', join(this.folder, 'data'), '--listen', this.#url, '--insecure'],
        ...(this.#log === undefined
          ? []
          : ['--log', this.#log, '--name', 'only', '--url', `http://${this.#url}`]),
      ],
      this.#environment,
    );
    const station = await this.station.says(/listening on (\S+)/);
    this.#url = new URL(station).host;
    this.#token ||= await this.station.says(/bootstrap admin token: (\S+)/);
    this.client = createClient({ station, token: this.#token });
  }

  /** Starts the agent of a host, with the state that the last one left, and waits for its report. */
  async startAgent(host: string): Promise<void> {
    const index = this.hosts.indexOf(host) + 1;
    const state = join(this.folder, `agent${index}`);
    const tokenFile = join(state, 'token');
    mkdirSync(state, { recursive: true });
    if (!readdirSync(state).includes('token')) {
      const { token } = await this.client.issueToken({ name: host, role: 'agent', host });
      writeFileSync(tokenFile, token, { mode: 0o600 });
    }
    const agent = this.launchAgent(host);
    await agent.says(/the station took the report/);
  }

  /** The arguments with which the agent of a host is started. */
  agentArguments(host: string): string[] {
    const index = this.hosts.indexOf(host) + 1;
    const state = join(this.folder, `agent${index}`);
    return [
      ...['agent', '--station', `http://${this.#url}`, '--token-file', join(state, 'token')],
      ...['--state-dir', state, '--sysconfig-dir', join(this.folder, `sysconfig${index}`)],
      ...['--fqdn', host, '--address', `127.0.1.${index}`],
    ];
  }

  /**
   * As `startAgent`, where there is a token already; nothing is waited for.
   *
   * @param through a command that is to run it
   */
  launchAgent(host: string, through: readonly string[] = this.#network.agents): Executable {
    const agent = new Executable(this.#t, this.agentArguments(host), this.#environment, through);
    this.agents.set(host, agent);
    return agent;
  }

  /** Reports facts of a host over HTTP, with the token that its agent has; the status of the answer. */
  async asAgent(host: string, facts: object): Promise<number> {
    const file = join(this.folder, `agent${this.hosts.indexOf(host) + 1}`, 'token');
    const answer = await fetch(`http://${this.#url}/api/v1/hosts/${host}/facts`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${readFileSync(file, 'utf8')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(facts),
    });
    return answer.status;
  }

  async killAgent(host: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.agents.get(host)!.stop(signal);
  }

  /** Makes the next agent of a host ask for a new token. */
  dropToken(host: string): void {
    rmSync(join(this.folder, `agent${this.hosts.indexOf(host) + 1}`, 'token'));
  }

  get url(): string {
    return `http://${this.#url}`;
  }

  get token(): string {
    return this.#token;
  }

  /** Defines a role beside those that are there, of one process that differs from them in `changes`. */
  async define(name: string, changes: Record<string, unknown>): Promise<void> {
    const text = stringify([roleFor(this.mark, name, changes)]);
    const facts = { name: 'facts.yaml', text: this.#facts };
    await this.client.load({ facts, roles: [{ name: 'more.yaml', text }] });
  }

  /** Runs halctl as a user does. */
  async halctl(line: string, token = this.#token): Promise<Ran> {
    return typed(`halctl ${line}`, this.folder, this.environment(token));
  }

  /** What halctl needs to reach the station. */
  environment(token = this.#token): NodeJS.ProcessEnv {
    return environment(this.folder, { HALCYON_STATION: this.url, HALCYON_TOKEN: token });
  }

  /** Adds processes; their fids, without those of what the role requires. */
  async add(host: string, role: string, multiplicity = 1): Promise<string[]> {
    const { processes } = await this.client.addProcess({
      host,
      role,
      overrides: { multiplicity },
    });
    return processes.filter((one) => one.role === role).map(({ fid }) => fid);
  }

  async one(host: string, role: string): Promise<string> {
    return (await this.add(host, role))[0]!;
  }

  async process(fid: string): Promise<Process> {
    return this.client.getProcess(fid);
  }

  /** Undefined where there is none. */
  async find(fid: string): Promise<Process | undefined> {
    return absent(this.client.getProcess(fid));
  }

  async host(fqdn: string): Promise<Host | undefined> {
    return absent(this.client.getHost(fqdn));
  }

  async processes(): Promise<readonly Process[]> {
    const { items } = await everyItem((options) => this.client.listProcesses(options), {});
    return items;
  }

  async head(): Promise<number> {
    return (await this.client.log()).head;
  }

  /** Every event of a type about a process, from the first. */
  async events(type: string, fid: string): Promise<unknown[]> {
    const { events } = await this.client.listEvents({ limit: 1000, types: [type] });
    return events.map(({ data }) => data).filter((data) => (data as { fid?: string }).fid === fid);
  }

  /** Waits until a process is in a state. */
  async reaches(fid: string, state: Process['state']): Promise<Process> {
    let last: Process | undefined;
    return until(`${fid} is ${state}`, async () => {
      last = await this.process(fid);
      return last.state === state ? last : undefined;
    }).catch((error: Error) => {
      const agents = [...this.agents.values()].map(({ stdout }) => stdout.slice(-2000));
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}\n${agents.join('\n')}`);
    });
  }

  /** Waits until a process runs with another pid than before. */
  async returns(fid: string, before: number): Promise<Process> {
    return until(`${fid} has a new pid`, async () => {
      const now = await this.process(fid);
      return now.state === 'online' && now.pid !== null && now.pid !== before ? now : undefined;
    });
  }

  /** Starts a process and gives its pid. */
  async start(fid: string): Promise<number> {
    await this.client.act({ verb: 'start', process: fid });
    await this.reaches(fid, 'online');
    return this.pid(fid);
  }

  /** The pid of a process that runs; the machine and the station agree about it. */
  async pid(fid: string): Promise<number> {
    return until(`the pid of ${fid}`, async () => {
      const { pid } = await this.process(fid);
      return pid !== null && this.runs(fid).some((run) => run.pid === pid) ? pid : undefined;
    });
  }

  /** What of the cluster runs on this machine, children too, of one process or all. */
  runs(fid?: string): Run[] {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      const variables = environmentOf(name);
      if (!variables.includes(`TEST_MARK=${this.mark}`)) return [];
      const stat = statOf(Number(name));
      if (stat === undefined || /[ZX]/.test(stat.state)) return [];
      const [, of, generation] =
        /^HALCYON_RUN=(0x\w+:0x\w+):(\d+):/m.exec(variables.join('\n')) ?? [];
      if (of === undefined) throw new Error(`process ${name} carries no run`);
      const run = { pid: Number(name), fid: of, generation: Number(generation) };
      return fid === undefined || of === fid ? [run] : [];
    });
  }

  /**
   * Takes all processes and nodes away again; nothing of them may run on.
   *
   * @param ends ends what ignores SIGTERM; asked again and again, as an agent starts what has ended until it
   *   hears that it is to stop
   */
  async clear(ends: () => void = () => undefined): Promise<void> {
    for (const { fid, ownership, state } of await this.processes())
      if (ownership === 'independent' && !['offline', 'failed'].includes(state))
        await this.client.reportState(fid, { state: 'offline' });
    const { items } = await this.client.listNodes({});
    for (const { fid } of items)
      await this.client.act({ verb: 'remove', node: fid }, { force: true });
    await until('every node is gone', async () => {
      ends();
      return (await this.client.listNodes({})).items.length === 0;
    });
    await until('nothing runs any more', () => this.runs().length === 0).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(this.runs())}`);
    });
    const files = this.hosts.flatMap((_host, i) =>
      filesIn(join(this.folder, `sysconfig${i + 1}`)).concat(
        filesIn(join(this.folder, `agent${i + 1}`, 'runs')),
      ),
    );
    await until('agents have forgotten', () => files.every((file) => !isThere(file)));
  }

  /** Ends what runs where it need not stop by itself. The agents go first: they start again what they see end. */
  async abandon(): Promise<void> {
    await Promise.all(this.hosts.map((host) => this.killAgent(host)));
    for (const { pid } of this.runs()) kill(pid);
    await until('nothing runs any more', () => this.runs().length === 0);
  }

  async #close(): Promise<void> {
    const daemons = [...this.agents.values(), this.station];
    await Promise.all(daemons.map((daemon) => daemon.stop('SIGKILL')));
    const left = this.runs();
    for (const { pid } of left) kill(pid);
    rmSync(this.folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`processes are left: ${JSON.stringify(left)}`);
  }
}

const absent = async <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });

/** How often one is looked at that has no variables. */
const environmentLooks = 200;

/** Between two programs a process has none for a moment, and what only the kernel runs never has any. */
const environmentOf = (pid: string): string[] => {
  try {
    for (let look = 1; ; look += 1) {
      const text = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (text !== '' || look === environmentLooks) return text.split('\0');
      readlinkSync(`/proc/${pid}/exe`);
    }
  } catch {
    return [];
  }
};

const filesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
};

const isThere = (file: string): boolean => {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
};

/** Kills a process that may be gone already. */
export const kill = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
