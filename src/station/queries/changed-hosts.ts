/** Which hosts look otherwise in the status than they did at a revision, so that who watches reads only those. */

import type { Graph } from '../../core/graph/graph.ts';
import type { Kind, Rows } from '../../core/graph/resources.ts';
import type { Revision } from '../../core/values/revision.ts';

/** So many changes are remembered, and at least half of them; each takes about 50 bytes. */
export const changesKept = 65_536;

/** The names of the hosts whose picture a row is part of; null: of all hosts. */
const hostsOf = (graph: Graph, kind: Kind, row: Rows[Kind]): readonly string[] | null => {
  switch (kind) {
    case 'host':
      return [(row as Rows['host']).fqdn];
    case 'node':
    case 'recovery':
      return [(row as Rows['node']).host];
    case 'process': {
      const node = graph.get('node', (row as Rows['process']).node);
      return node ? [node.host] : [];
    }
    case 'deadline': {
      const deadline = row as Rows['deadline'];
      return deadline.kind === 'recovery-attempt' ? [deadline.subject] : [];
    }
    case 'var':
    case 'policy':
      return null;
    default:
      return [];
  }
};

/**
 * Follows a graph from when it is made. It may name a host too many, where something was tried or taken back, and never
 * one too few.
 */
export class ChangedHosts {
  readonly #graph: Graph;
  readonly #head: () => Revision;
  readonly #kept: number;
  /** In the order of the revisions; a host once in each. */
  #changes: { readonly revision: number; readonly fqdn: string }[] = [];
  /** Those of the last revision. */
  readonly #last = new Set<string>();
  #revision: number;
  /** Before this nothing is known. */
  #since: number;
  /** When the number of hosts in some state changed last: what is done about lost ones depends on it. */
  #counted = 0;

  /** @param head revision of the graph; changes of the next one are seen before it has that */
  constructor(graph: Graph, head: () => Revision, kept = changesKept) {
    this.#graph = graph;
    this.#head = head;
    this.#kept = kept;
    this.#revision = head();
    this.#since = head();
    graph.watch((kind, _key, before, after) => this.#note(kind, before, after));
  }

  #note(kind: Kind, before: Rows[Kind] | undefined, after: Rows[Kind] | undefined): void {
    // What is taken back lowers the head. Revisions must be in order, and to name one later names a host too many.
    const revision = Math.max(this.#revision, this.#head() + 1);
    if (revision > this.#revision) this.#last.clear();
    this.#revision = revision;
    for (const row of [before, after]) {
      const names = row && hostsOf(this.#graph, kind, row);
      if (names === null) this.#forget(this.#changes.length, revision);
      for (const fqdn of names ?? []) this.#add(fqdn, revision);
    }
    if (kind !== 'host') return;
    const [was, is] = [before, after] as (Rows['host'] | undefined)[];
    if (was?.state !== is?.state) this.#counted = revision;
  }

  #add(fqdn: string, revision: number): void {
    if (this.#last.has(fqdn)) return;
    this.#last.add(fqdn);
    if (this.#changes.length >= this.#kept) {
      const half = this.#kept >> 1;
      this.#forget(half, this.#changes[half - 1]!.revision);
    }
    this.#changes.push({ revision, fqdn });
  }

  #forget(count: number, since: number): void {
    this.#changes = this.#changes.slice(count);
    this.#since = since;
  }

  /** Names, in order, of hosts that changed after a revision, some of which may be gone; null: nobody knows. */
  after(revision: number): readonly string[] | null {
    if (revision < this.#since || revision > this.#head()) return null;
    const names = new Set<string>();
    for (let at = this.#changes.length - 1; at >= 0; at -= 1) {
      const change = this.#changes[at]!;
      if (change.revision <= revision) break;
      names.add(change.fqdn);
    }
    if (this.#counted > revision)
      for (const { host } of this.#graph.all('recovery')) names.add(host);
    return [...names].sort();
  }
}
