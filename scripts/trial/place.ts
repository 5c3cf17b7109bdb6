/** The folder of a trial cluster, its ports, and who runs what. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { Daemons, TrialError } from './daemons.ts';
import type { RunsAs } from './daemons.ts';

export const stationNames = ['a', 'b', 'c'] as const;
export const serverNames = ['pg1', 'pg2', 'pg3'] as const;
export const agentNames = ['agent1', 'agent2', 'agent3'] as const;
export const etcdName = 'etcd';

/** What is known of it after its start. */
interface Layout {
  readonly port: number;
  /** Of PostgreSQL's users. */
  readonly passwords: {
    readonly postgres: string;
    readonly replicator: string;
    readonly halcyon: string;
  };
}

export const defaultPort = 7600;

/** Where it is when no folder is named: of this user alone. */
export const defaultFolder = (): string => join(tmpdir(), `halcyon-cluster-${userInfo().username}`);

export class Place {
  readonly folder: string;
  readonly daemons: Daemons;
  /** As whom PostgreSQL, Patroni and etcd run: PostgreSQL refuses to run as root. */
  readonly serverUser: RunsAs | undefined;
  readonly #layout: Layout;

  private constructor(folder: string, layout: Layout) {
    this.folder = folder;
    this.#layout = layout;
    this.daemons = new Daemons(join(folder, 'pids'), join(folder, 'logs'));
    this.serverUser = process.getuid?.() === 0 ? otherUser() : undefined;
  }

  /** One that is there. @throws {TrialError} there is none */
  static find(given: string | undefined): Place {
    const folder = resolve(given ?? defaultFolder());
    const file = join(folder, 'layout.json');
    if (!existsSync(file))
      throw new TrialError(
        `there is no cluster in ${folder}; begin one with: scripts/cluster up${given === undefined ? '' : ` ${given}`}`,
      );
    checkOwner(folder);
    return new Place(folder, JSON.parse(readFileSync(file, 'utf8')) as Layout);
  }

  /** One that is there, or a new one. */
  static make(given: string | undefined, port: number | undefined): Place {
    const folder = resolve(given ?? defaultFolder());
    if (existsSync(join(folder, 'layout.json'))) {
      const place = Place.find(given);
      if (port !== undefined && port !== place.#layout.port)
        throw new TrialError(
          `the cluster in ${folder} has the ports from ${place.#layout.port} on; end it, or leave --port out`,
        );
      return place;
    }
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    checkOwner(folder);
    for (const name of ['pids', 'logs'])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    const password = (): string => randomBytes(24).toString('base64url');
    const layout: Layout = {
      port: port ?? defaultPort,
      passwords: { postgres: password(), replicator: password(), halcyon: password() },
    };
    const place = new Place(folder, layout);
    place.write('layout.json', JSON.stringify(layout));
    const line = (user: string, secret: string): string => `*:*:*:${user}:${secret}\n`;
    place.write(
      'pgpass',
      line('postgres', layout.passwords.postgres) + line('halcyon', layout.passwords.halcyon),
    );
    return place;
  }

  /** Whether it is where it is when no folder is named. */
  get isDefault(): boolean {
    return this.folder === defaultFolder();
  }

  get passwords(): Layout['passwords'] {
    return this.#layout.passwords;
  }

  /** Of a daemon; Patroni's own are ten above its server's. */
  portOf(name: string): number {
    const { port } = this.#layout;
    const station = (stationNames as readonly string[]).indexOf(name);
    if (station >= 0) return port + 1 + station;
    const server = (serverNames as readonly string[]).indexOf(name);
    if (server >= 0) return port + 11 + server;
    if (name === etcdName) return port + 31;
    throw new Error(`${name} has no port`);
  }

  patroniPort(server: string): number {
    return this.portOf(server) + 10;
  }

  get etcdPeerPort(): number {
    return this.portOf(etcdName) + 1;
  }

  /** Where PostgreSQL's programs are. @throws {TrialError} they are not */
  get postgresPrograms(): string {
    const [newest] = globSync('/usr/lib/postgresql/*/bin/postgres').sort((x, y) =>
      y.localeCompare(x, undefined, { numeric: true }),
    );
    if (newest !== undefined) return newest.replace(/\/postgres$/, '');
    throw new TrialError(
      'PostgreSQL is missing; on Debian: apt-get install postgresql patroni etcd-server',
    );
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** A file for its user alone. @param as whose it is to be; default: who runs this */
  write(name: string, text: string, as?: RunsAs): string {
    const file = this.path(name);
    writeFileSync(file, text, { mode: 0o600 });
    if (as) chownSync(file, as.uid, as.gid);
    return file;
  }

  /** A folder of PostgreSQL, Patroni or etcd. */
  folderOfServer(name: string): string {
    const path = this.path(name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (this.serverUser) chownSync(path, this.serverUser.uid, this.serverUser.gid);
    return path;
  }

  /** @throws {TrialError} something else listens where a daemon is to */
  async checkPorts(): Promise<void> {
    const named: [string, number][] = [
      ...[...stationNames, ...serverNames, etcdName].map((name): [string, number] => [
        name,
        this.portOf(name),
      ]),
    ];
    for (const [name, port] of named) {
      if (this.daemons.pid(name) !== undefined || !(await isTaken(port))) continue;
      throw new TrialError(
        `port ${port} of 127.0.0.1, which is to be that of ${name}, is in use; give others: --port N`,
      );
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Nobody else may have put something there: passwords are written into it. */
const checkOwner = (folder: string): void => {
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0)
    throw new TrialError(`${folder} is no folder that only you can write into; name another one`);
};

const otherUser = (): RunsAs => {
  for (const name of ['postgres', 'nobody'])
    try {
      const id = (option: string): number =>
        Number(
          execFileSync('id', [option, name], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          }),
        );
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // The next one may be there.
    }
  throw new TrialError(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody',
  );
};

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
    const end = (taken: boolean) => (): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(true));
  });
