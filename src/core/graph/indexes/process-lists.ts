/** Processes in the order of their fids: all in one state, all of one role, and those that are both. */

import type { ProcessState } from '../../values/states.ts';
import type { ProcessRow } from '../rows/processes.ts';
import { byAge, SortedKeys } from '../sorted-keys.ts';
import type { Following, Index, Lookup } from './following.ts';

/** Which processes are listed; what is absent is not asked for, and one of the two is there. */
export interface ProcessFilter {
  readonly role?: string | undefined;
  readonly state?: ProcessState | undefined;
}

/** Lists by state, and under `any` the one of all states. */
type ByState = Map<ProcessState | 'any', SortedKeys>;

/**
 * The state is the one that is shown (see `shownState`): when a host is lost or comes back, its processes go from
 * list to list.
 */
export class ProcessLists implements Index {
  readonly #lookup: Lookup;
  readonly #ofRoles = new Map<string, ByState>();
  readonly #ofAll: ByState = new Map();
  /** Nodes whose hosts are down. */
  readonly #down = new Set<string>();

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  readonly following: Following = {
    process: (before, after) => {
      const was = before && this.#shownIn(before);
      const is = after && this.#shownIn(after);
      if (was === is && before?.role === after?.role) return;
      if (before) this.#take(before, was!, after?.role !== before.role);
      if (after) this.#put(after, is!, after.role !== before?.role);
    },
    host: (before, after) => {
      if ((before?.state === 'down') === (after?.state === 'down')) return;
      const node = this.#lookup.one('runs', (after ?? before)!.fqdn);
      if (node) this.#turn(node.fid, after?.state === 'down');
    },
    node: (before, after) => {
      const { fid } = (after ?? before)!;
      this.#turn(
        fid,
        after !== undefined && this.#lookup.must('host', after.host).state === 'down',
      );
    },
  };

  /** All processes of a node are shown otherwise. */
  #turn(node: string, isDown: boolean): void {
    if (this.#down.has(node) === isDown) return;
    const rows = [...this.#lookup.many('hosts', node)];
    for (const row of rows) this.#take(row, this.#shownIn(row), false);
    this.#down[isDown ? 'add' : 'delete'](node);
    for (const row of rows) this.#put(row, this.#shownIn(row), false);
  }

  #shownIn({ state, node }: ProcessRow): ProcessState {
    return state !== 'failed' && this.#down.has(node) ? 'inhibited' : state;
  }

  #put({ fid, role }: ProcessRow, state: ProcessState, isNewOfRole: boolean): void {
    let ofRole = this.#ofRoles.get(role);
    if (!ofRole) this.#ofRoles.set(role, (ofRole = new Map() as ByState));
    listOf(this.#ofAll, state).add(fid);
    listOf(ofRole, state).add(fid);
    if (isNewOfRole) listOf(ofRole, 'any').add(fid);
  }

  #take({ fid, role }: ProcessRow, state: ProcessState, isGoneFromRole: boolean): void {
    const ofRole = this.#ofRoles.get(role)!;
    listOf(this.#ofAll, state).delete(fid);
    listOf(ofRole, state).delete(fid);
    if (!isGoneFromRole) return;
    const all = listOf(ofRole, 'any');
    all.delete(fid);
    if (all.size === 0) this.#ofRoles.delete(role);
  }

  /** The next fids after one, the oldest first; from the first without one. */
  after({ role, state }: ProcessFilter, fid: string | undefined, count: number): string[] {
    const lists = role === undefined ? this.#ofAll : this.#ofRoles.get(role);
    return lists?.get(state ?? 'any')?.after(fid, count) ?? [];
  }

  /** How many there are in each state. */
  counts(): ReadonlyMap<ProcessState, number> {
    return new Map(
      Array.from(this.#ofAll, ([state, { size }]) => [state as ProcessState, size] as const),
    );
  }

  /** How many of a role there are in each state. */
  countsOf(role: string): ReadonlyMap<ProcessState, number> {
    const counts = new Map<ProcessState, number>();
    for (const [state, { size }] of this.#ofRoles.get(role) ?? [])
      if (state !== 'any' && size > 0) counts.set(state, size);
    return counts;
  }
}

const listOf = (lists: ByState, state: ProcessState | 'any'): SortedKeys => {
  let list = lists.get(state);
  if (!list) lists.set(state, (list = new SortedKeys(byAge)));
  return list;
};
