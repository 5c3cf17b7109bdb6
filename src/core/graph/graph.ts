/**
 * The resource graph: tables of immutable rows, the relations between them, and the indexes that
 * keep every command and rule from scanning.
 *
 * Changes go through `put` and `remove` only. They keep relations whole, and inside a journal they
 * can be undone, which is what makes a commit atomic in memory: a rejected command, a dry run and a
 * failed append all roll back.
 */

import type { Follow } from './indexes/following.ts';
import { indexesOver } from './indexes/index.ts';
import type { Indexes } from './indexes/index.ts';
import { GraphIntegrityError } from './integrity.ts';
import { Links } from './links.ts';
import type { RelationName, To, ToMany, ToOne } from './relations.ts';
import { isShown, keyOf, kinds, shownKinds } from './resources.ts';
import type { Kind, Rows, ShownKind } from './resources.ts';
import { RunningDigest } from './running-digest.ts';
import { orderOf, SortedKeys } from './sorted-keys.ts';

/** The rows that a commit replaced, newest last; enough to go back. */
export type Journal = { kind: Kind; key: string; before: Rows[Kind] | undefined }[];

/** Told of every row that is about to be replaced; `before` is undefined for a new one, `after` for one that goes. */
export type Watcher = (
  kind: Kind,
  key: string,
  before: Rows[Kind] | undefined,
  after: Rows[Kind] | undefined,
) => void;

/** Keys looked up at once. */
const keysAtOnce = 256;

type Tables = { readonly [K in Kind]: Map<string, Rows[K]> };

export class Graph {
  readonly #tables = Object.fromEntries(
    kinds.map((kind) => [kind, new Map()]),
  ) as unknown as Tables;
  readonly #links = new Links((kind, key) => this.#tables[kind].has(key));
  readonly #keys = new Map(shownKinds.map((kind) => [kind, new SortedKeys(orderOf(kind))]));
  readonly #digest = new RunningDigest((kind, key) => this.#tables[kind].get(key));
  readonly #followers: Readonly<Record<Kind, readonly Follow<Kind>[]>>;
  readonly #watchers = new Set<Watcher>();
  #journal: Journal | null = null;

  readonly indexes: Indexes = indexesOver(this);

  constructor() {
    const all = Object.values(this.indexes);
    this.#followers = Object.fromEntries(
      kinds.map((kind) => [kind, all.flatMap(({ following }) => following[kind] ?? [])]),
    ) as unknown as Record<Kind, Follow<Kind>[]>;
  }

  // ── reading ──

  get<K extends Kind>(kind: K, key: string): Rows[K] | undefined {
    return this.#tables[kind].get(key);
  }

  /** The row, where its absence would be a bug. */
  must<K extends Kind>(kind: K, key: string): Rows[K] {
    const row = this.#tables[kind].get(key);
    if (row === undefined) throw new GraphIntegrityError(`there is no ${kind} ${key}`);
    return row;
  }

  /**
   * All rows of a kind, in no particular order: what was removed and is put again, by undoing too,
   * comes last.
   */
  all<K extends Kind>(kind: K): IterableIterator<Rows[K]> {
    return this.#tables[kind].values();
  }

  count(kind: Kind): number {
    return this.#tables[kind].size;
  }

  /** The next keys of a kind that is shown after one, in order: fids by age, others as text. */
  keysAfter(kind: ShownKind, key: string | undefined, count: number): string[] {
    return this.#keys.get(kind)!.after(key, count);
  }

  /** The rows of a kind that is shown, in the order of their keys, after one. */
  *rowsAfter<K extends ShownKind>(kind: K, key?: string): IterableIterator<Rows[K]> {
    for (let last = key; ;) {
      const keys = this.keysAfter(kind, last, keysAtOnce);
      for (const each of keys) yield this.must(kind, each);
      if (keys.length < keysAtOnce) return;
      last = keys.at(-1)!;
    }
  }

  /** The one row that a to-one relation leads to. */
  one<N extends ToOne>(name: N, from: string): Rows[To<N>] | undefined {
    const { index, definition } = this.#links.of(name);
    const key = index.first(from);
    return key === undefined ? undefined : (this.must(definition.to, key) as Rows[To<N>]);
  }

  /** The rows that a to-many relation leads to, in no particular order either. */
  *many<N extends ToMany>(name: N, from: string): IterableIterator<Rows[To<N>]> {
    const { index, definition } = this.#links.of(name);
    for (const key of index.of(from)) yield this.must(definition.to, key) as Rows[To<N>];
  }

  related(name: RelationName, from: string): number {
    return this.#links.of(name).index.count(from);
  }

  /** How many processes of a role a node has, without those that are being removed. */
  stayingOfRole(node: string, role: string): number {
    return this.indexes.rolesOnNodes.staying(node, role);
  }

  hostCounts(): Readonly<Record<Rows['host']['state'], number>> {
    return this.indexes.hostLists.counts();
  }

  /** Hosts that are down and that somebody works on. */
  expectedLosses(): number {
    return this.indexes.expectedLosses.count;
  }

  /** By the state that is shown of them. */
  processCounts(): ReadonlyMap<string, number> {
    return this.indexes.processLists.counts();
  }

  // ── changing ──

  /** @throws {GraphIntegrityError} the row refers to nothing, or breaks a cardinality */
  put<K extends Kind>(kind: K, row: Rows[K]): void {
    const key = keyOf(kind, row);
    const table = this.#tables[kind];
    const before = table.get(key);
    this.#links.replace(kind, key, before, row);
    this.#record(kind, key, before, row);
    table.set(key, row);
    for (const follow of this.#followers[kind]) follow(before, row);
  }

  /** @throws {GraphIntegrityError} other rows still refer to this one */
  remove(kind: Kind, key: string): void {
    const before = this.must(kind, key);
    this.#links.assertFree(kind, key);
    this.#links.replace(kind, key, before, undefined);
    this.#record(kind, key, before, undefined);
    this.#tables[kind].delete(key);
    for (const follow of this.#followers[kind]) follow(before, undefined);
  }

  #record(
    kind: Kind,
    key: string,
    before: Rows[Kind] | undefined,
    after: Rows[Kind] | undefined,
  ): void {
    this.#journal?.push({ kind, key, before });
    for (const watcher of this.#watchers) watcher(kind, key, before, after);
    if (isShown(kind)) {
      if (before === undefined) this.#keys.get(kind)!.add(key);
      else if (after === undefined) this.#keys.get(kind)!.delete(key);
    }
    this.#digest.replace(kind, key, before, after);
  }

  /** Tells of every change before it is made, until the function that this returns is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Starts recording what changes replace; `undo` takes them back. */
  begin(): void {
    this.#journal = [];
  }

  /** Ends the recording and hands it over. */
  end(): Journal {
    const journal = this.#journal ?? [];
    this.#journal = null;
    return journal;
  }

  /** Takes back what a journal recorded. Journals must be undone newest first. */
  undo(journal: Journal): void {
    this.#journal = null;
    for (const { kind, key, before } of journal.toReversed())
      if (before === undefined) this.remove(kind, key);
      else this.put(kind, before);
  }

  /** 16 hex digits that depend on every row and on nothing else. */
  digest(): string {
    return this.#digest.value();
  }
}
