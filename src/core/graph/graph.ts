/**
 * The resource graph: tables of immutable rows, the relations between them, and the indexes that
 * keep every command and rule from scanning.
 *
 * Changes go through `put` and `remove` only. They keep relations whole, and inside a journal they
 * can be undone, which is what makes a commit atomic in memory: a rejected command, a dry run and a
 * failed append all roll back.
 */

import { EndpointIndex, RangeIndex } from '../allocation/allocated.ts';
import { fidKey } from '../values/fid.ts';
import { Adjacency, Tally } from './adjacency.ts';
import type { IndexedRelation } from './adjacency.ts';
import { Deadlines } from './deadlines-by-kind.ts';
import { formatDigest, hashRow } from './digest.ts';
import { relations } from './relations.ts';
import type { Relation, RelationName, To, ToMany, ToOne } from './relations.ts';
import { RequestIndex } from './requests.ts';
import { keyFields, kinds, shownKinds } from './resources.ts';
import type { DeadlineRow, Kind, ProcessRow, Rows } from './resources.ts';
import { orderOf, SortedKeys } from './sorted-keys.ts';

/**
 * A change that would leave a relation broken. It is a bug in a command or a rule, never bad input.
 */
export class GraphIntegrityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GraphIntegrityError';
  }
}

/** The rows that a commit replaced, newest last; enough to go back. */
export type Journal = { kind: Kind; key: string; before: Rows[Kind] | undefined }[];

/** Told of every row that is about to be replaced; `before` is undefined for a new one. */
export type Watcher = (kind: Kind, key: string, before: Rows[Kind] | undefined) => void;

/** Keys looked up at once. */
const keysAtOnce = 256;

/** At this many changed rows the digest is brought up to date, so that old rows can be let go. */
const dirtyRowsMax = 262_144;

type Tables = { readonly [K in Kind]: Map<string, Rows[K]> };

