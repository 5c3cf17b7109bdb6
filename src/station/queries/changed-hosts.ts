/** Which hosts look otherwise in the status than they did at a revision, so that who watches reads only those. */

import type { Graph } from '../../core/graph/graph.ts';
import type { Kind, Rows } from '../../core/graph/resources.ts';
import type { Revision } from '../../core/values/revision.ts';

/** So many changes are remembered, and at least half of them; each takes 8 bytes and 8 for its revision. */
export const changesKept = 65_536;

/** The name of the host whose picture a row is part of; undefined: of none, null: of all hosts. */
const hostOf = (graph: Graph, kind: Kind, row: Rows[Kind]): string | undefined | null => {
  switch (kind) {
    case 'host':
      return (row as Rows['host']).fqdn;
    case 'node':
    case 'recovery':
      return (row as Rows['node']).host;
    case 'process':
      return graph.get('node', (row as Rows['process']).node)?.host;
    case 'deadline': {
      const deadline = row as Rows['deadline'];
      return deadline.kind === 'recovery-attempt' ? deadline.subject : undefined;
    }
    case 'var':
    case 'policy':
      return null;
    default:
      return undefined;
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
  /** What changed, in the order of the revisions; a host once in each. */
  #fqdns: string[] = [];
  /** When each of them did. */
  #revisions: number[] = [];
  /** Those of the last revision, where it changed more than one. */
  #several: Set<string> | null = null;
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
    if (revision > this.#revision) this.#several = null;
    this.#revision = revision;
    if (before) this.#add(hostOf(this.#graph, kind, before));
    if (after) this.#add(hostOf(this.#graph, kind, after));
    if (kind !== 'host') return;
    const was = (before as Rows['host'] | undefined)?.state;
    if (was !== (after as Rows['host'] | undefined)?.state) this.#counted = revision;
  }

  #add(fqdn: string | undefined | null): void {
    if (fqdn === null) this.#forget(this.#fqdns.length, this.#revision);
    if (typeof fqdn !== 'string' || this.#isNoted(fqdn)) return;
    this.#several?.add(fqdn);
    if (this.#fqdns.length >= this.#kept) {
      const half = this.#kept >> 1;
      this.#forget(half, this.#revisions[half - 1]!);
    }
    this.#fqdns.push(fqdn);
    this.#revisions.push(this.#revision);
  }

  /** Whether the last revision is known to have changed a host. Most change one, and need no set for that. */
  #isNoted(fqdn: string): boolean {
    const last = this.#fqdns.length - 1;
    if (last < 0 || this.#revisions[last] !== this.#revision) return false;
    if (this.#fqdns[last] === fqdn) return true;
    this.#several ??= new Set([this.#fqdns[last]!]);
    return this.#several.has(fqdn);
  }

  #forget(count: number, since: number): void {
    this.#fqdns = this.#fqdns.slice(count);
    this.#revisions = this.#revisions.slice(count);
    this.#since = since;
  }

  /** Names, in order, of hosts that changed after a revision, some of which may be gone; null: nobody knows. */
  after(revision: number): readonly string[] | null {
    if (revision < this.#since || revision > this.#head()) return null;
    const names = new Set<string>();
    for (let at = this.#fqdns.length - 1; at >= 0 && this.#revisions[at]! > revision; at -= 1)
      names.add(this.#fqdns[at]!);
    if (this.#counted > revision)
      for (const { host } of this.#graph.all('recovery')) names.add(host);
    return [...names].sort();
  }
}
