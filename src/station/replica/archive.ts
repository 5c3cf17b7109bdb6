/** What is on disk, as graphs: the log and the snapshots that shorten reading it. */

import { rmSync } from 'node:fs';
import { Engine } from '../../core/engine.ts';
import type { Outside } from '../../core/engine.ts';
import { copyRows, restoreLine, snapshotLines } from '../../core/graph/dump.ts';
import { Graph } from '../../core/graph/graph.ts';
import { rulesVersion } from '../../core/rules/index.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import { ownContentSync } from '../../disk/modes.ts';
import type { Narrowed } from '../../disk/modes.ts';
import { NotInPlaceError } from '../../log/log.ts';
import type { EventLog } from '../../log/log.ts';
import {
  listSnapshots,
  pruneSnapshots,
  readSnapshot,
  removeUnfinished,
  saveSnapshot,
} from '../../log/snapshots.ts';
import type { SnapshotFile } from '../../log/snapshots.ts';
import { Turns } from '../fair-use/turns.ts';
import type { Turn } from '../fair-use/turns.ts';

/** A graph and where in the log it stands. */
export interface GraphAt {
  readonly graph: Graph;
  readonly head: Revision;
  /** Time of the commit at `head`, ms since the epoch. */
  readonly at: number;
}

/**
 * Layout of a snapshot's lines and version of the rules; a snapshot of another kind is not used.
 */
const kind = `layout 9, rules ${rulesVersion}`;
const snapshotsKept = 3;
const ofAnotherLog = 'it belongs to another log';
/** So many paths of no use are named; there may be anything in a directory. */
const namedMax = 64;

/** For engines that only replay: they never decide, so they never render or mint. */
export const replayOnly: Outside = {
  renderer: () => () => {
    throw new Error('a replaying engine does not render');
  },
  mint: () => {
    throw new Error('a replaying engine does not mint');
  },
};

export interface ArchiveParts {
  readonly log: EventLog;
  /** Of the snapshots. */
  readonly directory: string;
  /** Told of every snapshot that is not used, once, and why. */
  readonly warn: (message: string) => void;
  /** What of the directory around is not where it was, in words. */
  readonly trouble: () => string | undefined;
}

export class Archive {
  readonly #log: EventLog;
  readonly #directory: string;
  readonly #warn: (message: string) => void;
  readonly #trouble: () => string | undefined;
  /** Wrong snapshots that cannot be removed. */
  readonly #wrong = new Set<string>();
  /** Paths that were said to be of no use. */
  readonly #named = new Set<string>();

  constructor({ log, directory, warn, trouble }: ArchiveParts) {
    this.#log = log;
    this.#directory = directory;
    this.#warn = warn;
    this.#trouble = trouble;
  }

