/** Where processes and nodes are or were, as the index of the log has it: those that are gone, too. */

import type { StatementSync } from 'node:sqlite';
import type { EventRecord } from '../../core/events/commit.ts';
import { fid, fidKey, fidType } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';

/** Nodes and processes are known by the keys of their fids, of which there are no two alike. */
export const residenceSchema = [
  'CREATE TABLE processes (key INTEGER PRIMARY KEY, node INTEGER NOT NULL) STRICT',
  'CREATE TABLE nodes (key INTEGER PRIMARY KEY, host TEXT NOT NULL) STRICT',
  'CREATE INDEX nodes_of_hosts ON nodes (host)',
] as const;

/** Of a host that are told; the newest. */
const nodesMax = 1000;

type Row<T> = readonly [T] | undefined;

export class Residences {
  readonly #addProcess: StatementSync;
  readonly #addNode: StatementSync;
  readonly #rename: StatementSync;
  readonly #node: StatementSync;
  readonly #host: StatementSync;
  readonly #nodes: StatementSync;

  /** @param prepare makes statements whose rows are lists */
  constructor(prepare: (sql: string) => StatementSync) {
    this.#addProcess = prepare('INSERT OR REPLACE INTO processes VALUES (?, ?)');
    this.#addNode = prepare('INSERT OR REPLACE INTO nodes VALUES (?, ?)');
    this.#rename = prepare('UPDATE nodes SET host = ? WHERE host = ?');
    this.#node = prepare('SELECT node FROM processes WHERE key = ?');
    this.#host = prepare('SELECT host FROM nodes WHERE key = ?');
    this.#nodes = prepare(
      `SELECT key FROM nodes WHERE host = ? ORDER BY key DESC LIMIT ${nodesMax}`,
    );
  }

  /** What an event changes of it. */
  take({ type, data }: EventRecord): void {
    const { fid: one, node, host, from, to } = data as Readonly<Record<string, string>>;
    if (type === 'ProcessAdded') this.#addProcess.run(fidKey(one as Fid), fidKey(node as Fid));
    else if (type === 'NodeAdded') this.#addNode.run(fidKey(one as Fid), host!);
    else if (type === 'HostRenamed') this.#rename.run(to!, from!);
  }

  /** The host that a node or a process is on that an event is about; undefined: it is about none. */
  hostOf({ data }: EventRecord): string | undefined {
    const { fid: one } = data as Readonly<Record<string, unknown>>;
    const type = typeof one === 'string' ? fidType(one) : undefined;
    if (type !== 'process' && type !== 'node') return undefined;
    const node = type === 'node' ? fidKey(one as Fid) : this.#nodeOf(one as Fid);
    return node === undefined ? undefined : (this.#host.get(node) as unknown as Row<string>)?.[0];
  }

  nodesOf(host: string): Fid[] {
    return (this.#nodes.all(host) as unknown as [number][]).map(([key]) => fid('node', key));
  }

  homesOf(processes: readonly string[]): (Fid | null)[] {
    return processes.map((one) => {
      const node = this.#nodeOf(one as Fid);
      return node === undefined ? null : fid('node', node);
    });
  }

  #nodeOf(process: Fid): number | undefined {
    return (this.#node.get(fidKey(process)) as unknown as Row<number>)?.[0];
  }
}
