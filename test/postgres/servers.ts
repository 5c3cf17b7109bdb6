/**
 * Real PostgreSQL servers for tests, on free ports of loopback, in temporary folders. They run as the
 * user `postgres` where the test is root's, and end with the test, or with its process where that
 * dies. Their disks are synced as anybody's are: what is acknowledged is kept.
 */

import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, cpSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Test } from 'tap';
import { freePort } from '../station/sshd.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/** Raised where the cluster that tests begin with is made in another way. */
const templateFormat = 1;

/** What a server is started with. */
export interface ServerOptions {
  /** In its `application_name`, where it is a standby, and its log. Default: `a`. */
  readonly name?: string;
  /** Lines of postgresql.conf, by name, in its own spelling. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Lines of pg_hba.conf. Default: everybody on loopback is believed. `postgres` always is, on
   * loopback without TLS: the test asks as `postgres`.
   */
  readonly access?: readonly string[];
  /** PEM files of a certificate and its key; connections may then be encrypted. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Its data are on a file system of so many MiB in memory, which can be full. Root only. */
  readonly roomMiB?: number;
}

/** Everybody has a password but `postgres`. */
export const withPasswords: readonly string[] = ['host all all 127.0.0.1/32 scram-sha-256'];

/** Starting, stopping and following a promotion take this long at most on a busy machine, ms. */
const patienceMs = 120_000;

const programs = (): string => {
  const [newest] = globSync('/usr/lib/postgresql/*/bin/postgres').sort().reverse();
  if (newest === undefined) throw new Error('PostgreSQL is missing: apt-get install postgresql');
  return dirname(newest);
};

const isRoot = process.getuid?.() === 0;
const user = isRoot ? 'postgres' : userInfo().username;
let ids: Promise<{ uid: number; gid: number } | undefined> | undefined;

const ownerIds = (): Promise<{ uid: number; gid: number } | undefined> =>
  (ids ??= (async () => {
    if (!isRoot) return undefined;
    const [uid, gid] = await Promise.all(['-u', '-g'].map((what) => run('id', [what, user])));
    return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) };
  })());

/** The command line of a program that is run by whoever owns the servers. */
const asOwner = (program: string, args: readonly string[]): [string, string[]] => {
  const as = isRoot ? [`--reuid=${user}`, `--regid=${user}`, '--init-groups'] : [];
  // Where this process dies, its servers stop at once and take their shared memory with them.
  return ['setpriv', [...as, '--pdeathsig=QUIT', '--', join(programs(), program), ...args]];
};

/** @param input what it reads */
const runAsOwner = async (
  program: string,
  args: readonly string[],
  input = '',
): Promise<string> => {
  const [command, rest] = asOwner(program, args);
  const running = run(command, rest, { cwd: '/', timeout: patienceMs });
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return stdout + stderr;
};

/** A folder that servers can use. */
export const ownFolder = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-postgres-'));
  const owner = await ownerIds();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  return folder;
};

let template: Promise<string> | undefined;

/** An empty cluster with an empty database `halcyon`, made once for all tests: it takes seconds. */
const templateFolder = (): Promise<string> => (template ??= findOrMakeTemplate());

