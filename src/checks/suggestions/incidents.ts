/** Many machines that fall silent together have one cause: a switch, the power of a chassis, a file server. */

import type { Rules } from './rules.ts';
import { neighbourhoods } from './symptoms.ts';
import type { Incident, Neighbourhood } from './symptoms.ts';

export interface Neighbour {
  readonly kind: Neighbourhood;
  readonly name: string;
}

export interface Silent {
  readonly machine: string;
  /** ms since the epoch */
  readonly since: number;
  readonly neighbours: readonly Neighbour[];
}

interface Cluster {
  readonly neighbour: Neighbour;
  readonly machines: readonly Silent[];
  readonly of: number;
}

const keyOf = ({ kind, name }: Neighbour): string => `${kind} ${name}`;

/** The longest run of machines of which each fell silent within `within` ms of the first. */
const longestRun = (silent: readonly Silent[], within: number): readonly Silent[] => {
  const sorted = silent.toSorted((a, b) => a.since - b.since || (a.machine < b.machine ? -1 : 1));
  let best = { from: 0, to: 0 };
  let from = 0;
  for (let to = 0; to < sorted.length; to++) {
    while (sorted[to]!.since - sorted[from]!.since > within) from++;
    if (to + 1 - from > best.to - best.from) best = { from, to: to + 1 };
  }
  return sorted.slice(best.from, best.to);
};

/** What explains most: a neighbourhood most of which is silent, the largest such; else that with the largest share. */
const byWeight = (a: Cluster, b: Cluster): number => {
  const shareOf = ({ machines, of }: Cluster): number => machines.length / Math.max(of, 1);
  const isMost = (cluster: Cluster): number => (shareOf(cluster) >= 0.5 ? 1 : 0);
  const rankOf = ({ neighbour }: Cluster): number => neighbourhoods.indexOf(neighbour.kind);
  return (
    isMost(b) - isMost(a) ||
    (isMost(a) ? b.machines.length - a.machines.length : shareOf(b) - shareOf(a)) ||
    rankOf(a) - rankOf(b) ||
    (a.neighbour.name < b.neighbour.name ? -1 : 1)
  );
};

/**
 * The incidents among machines that are silent. Each machine is in one at most: in the neighbourhood that explains
 * most of them.
 *
 * @param sizes how many machines a neighbourhood has, by kind and name
 */
export const incidentsOf = (
  silent: readonly Silent[],
  sizeOf: (neighbour: Neighbour) => number,
  { correlated }: Rules,
): Incident[] => {
  const byNeighbour = new Map<string, { neighbour: Neighbour; machines: Silent[] }>();
  for (const each of silent)
    for (const neighbour of each.neighbours) {
      const known = byNeighbour.get(keyOf(neighbour));
      if (known) known.machines.push(each);
      else byNeighbour.set(keyOf(neighbour), { neighbour, machines: [each] });
    }
  const explained = new Set<string>();
  const clusterOf = ({
    neighbour,
    machines,
  }: {
    neighbour: Neighbour;
    machines: Silent[];
  }): Cluster => ({
    neighbour,
    machines: longestRun(
      machines.filter(({ machine }) => !explained.has(machine)),
      correlated.within * 1000,
    ),
    of: sizeOf(neighbour),
  });
  const isMany = ({ neighbour, machines }: Cluster): boolean =>
    machines.length >= correlated.least[neighbour.kind];
  const incidents: Incident[] = [];
  const candidates = [...byNeighbour.values()].map(clusterOf).filter(isMany).sort(byWeight);
  for (const { neighbour } of candidates) {
    // Again and again: those of one neighbourhood may have fallen silent at two times.
    for (;;) {
      const cluster = clusterOf(byNeighbour.get(keyOf(neighbour))!);
      if (!isMany(cluster)) break;
      for (const { machine } of cluster.machines) explained.add(machine);
      incidents.push(incidentFrom(cluster));
    }
  }
  return incidents;
};

const incidentFrom = ({ neighbour: { kind, name }, machines, of }: Cluster): Incident => {
  const first = machines[0]!.since;
  return {
    id: `${kind}/${name}/${first}`,
    kind,
    name,
    machines: machines.map(({ machine }) => machine).sort(),
    of,
    first,
    last: machines.at(-1)!.since,
  };
};