export class Graph {
  readonly #tables = Object.fromEntries(
    kinds.map((kind) => [kind, new Map()]),
  ) as unknown as Tables;
  readonly #relations: Record<RelationName, IndexedRelation>;
  readonly #incoming: Record<Kind, IndexedRelation[]>;
  readonly #outgoing: Record<Kind, IndexedRelation[]>;
  #journal: Journal | null = null;
  readonly #keys = new Map(shownKinds.map((kind) => [kind, new SortedKeys(orderOf(kind))]));
  readonly #watchers = new Set<Watcher>();

  /**
   * For each row that changed since the digest was last brought up to date, the content that is
   * still in the digest.
   */
  readonly #dirty = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as unknown as {
    readonly [K in Kind]: Map<string, Rows[K]>;
  };
  #dirtyCount = 0;
  #digestLow = 0;
  #digestHigh = 0;

  readonly endpoints = new EndpointIndex();
  readonly ranges = new RangeIndex();
  readonly deadlines = new Deadlines();
  readonly requests = new RequestIndex();
  readonly #specIds = new Map<string, string>();
  readonly #hostStates = { unknown: 0, up: 0, down: 0 };
  readonly #processStates = new Map<string, number>();
  readonly #rolesOnNodes = new Tally();
  /** Of these, what is being removed. */
  readonly #leavingOnNodes = new Tally();
  readonly #haOfNodes = new Adjacency();
  readonly #confds = new Set<string>();
  readonly #blockedHosts = new Set<string>();

  constructor() {
    const indexed = Object.entries(relations).map(([name, definition]: [string, Relation]) => ({
      name,
      definition,
      index: definition.walked ? new Adjacency() : new Tally(),
    }));
    this.#relations = Object.fromEntries(indexed.map((r) => [r.name, r])) as Record<
      RelationName,
      IndexedRelation
    >;
    const byKind = (side: 'from' | 'to'): Record<Kind, IndexedRelation[]> =>
      Object.fromEntries(
        kinds.map((kind) => [kind, indexed.filter((r) => r.definition[side] === kind)]),
      ) as Record<Kind, IndexedRelation[]>;
    this.#incoming = byKind('to');
    this.#outgoing = byKind('from');
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
  keysAfter(kind: Kind, key: string | undefined, count: number): string[] {
    return this.#keys.get(kind)!.after(key, count);
  }

  /** The rows of a kind that is shown, in the order of their keys, after one. */
  *rowsAfter<K extends Kind>(kind: K, key?: string): IterableIterator<Rows[K]> {
    for (let last = key; ;) {
      const keys = this.keysAfter(kind, last, keysAtOnce);
      for (const each of keys) yield this.must(kind, each);
      if (keys.length < keysAtOnce) return;
      last = keys.at(-1)!;
    }
  }

  /** The one row that a to-one relation leads to. */
  one<N extends ToOne>(name: N, from: string): Rows[To<N>] | undefined {
    const { index, definition } = this.#relations[name];
    for (const key of index.of(from)) return this.must(definition.to, key) as Rows[To<N>];
    return undefined;
  }

  /** The rows that a to-many relation leads to, in no particular order either. */
  *many<N extends ToMany>(name: N, from: string): IterableIterator<Rows[To<N>]> {
    const { index, definition } = this.#relations[name];
    for (const key of index.of(from)) yield this.must(definition.to, key) as Rows[To<N>];
  }

  related(name: RelationName, from: string): number {
    return this.#relations[name].index.count(from);
  }

  /** Id of the spec that has exactly this content, if there is one. */
  specWith(content: string): string | undefined {
    return this.#specIds.get(content);
  }

  /** How many processes of a role a node has. */
  countOfRole(node: string, role: string): number {
    return this.#rolesOnNodes.count(`${node} ${role}`);
  }

  /** How many of them are not being removed. */
  stayingOfRole(node: string, role: string): number {
    const key = `${node} ${role}`;
    return this.#rolesOnNodes.count(key) - this.#leavingOnNodes.count(key);
  }

  /** The node's process of type `ha`; the one with the lowest fid where there are several. */
  haProcess(node: string): ProcessRow | undefined {
    let lowest: ProcessRow | undefined;
    for (const key of this.#haOfNodes.of(node)) {
      const row = this.must('process', key);
      if (!lowest || fidKey(row.fid) < fidKey(lowest.fid)) lowest = row;
    }
    return lowest;
  }

  /** Every process that provides CONFD, in no particular order. */
  *confds(): IterableIterator<ProcessRow> {
    for (const fid of this.#confds) yield this.must('process', fid);
  }

  hostCounts(): Readonly<Record<Rows['host']['state'], number>> {
    return this.#hostStates;
  }

  processCounts(): ReadonlyMap<string, number> {
    return this.#processStates;
  }

  /** Hosts that have a `problem`: a declared role could not be allocated. */
  blockedHosts(): ReadonlySet<string> {
    return this.#blockedHosts;
  }

  // ── changing ──

  /** @throws {GraphIntegrityError} the row refers to nothing, or breaks a cardinality */
  put<K extends Kind>(kind: K, row: Rows[K]): void {
    const key = keyOf(kind, row);
    const table = this.#tables[kind];
    const before = table.get(key);
    this.#relink(kind, key, before, row);
    this.#remember(kind, key, before, row);
    table.set(key, row);
    this.#reindex(kind, before, row);
  }

  /** @throws {GraphIntegrityError} other rows still refer to this one */
  remove(kind: Kind, key: string): void {
    const before = this.must(kind, key);
    for (const { name, index } of this.#outgoing[kind])
      if (index.count(key) > 0)
        throw new GraphIntegrityError(`${kind} ${key} cannot go: it still ${name} something`);
    this.#relink(kind, key, before, undefined);
    this.#remember(kind, key, before, undefined);
    this.#tables[kind].delete(key);
    this.#reindex(kind, before, undefined);
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
    for (const kind of kinds) {
      const table = this.#tables[kind];
      for (const [key, before] of this.#dirty[kind]) {
        const now = table.get(key);
        this.#addToDigest(kind, before, -1);
        if (now) this.#addToDigest(kind, now, 1);
      }
      this.#dirty[kind].clear();
    }
    this.#dirtyCount = 0;
    return formatDigest(this.#digestLow, this.#digestHigh);
  }

  #addToDigest(kind: Kind, row: object, sign: 1 | -1): void {
    const { low, high } = hashRow(kind, row);
    this.#digestLow = (this.#digestLow + sign * low) | 0;
    this.#digestHigh = (this.#digestHigh + sign * high) | 0;
  }

  /**
   * A new row goes into the digest at once. A changed or removed one is hashed when the digest is
   * asked for, because the rows that change do so often, and two hashes a change would be the
   * greater part of its cost.
   */
  #remember(
    kind: Kind,
    key: string,
    before: Rows[Kind] | undefined,
    after: Rows[Kind] | undefined,
  ): void {
    this.#journal?.push({ kind, key, before });
    for (const watcher of this.#watchers) watcher(kind, key, before);
    if (before === undefined) this.#keys.get(kind)?.add(key);
    else if (after === undefined) this.#keys.get(kind)?.delete(key);
    const dirty = this.#dirty[kind] as Map<string, Rows[Kind]>;
    if (dirty.has(key)) return;
    if (before === undefined) {
      if (after) this.#addToDigest(kind, after, 1);
      return;
    }
    if (this.#dirtyCount >= dirtyRowsMax) this.digest();
    dirty.set(key, before);
    this.#dirtyCount += 1;
  }

  #relink(kind: Kind, key: string, before: object | undefined, after: object | undefined): void {
    for (const relation of this.#incoming[kind]) {
      const { field } = relation.definition;
      const was = before && (before as Record<string, unknown>)[field];
      const is = after && (after as Record<string, unknown>)[field];
      if (was === is) continue;
      if (was === undefined && typeof is === 'string') {
        this.#admit(relation, is, key);
        relation.index.link(is, key);
        continue;
      }
      const [left, joined] = [keysIn(was), keysIn(is)];
      for (const from of joined) if (!left.includes(from)) this.#admit(relation, from, key);
      for (const from of left) if (!joined.includes(from)) relation.index.unlink(from, key);
      for (const from of joined) if (!left.includes(from)) relation.index.link(from, key);
    }
  }

  #admit({ name, definition, index }: IndexedRelation, from: string, to: string): void {
    if (!this.#tables[definition.from].has(from))
      throw new GraphIntegrityError(
        `${definition.to} ${to} refers to ${definition.from} ${from}, which does not exist`,
      );
    if (definition.cardinality === 'one-to-one' && index.count(from) > 0)
      throw new GraphIntegrityError(
        `${definition.from} ${from} already ${name} another ${definition.to}`,
      );
  }

  #reindex(kind: Kind, before: Rows[Kind] | undefined, after: Rows[Kind] | undefined): void {
    if (kind === 'process') this.#reindexProcess(before as ProcessRow, after as ProcessRow);
    else if (kind === 'host') this.#reindexHost(before as Rows['host'], after as Rows['host']);
    else if (kind === 'deadline')
      this.#reindexDeadline(before as DeadlineRow, after as DeadlineRow);
    else if (kind === 'spec') {
      const row = (after ?? before) as Rows['spec'];
      const content = JSON.stringify(row.spec);
      if (after) this.#specIds.set(content, row.id);
      else this.#specIds.delete(content);
    }
  }

  #reindexDeadline(before: DeadlineRow | undefined, after: DeadlineRow | undefined): void {
    this.deadlines.replace(before, after);
    if ((after ?? before)!.kind === 'request-expiry') this.requests.replace(before, after);
    if (before?.kind === 'endpoint-cooldown') this.endpoints.cooled(before.subject);
    if (after?.kind === 'endpoint-cooldown') this.endpoints.cool(after.subject, after.created);
  }

  #reindexProcess(before: ProcessRow | undefined, after: ProcessRow | undefined): void {
    if (before?.endpoint !== after?.endpoint) {
      if (before) this.endpoints.release(before.endpoint);
      if (after) this.endpoints.hold(after.endpoint);
    }
    if (before?.ranges !== after?.ranges) {
      if (before) this.ranges.release(before.node, before.ranges);
      if (after) this.ranges.hold(after.node, after.ranges);
    }
    if (before?.removing) this.#leavingOnNodes.unlink(`${before.node} ${before.role}`, before.fid);
    if (after?.removing) this.#leavingOnNodes.link(`${after.node} ${after.role}`, after.fid);
    if (!before || !after) this.#reindexMember((after ?? before)!, after ? 'link' : 'unlink');
    if (before?.state !== after?.state) {
      if (before) this.#countState(before.state, -1);
      if (after) this.#countState(after.state, 1);
    }
  }

  #reindexMember({ fid, node, role, spec }: ProcessRow, change: 'link' | 'unlink'): void {
    this.#rolesOnNodes[change](`${node} ${role}`, fid);
    const { type, services } = this.must('spec', spec).spec;
    if (type === 'ha') this.#haOfNodes[change](node, fid);
    if (services.includes('CONFD')) this.#confds[change === 'link' ? 'add' : 'delete'](fid);
  }

  #countState(state: string, by: number): void {
    this.#processStates.set(state, (this.#processStates.get(state) ?? 0) + by);
  }

  #reindexHost(before: Rows['host'] | undefined, after: Rows['host'] | undefined): void {
    if (before?.state !== after?.state) {
      if (before) this.#hostStates[before.state] -= 1;
      if (after) this.#hostStates[after.state] += 1;
    }
    if (after?.problem) this.#blockedHosts.add(after.fqdn);
    else if (before?.problem) this.#blockedHosts.delete(before.fqdn);
  }
}

const keysIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? (value as string[]) : [];

/** The key a row is found under. */
export const keyOf = <K extends Kind>(kind: K, row: Rows[K]): string =>
  (row as unknown as Record<string, string>)[keyFields[kind]]!;
