/** What nodesets mean to a station: machines of the cluster, and groups of all sources. */

import { GroupBook } from '../../checks/groups/book.ts';
import { factsSource } from '../../checks/groups/facts.ts';
import type { GroupSource, Listing } from '../../checks/groups/listing.ts';
import { MachineNames } from '../../checks/groups/machine-names.ts';
import { schedulerGroups } from '../../checks/groups/scheduler-groups.ts';
import { sourcesOf } from '../../checks/groups/settings.ts';
import type { GroupSettings } from '../../checks/groups/settings.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { readNodeset } from '../../nodeset/nodeset.ts';
import type { Groups } from '../../nodeset/nodeset.ts';
import type { SchedulerSnapshot } from '../duties/scheduler-watch.ts';

export interface ResolvedNodeset {
  /** Machines of the cluster. */
  readonly hosts: readonly string[];
  /** Names that mean no machine, or several. */
  readonly unmatched: readonly string[];
}

export interface NodesetsParts {
  readonly graph: () => Graph;
  /** Grows with every change of the graph. */
  readonly revision: () => number;
  readonly now: () => number;
  readonly settings: GroupSettings;
  readonly scheduler: () => SchedulerSnapshot;
}

/** Follows what is known of the scheduler; it is asked by its own duty. */
const schedulerSource = (
  name: string,
  kind: string,
  snapshot: () => SchedulerSnapshot,
): GroupSource => {
  let known: { of: SchedulerSnapshot['rows']; listing: Listing };
  return {
    ...{ name, kind },
    now: () => {
      const { rows, warnings } = snapshot();
      if (known?.of !== rows) {
        const { warnings: others, ...listing } = schedulerGroups(rows);
        known = { of: rows, listing: { ...listing, warnings: [...warnings, ...others] } };
      }
      return known.listing;
    },
    state: snapshot,
  };
};

export class Nodesets {
  readonly book: GroupBook;
  readonly #parts: NodesetsParts;
  #machines: { readonly revision: number; readonly names: MachineNames } | undefined;

  constructor(parts: NodesetsParts) {
    this.#parts = parts;
    const { graph, revision, now, settings, scheduler } = parts;
    const others = sourcesOf(settings, (name, kind) => schedulerSource(name, kind, scheduler));
    this.book = new GroupBook([factsSource(graph, revision), ...others], now);
  }

  /** Names of the machines that there are now. */
  get machines(): MachineNames {
    const revision = this.#parts.revision();
    if (this.#machines?.revision !== revision) {
      const hosts = Array.from(this.#parts.graph().all('host'), ({ fqdn }) => fqdn);
      this.#machines = { revision, names: new MachineNames(hosts) };
    }
    return this.#machines.names;
  }

  /** Who is in groups, as of now. */
  get groups(): Groups {
    return this.book.resolver(this.machines);
  }

  /** Tells machines from names that are none. */
  matched(names: Iterable<string>): ResolvedNodeset {
    const { machines } = this;
    const hosts = new Set<string>();
    const unmatched: string[] = [];
    for (const name of names) {
      const host = machines.match(name);
      if (host === undefined) unmatched.push(name);
      else hosts.add(host);
    }
    return { hosts: [...hosts], unmatched };
  }

  /**
   * What a nodeset means here: names are those of machines where they mean one.
   *
   * @throws {NodesetError} it is none; `UnknownGroupError`: it names a group that there is not
   */
  resolve(nodeset: string): ResolvedNodeset {
    const { machines } = this;
    const nameOf = (name: string): string | undefined =>
      machines.match(name) ?? (/^[A-Za-z0-9_][\w.:-]{0,252}$/.test(name) ? name : undefined);
    return this.matched(readNodeset(nodeset, { groups: this.groups, nameOf, noun: 'host' }));
  }
}