const findOrMakeTemplate = async (): Promise<string> => {
  const { stdout } = await run(join(programs(), 'postgres'), ['--version']);
  const owner = (await ownerIds())?.uid ?? userInfo().uid;
  const name = `${stdout.trim()} ${owner} ${templateFormat}`.replaceAll(/[^\w.]+/g, '-');
  const place = join(root, 'node_modules', '.cache', 'postgres', name);
  if (existsSync(place)) return place;
  // Its owner need not be able to write, or even look, where the project is.
  const folder = await ownFolder();
  try {
    const data = join(folder, 'data');
    const args = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    await runAsOwner('initdb', [...args, '--data-checksums', '--wal-segsize=4', '-N', data]);
    await runAsOwner(
      'postgres',
      ['--single', '-D', data, 'postgres'],
      'create database halcyon;\n',
    );
    mkdirSync(dirname(place), { recursive: true });
    const unfinished = mkdtempSync(`${place}-unfinished-`);
    try {
      await run('cp', ['-a', `${data}/.`, unfinished]);
      renameSync(unfinished, place);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      // Another test was quicker.
      if (!existsSync(place)) throw error;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return place;
};

const childrenOf = (pid: number): number[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === pid && state !== 'Z' ? [Number(name)] : [];
    } catch {
      return [];
    }
  });

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const isThere = (pid: number): boolean => {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** One server. */
export class PostgresServer {
  readonly name: string;
  readonly port: number;
  /** Its data. */
  readonly directory: string;
  #process: ChildProcess | undefined;
  #log = '';
  #heard: (() => void) | undefined;

  constructor(name: string, port: number, directory: string) {
    this.name = name;
    this.port = port;
    this.directory = directory;
  }

  /** What it wrote to its log, the last of it. */
  get log(): string {
    return this.#log;
  }

  /** `postgres://…` of a database of it; see `urlOf` for several servers. */
  url(parameters = '', as = 'postgres', database = 'halcyon'): string {
    return urlOf([this], parameters, as, database);
  }

  /**
   * Starts it, and waits until it answers.
   *
   * @throws Error with its log: it does not come up
   */
  async start(): Promise<void> {
    const [command, args] = asOwner('postgres', ['-D', this.directory]);
    const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    this.#log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-65_536);
      this.#heard?.();
    });
    await this.#logged(/ready to accept (read-only )?connections/, child);
  }

  /** Stops it in good order; with `immediate` as a crash of the program does. */
  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(patienceMs) });
    for (const pid of [...childrenOf(child.pid!), child.pid!]) signal(pid, 'SIGCONT');
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  /** Kills all of its processes at once, as a power cut does, and waits until they are gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(patienceMs) });
    // Nothing is started any more once the first of them stands still.
    child.kill('SIGSTOP');
    const all = childrenOf(child.pid!);
    for (const pid of [...all, child.pid!]) signal(pid, 'SIGKILL');
    await ended;
    while (all.some(isThere)) await pause(5);
    // What the kernel keeps for it would stay until it is started in the same place again.
    const segment = /^ *\d+ +(\d+)$/m.exec(this.#lockFile().split('\n')[6] ?? '')?.[1];
    if (segment !== undefined) await run('ipcrm', ['-m', segment]).catch(() => undefined);
  }

  /** Lets all of its processes stand still: connections stay, and nobody answers. */
  freeze(): void {
    const { pid } = this.#process!;
    signal(pid!, 'SIGSTOP');
    for (const child of childrenOf(pid!)) signal(child, 'SIGSTOP');
  }

  thaw(): void {
    const { pid } = this.#process!;
    for (const child of [...childrenOf(pid!), pid!]) signal(child, 'SIGCONT');
  }

  /** Writes lines of its postgresql.conf; the last one of a name counts, at the next start or `reload`. */
  configure(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
    appendFileSync(join(this.directory, 'postgresql.conf'), lines.join(''));
  }

  /** Has it read its settings again, and waits until sessions that begin see them. */
  async reload(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.configure(settings);
    const [was] = await this.ask('select pg_conf_load_time()::text, pg_reload_conf()');
    const loaded = 'select pg_conf_load_time()::text';
    while ((await this.ask(loaded))[0]![0] === was![0]) await pause(10);
  }

  /** Asks it as the user `postgres`, in one transaction, and gives the rows as texts. */
  ask(statement: string, database = 'postgres'): Promise<(string | null)[][]> {
    return ask(this.port, statement, database);
  }

  /** Makes a primary of a standby, and waits until it is one. */
  async promote(): Promise<void> {
    await this.ask('select pg_promote(true, 60)');
  }

  /** Waits for something that it says in its log after its start. */
  async #logged(what: RegExp, child: ChildProcess): Promise<void> {
    const deadline = AbortSignal.timeout(patienceMs);
    const ended = once(child, 'exit');
    ended.catch(() => undefined);
    for (;;) {
      if (what.test(this.#log)) return;
      const said = new Promise<void>((resolve) => (this.#heard = resolve));
      await Promise.race([said, ended, once(deadline, 'abort')]);
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (!hasEnded && !deadline.aborted) continue;
      throw new Error(`PostgreSQL ${this.name} does not come up:\n${this.#log}`);
    }
  }

  #lockFile(): string {
    try {
      return readFileSync(join(this.directory, 'postmaster.pid'), 'utf8');
    } catch {
      return '';
    }
  }
}

/** Asks what is on a port of loopback as the user `postgres`; see `PostgresServer.ask`. */
export const ask = async (
  port: number,
  statement: string,
  database = 'postgres',
): Promise<(string | null)[][]> => {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: 'postgres', database, ssl: false, password: 'none' },
    ...{ connectionTimeoutMillis: patienceMs, types: { getTypeParser: () => String } },
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const query = { text: statement, rowMode: 'array' } as const;
    const result: unknown = await client.query<(string | null)[]>(query);
    const results = (Array.isArray(result) ? result : [result]) as pg.QueryArrayResult[];
    return results.at(-1)!.rows as (string | null)[][];
  } finally {
    await client.end();
  }
};

