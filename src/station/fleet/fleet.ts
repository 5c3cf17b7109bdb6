/**
 * The rows of all machines, ready before anybody asks. A change of graph or observations makes a row old; it is made
 * anew when somebody looks, in fair turns. What was looked at is one cut: rows are immutable, and so is their list.
 */

import type { FleetRow } from '../../checks/view/row.ts';
import { byName } from '../../checks/view/natural.ts';
import { rowOf } from '../../checks/view/state.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Kind, Rows } from '../../core/graph/resources.ts';
import type { Turn } from '../fair-use/turns.ts';
import type { ScheduledMachines } from '../groups/scheduled-machines.ts';
import type { Observations } from '../observations/observations.ts';
import { machineFacts } from './machine-facts.ts';

/** All machines at one moment, in the order in which people count. */
export interface FleetCut {
  /** Grows with every change; that the same was found once more is none. */
  readonly version: number;
  /** Grows with every change that the log has, and with no other. */
  readonly logged: number;
  readonly rows: readonly FleetRow[];
}

/** So many changes are remembered for those who come again, and at least half of them. */
export const fleetChangesKept = 65_536;

export interface FleetParts {
  readonly graph: Graph;
  readonly observations: Observations;
  readonly scheduled: Pick<ScheduledMachines, 'stateOf'>;
}

export class Fleet {
  readonly #graph: Graph;
  readonly #observations: Observations;
  readonly #scheduled: FleetParts['scheduled'];
  readonly #rows = new Map<string, FleetRow>();
  /** In their order. */
  readonly #names: string[] = [];
  /** The row of each of the names. */
  readonly #inOrder: FleetRow[] = [];
  /** Machines whose rows are to be made anew, or that may be gone. */
  readonly #old = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #cut: FleetCut | null = null;
  #version = 0;
  #logged = 0;
  /** What changed, in order, and the version of each. */
  #changed: { readonly machine: string; readonly version: number }[] = [];
  /** Before this nothing is known of what changed. */
  #since = 0;

  constructor({ graph, observations, scheduled }: FleetParts) {
    this.#graph = graph;
    this.#observations = observations;
    this.#scheduled = scheduled;
    for (const { fqdn } of graph.all('host')) this.#old.add(fqdn);
    graph.watch((kind, _key, before, after) => {
      for (const row of [before, after]) {
        const fqdn = row && machineOf(kind, row);
        if (fqdn === undefined) continue;
        this.#logged += 1;
        this.#cut = null;
        this.#grows(fqdn);
      }
    });
    observations.changed(({ observations: found, forgotten }) => {
      for (const { machine } of found) this.#grows(machine);
      for (const machine of forgotten) this.#grows(machine);
    });
  }

  /** Whether no row is old. */
  get isNow(): boolean {
    return this.#old.size === 0;
  }

  /** Changes that the log has had. */
  get logged(): number {
    return this.#logged;
  }

  /** Told, at once and often, that some row is old. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Rows as they are, all of one moment.
   *
   * @throws the reason of the turn's signal
   */
  async cut(turn: Turn): Promise<FleetCut> {
    for (const machine of this.#old) {
      this.#old.delete(machine);
      this.#renew(machine);
      // What grows old meanwhile is come by later in this loop.
      if (turn.isOver) await turn.next();
    }
    return this.now();
  }

  /** The same where no row is old; those that are old are as they were. */
  now(): FleetCut {
    return (this.#cut ??= {
      version: this.#version,
      logged: this.#logged,
      rows: [...this.#inOrder],
    });
  }

  /** One machine as it is now; undefined: there is none. */
  row(machine: string): FleetRow | undefined {
    if (this.#old.delete(machine)) this.#renew(machine);
    return this.#rows.get(machine);
  }

  /** Machines that changed after a version, each once, some of which may be gone; null: nobody knows. */
  changedAfter(version: number): readonly string[] | null {
    if (version < this.#since || version > this.#version) return null;
    const names = new Set<string>();
    for (let at = this.#changed.length - 1; at >= 0; at -= 1) {
      const { machine, version: changed } = this.#changed[at]!;
      if (changed <= version) break;
      names.add(machine);
    }
    return [...names];
  }

  #grows(machine: string): void {
    this.#old.add(machine);
    for (const listener of this.#listeners) listener();
  }

  #renew(machine: string): void {
    const host = this.#graph.get('host', machine);
    const before = this.#rows.get(machine);
    if (!host && !before) return;
    this.#cut = null;
    if (!host) {
      this.#note(machine);
      this.#rows.delete(machine);
      const place = this.#placeOf(machine);
      this.#names.splice(place, 1);
      this.#inOrder.splice(place, 1);
      return;
    }
    const observed = this.#observations.allOf(machine);
    const scheduler = this.#scheduled.stateOf(machine);
    const row = rowOf(machineFacts(this.#graph, host, observed, scheduler));
    this.#rows.set(machine, row);
    const place = this.#placeOf(machine);
    if (!before) this.#names.splice(place, 0, machine);
    this.#inOrder.splice(place, before ? 1 : 0, row);
    if (!before || !isAlike(before, row)) this.#note(machine);
  }

  #note(machine: string): void {
    this.#version += 1;
    if (this.#changed.length >= fleetChangesKept) {
      const half = fleetChangesKept >> 1;
      this.#since = this.#changed[half - 1]!.version;
      this.#changed = this.#changed.slice(half);
    }
    this.#changed.push({ machine, version: this.#version });
  }

  /** Where it stands, or would. Most come in their order. */
  #placeOf(machine: string): number {
    let [low, high] = [0, this.#names.length];
    if (high > 0 && byName(this.#names[high - 1]!, machine) < 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byName(this.#names[middle]!, machine) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The machine whose row a row of the graph is part of; undefined: of none. */
const machineOf = (kind: Kind, row: Rows[Kind]): string | undefined => {
  switch (kind) {
    case 'host':
      return (row as Rows['host']).fqdn;
    case 'node':
    case 'maintenance':
    case 'notes':
    case 'observation':
      return (row as Rows['maintenance']).host;
    default:
      return undefined;
  }
};

/** Whether two rows of a machine say the same, but for when it was found. */
const isAlike = (a: FleetRow, b: FleetRow): boolean => {
  if (a.checks.length !== b.checks.length) return false;
  const isSame = a.checks.every((one, i) => {
    const other = b.checks[i]!;
    return (
      one.check === other.check &&
      one.verdict === other.verdict &&
      one.value === other.value &&
      one.text === other.text &&
      one.cause === other.cause &&
      one.soft === other.soft &&
      one.flapping === other.flapping
    );
  });
  return isSame && rest(a) === rest(b);
};

const rest = (row: FleetRow): string => JSON.stringify({ ...row, checks: null });