  /** Whatever is wrong with the directory of snapshots is said, and stops nothing. */
  closeToOthers(narrowed: Narrowed): void {
    try {
      ownContentSync(this.#directory, narrowed);
    } catch (error) {
      this.#unusable(this.#directory, error as Error);
    }
  }

  get snapshots(): SnapshotFile[] {
    return listSnapshots(this.#directory, this.#unusable).filter(
      ({ path }) => !this.#wrong.has(path),
    );
  }

  /** The graph at the head of the log, at the start. @throws what reading the log throws */
  async latest(): Promise<GraphAt> {
    const nobodyElse = await new Turns().begin('station', new AbortController().signal);
    // A station that is killed again and again would fill the disk with them.
    removeUnfinished(this.#directory, this.#unusable);
    const head = this.#log.head();
    // They would be kept as the newest, in the place of those to come.
    for (const file of this.snapshots)
      if (file.about.revision > head) this.#discard(file, ofAnotherLog);
    return this.at(head, nobodyElse);
  }

  /**
   * The graph at a revision, or at the head where that comes before it.
   *
   * @param known graphs that never change, of which one may be nearer than any snapshot
   */
  async at(revision: Revision, turn: Turn, known: readonly GraphAt[] = []): Promise<GraphAt> {
    const engine = new Engine(replayOnly, await this.#nearest(revision, turn, known));
    for await (const commit of this.#log.read(engine.head, revision)) {
      engine.replay(commit);
      if (turn.isOver) await turn.next();
    }
    return { graph: engine.graph, head: engine.head, at: engine.at };
  }

  /**
   * Writes a snapshot of a graph whose content is durable, and lets go of old ones.
   *
   * @param durable resolves once everything in the graph as it is now is in the log
   */
  async save({ graph, head, at }: GraphAt, durable: Promise<void> | undefined): Promise<void> {
    const lines = snapshotLines(graph);
    const digest = graph.digest();
    await durable;
    // Its directory would be made anew where nobody looks for it.
    const trouble = this.#log.files?.trouble ?? this.#trouble();
    if (trouble !== undefined) throw new NotInPlaceError(trouble);
    const crc = await this.#log.checksum(head);
    if (crc === undefined) return;
    const about = { revision: head, crc, digest, rules: kind };
    const { path } = await saveSnapshot(this.#directory, about, withTime(at, lines));
    this.#wrong.delete(path);
    pruneSnapshots(this.#directory, snapshotsKept, this.#unusable);
  }

  async #nearest(wanted: Revision, turn: Turn, known: readonly GraphAt[]): Promise<GraphAt> {
    const [near] = known.filter(({ head }) => head <= wanted).sort((a, b) => b.head - a.head);
    for (const file of this.snapshots) {
      if (file.about.revision > wanted) continue;
      if (near && near.head >= file.about.revision) break;
      const restored = await this.#restore(file, turn);
      if (restored) return restored;
    }
    return near ? copyOf(near, turn) : { graph: new Graph(), head: revision(0), at: 0 };
  }

  /**
   * A snapshot is a convenience: whatever is wrong with it, it is removed and the log is read
   * instead.
   */
  async #restore(file: SnapshotFile, turn: Turn): Promise<GraphAt | null> {
    const { about } = file;
    const wrong = await this.#mismatch(file);
    if (wrong) return this.#discard(file, wrong);
    try {
      const graph = new Graph();
      let at = 0;
      let restored = 0;
      for (const line of readSnapshot(file.path)) {
        if (restored === 0) at = Number(line);
        else restoreLine(graph, line);
        restored += 1;
        if (turn.isOver) await turn.next();
      }
      if (graph.digest() !== about.digest) return this.#discard(file, 'its digest is wrong');
      return { graph, head: about.revision, at };
    } catch (error) {
      turn.signal.throwIfAborted();
      // It may be readable the next time, unlike one that is not what was written.
      if (error instanceof Error && 'syscall' in error) this.#unusable(file.path, error);
      else this.#discard(file, (error as Error).message);
      return null;
    }
  }

  async #mismatch({ about }: SnapshotFile): Promise<string | null> {
    if (about.rules !== kind) return `it was made with ${about.rules}, this version has ${kind}`;
    if ((await this.#log.checksum(about.revision)) !== about.crc) return ofAnotherLog;
    return null;
  }

  #discard({ path }: SnapshotFile, why: string): null {
    this.#warn(`snapshot ${path} is discarded: ${why}`);
    try {
      rmSync(path, { force: true });
    } catch (error) {
      this.#wrong.add(path);
      this.#warn(`snapshot ${path} cannot be removed: ${(error as Error).message}`);
    }
    return null;
  }

  readonly #unusable = (path: string, why: Error): void => {
    if (this.#named.has(path) || this.#named.size >= namedMax) return;
    this.#named.add(path);
    const last = this.#named.size === namedMax ? ' (no more are named)' : '';
    this.#warn(`${path} is left out, and the log read instead: ${why.message}${last}`);
  };
}

/** Reading rows of another graph is much faster than reading a snapshot, and these take no memory again. */
const copyOf = async ({ graph, head, at }: GraphAt, turn: Turn): Promise<GraphAt> => {
  const copy = new Graph();
  const rows = copyRows(graph, copy);
  while (!rows.next().done) if (turn.isOver) await turn.next();
  return { graph: copy, head, at };
};

function* withTime(at: number, lines: Iterable<string>): Generator<string> {
  yield String(at);
  yield* lines;
}