/** `postgres://USER@HOST:PORT,HOST:PORT/DATABASE?PARAMETERS` */
export const urlOf = (
  servers: readonly { readonly port: number }[],
  parameters = '',
  as = 'postgres',
  database = 'halcyon',
): string => {
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`);
  return `postgres://${as}@${hosts.join(',')}/${database}${parameters && `?${parameters}`}`;
};

/** Makes a server that is not started; with the test, it ends and its folder goes. */
const prepare = async (t: Test, options: ServerOptions): Promise<PostgresServer> => {
  const { name = 'a', settings = {}, access, tls, roomMiB } = options;
  const [source, folder, port, owner] = await Promise.all([
    templateFolder(),
    ownFolder(),
    freePort(),
    ownerIds(),
  ]);
  const data = join(folder, 'data');
  const server = new PostgresServer(name, port, data);
  t.teardown(async () => {
    await server.kill();
    if (roomMiB !== undefined) await run('umount', ['--lazy', data]).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  mkdirSync(data, { mode: 0o700 });
  if (roomMiB !== undefined) await mountRoom(data, roomMiB);
  if (owner) chownSync(data, owner.uid, owner.gid);
  // It is the owner's, and so is a copy of it.
  await run('cp', ['-a', `${source}/.`, data]);
  server.configure({
    ...{ port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' },
    ...{ cluster_name: name, shared_buffers: '32MB' },
    // Nothing in /dev/shm, which a killed server would leave behind.
    dynamic_shared_memory_type: 'mmap',
    ...{ wal_log_hints: 'on', hot_standby: 'on', wal_keep_size: '512MB', max_wal_size: '256MB' },
    ...{ wal_receiver_status_interval: '1s', wal_retrieve_retry_interval: '200ms' },
    ...settings,
  });
  if (tls) {
    for (const [from, to] of [
      [tls.certificate, 'server.crt'],
      [tls.key, 'server.key'],
    ] as const) {
      const path = join(data, to);
      cpSync(from, path);
      writeFileSync(path, readFileSync(from), { mode: 0o600 });
      if (owner) chownSync(path, owner.uid, owner.gid);
    }
    server.configure({ ssl: 'on' });
  }
  const trusted = ['hostnossl all postgres 127.0.0.1/32 trust'];
  const replication = ['host replication postgres 127.0.0.1/32 trust'];
  const others = access ?? ['host all all 127.0.0.1/32 trust'];
  const lines = [...(access?.some((line) => line.includes(' postgres ')) ? [] : trusted)];
  const rules = [...lines, ...replication, ...others];
  writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
  return server;
};

const mountRoom = async (directory: string, roomMiB: number): Promise<void> => {
  const size = `size=${roomMiB}M,mode=0700`;
  await run('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', directory]).catch((cause: unknown) => {
    throw new Error('no file system can be mounted here: this test needs to be root', { cause });
  });
};

/** Starts one server with an empty database `halcyon`. It ends with the test. */
export async function startServer(t: Test, options: ServerOptions = {}): Promise<PostgresServer> {
  const server = await prepare(t, options);
  await server.start();
  return server;
}

/** A primary and two standbys, one of which must have a commit before it is acknowledged. */
export class ThreeServers {
  readonly servers: readonly PostgresServer[];
  /** The one that took the lead last. */
  primary: PostgresServer;

  constructor(servers: readonly PostgresServer[]) {
    this.servers = servers;
    this.primary = servers[0]!;
  }

  get standbys(): PostgresServer[] {
    return this.servers.filter((server) => server !== this.primary);
  }

  url(parameters = '', as = 'postgres'): string {
    return urlOf(this.servers, parameters, as);
  }

  /** Waits until so many standbys have what the primary has, and go on following it. */
  async following(count = 2): Promise<void> {
    const question =
      "select count(*) from pg_stat_replication where state = 'streaming' " +
      'and replay_lsn >= pg_current_wal_flush_lsn()';
    const deadline = AbortSignal.timeout(patienceMs);
    while (Number((await this.primary.ask(question))[0]![0]) < count) {
      if (deadline.aborted) throw new Error(`fewer than ${count} standbys follow`);
      await pause(50);
    }
  }

  /**
   * Kills the primary, unless it is dead already, and promotes the standby that has more: one of the
   * two has all that was acknowledged. The other follows it.
   */
  async fail(): Promise<PostgresServer> {
    await this.primary.kill();
    return this.promoteBetter();
  }

  /** Promotes the standby that has more, whatever has become of the primary. */
  async promoteBetter(): Promise<PostgresServer> {
    const [one, other] = this.standbys as [PostgresServer, PostgresServer];
    const has = async (server: PostgresServer): Promise<string> =>
      (
        await server.ask('select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())')
      )[0]![0]!;
    const [first, second] = await Promise.all([has(one), has(other)]);
    const question = `select '${second}'::pg_lsn > '${first}'::pg_lsn`;
    const isSecond = (await one.ask(question))[0]![0] === 't';
    const [best, rest] = isSecond ? [other, one] : [one, other];
    await best.promote();
    this.primary = best;
    await rest.reload({ primary_conninfo: follow(rest, best) });
    return best;
  }

  /** Brings a server that was a primary back as a standby of the one that is. */
  async rejoin(server: PostgresServer): Promise<void> {
    await server.kill();
    // Else pg_rewind takes the two for one history, and the standby never starts.
    await this.primary.ask('checkpoint');
    rmSync(join(server.directory, 'postmaster.pid'), { force: true });
    const settings = readFileSync(join(server.directory, 'postgresql.conf'));
    const source = `host=127.0.0.1 port=${this.primary.port} user=postgres dbname=postgres`;
    await runAsOwner('pg_rewind', ['-D', server.directory, `--source-server=${source}`]);
    writeFileSync(join(server.directory, 'postgresql.conf'), settings);
    server.configure({ primary_conninfo: follow(server, this.primary) });
    writeFileSync(join(server.directory, 'standby.signal'), '');
    await server.start();
  }
}

const follow = (standby: PostgresServer, primary: PostgresServer): string =>
  `application_name=${standby.name} host=127.0.0.1 port=${primary.port} user=postgres`.replaceAll(
    "'",
    "''",
  );

/**
 * Starts a primary `a` and its standbys `b` and `c`, with `synchronous_standby_names` of `ANY 1
 * (a,b,c)` on each, and an empty database `halcyon`. They end with the test.
 */
export async function startThree(t: Test, options: ServerOptions = {}): Promise<ThreeServers> {
  const settings = { synchronous_standby_names: 'ANY 1 (a,b,c)', ...options.settings };
  const servers: PostgresServer[] = [];
  for (const name of ['a', 'b', 'c'])
    servers.push(await prepare(t, { ...options, name, settings }));
  const [primary, ...standbys] = servers as [PostgresServer, ...PostgresServer[]];
  // All three come of one empty cluster, so that a standby needs no copy of its primary.
  for (const standby of standbys) {
    standby.configure({ primary_conninfo: follow(standby, primary) });
    writeFileSync(join(standby.directory, 'standby.signal'), '');
  }
  const three = new ThreeServers(servers);
  await primary.start();
  await Promise.all(standbys.map((standby) => standby.start()));
  await three.following();
  return three;
}
