/** Hosts that somebody should look at, in the order of their names. */

import { calmStates } from '../../values/states.ts';
import { missingRoles } from '../missing-roles.ts';
import type { HostRow } from '../rows/hosts.ts';
import type { ProcessRow } from '../rows/processes.ts';
import { byText, SortedKeys } from '../sorted-keys.ts';
import { Tally } from './adjacency.ts';
import type { Following, Index, Lookup } from './following.ts';

/** So many hosts of which something changed are looked at together, each once. */
const lookedAtTogether = 64;

/**
 * A host that is down, waits for something, lacks something, or has a process that is not calm. Many changes of one
 * host come one after the other, so they are noted, and the host is looked at later: soon, or when somebody asks.
 */
export class Problems implements Index {
  readonly #lookup: Lookup;
  readonly #fqdns = new SortedKeys(byText);
  /** By node, processes that are not calm. */
  readonly #restless = new Tally();
  /** Names of hosts that are to be looked at. */
  readonly #changed = new Set<string>();
  /** The node whose host was noted last. */
  #noted: string | undefined;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  readonly following: Following = {
    host: (before, after) => {
      if (before && after && isAsGood(before, after)) return;
      this.#note((after ?? before)!.fqdn);
    },
    node: (before, after) => {
      if (before) this.#note(before.host);
      if (after && after.host !== before?.host) this.#note(after.host);
    },
    process: (before, after) => {
      const [was, is] = [isRestless(before), isRestless(after)];
      if (before && after && was === is && before.removing === after.removing) return;
      const { node } = (after ?? before)!;
      if (was) this.#restless.unlink(node);
      if (is) this.#restless.link(node);
      if (node === this.#noted) return;
      this.#note(this.#lookup.must('node', node).host);
      this.#noted = node;
    },
  };

  #note(fqdn: string): void {
    // Before, not after: other indexes may not have heard of this change yet.
    if (this.#changed.size >= lookedAtTogether) this.#look();
    this.#changed.add(fqdn);
  }

  #look(): void {
    for (const fqdn of this.#changed) {
      const host = this.#lookup.get('host', fqdn);
      if (host && this.#isProblem(host)) this.#fqdns.add(fqdn);
      else this.#fqdns.delete(fqdn);
    }
    this.#changed.clear();
    this.#noted = undefined;
  }

  #isProblem(host: HostRow): boolean {
    if (host.state === 'down' || host.problem !== '') return true;
    if (host.pending.length > 0 || host.refused.length > 0) return true;
    const node = this.#lookup.one('runs', host.fqdn);
    if (node && this.#restless.count(node.fid) > 0) return true;
    return missingRoles(this.#lookup, host).length > 0;
  }

  /** The next names after one; from the first without one. */
  after(fqdn: string | undefined, count: number): string[] {
    this.#look();
    return this.#fqdns.after(fqdn, count);
  }

  has(fqdn: string): boolean {
    this.#look();
    return this.#fqdns.has(fqdn);
  }
}

/** Whether a change of a host left alone what makes it one to look at. */
const isAsGood = (before: HostRow, after: HostRow): boolean =>
  before.state === after.state &&
  before.problem === after.problem &&
  before.pending === after.pending &&
  before.refused === after.refused &&
  before.roles === after.roles &&
  before.allocated === after.allocated;

const isRestless = (process: ProcessRow | undefined): boolean =>
  process !== undefined && !calmStates.has(process.state);
