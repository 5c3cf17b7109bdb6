/** All that the station knows of a machine, as rules take it. */

import type { Observation } from '../../checks/observation.ts';
import type { Neighbour } from '../../checks/suggestions/incidents.ts';
import type {
  Attempt,
  Incident,
  PowerSeen,
  Seen,
  Symptoms,
} from '../../checks/suggestions/symptoms.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { hasEnded, isAwaiting } from '../../core/graph/rows/obms.ts';
import type { OrderRow } from '../../core/graph/rows/obms.ts';
import { isOver } from '../../core/graph/rows/procedures.ts';
import { rebootOf } from '../../core/lifecycle/reboots.ts';
import { orderText } from '../../core/values/obm.ts';
import type { Scheduling } from './scheduling.ts';

export interface Surroundings {
  readonly graph: Graph;
  readonly scheduling: Scheduling;
  /** Of the machine, all of them. */
  readonly observations: readonly Observation[];
  readonly sinceOf: (observation: Observation) => number;
  readonly incident: Incident | null;
  /** What was done about the machine lately. */
  readonly attempts: readonly Attempt[];
  /** ms since the epoch */
  readonly at: number;
}

const gib = 1024;

/** What tells one make of machines from another, as far as agents know. */
export const hardwareOf = (graph: Graph, machine: string): string => {
  const facts = graph.get('host', machine)?.facts;
  return facts ? `${facts.cpus} CPUs, ${Math.round(facts.memory_mib / gib)} GiB` : '';
};

export const symptomsOf = (machine: string, surroundings: Surroundings): Symptoms => {
  const { graph, scheduling, observations, sinceOf, incident, attempts, at } = surroundings;
  const kept = graph.get('maintenance', machine);
  return {
    machine,
    at,
    hardware: hardwareOf(graph, machine),
    observations: observations.map((observation): Seen => ({
      ...observation,
      since: sinceOf(observation),
    })),
    scheduler: scheduling.of(machine),
    power: powerOf(graph, machine, observations),
    maintenance: kept ? { reason: kept.reason, by: kept.by } : null,
    notes: [],
    attempts,
    underWay: underWayOf(graph, machine),
    incident,
  };
};

const powerOf = (
  graph: Graph,
  machine: string,
  observations: readonly Observation[],
): PowerSeen | null => {
  const power = observations.find(({ check }) => check === 'power');
  const ipmi = observations.find(({ check }) => check === 'ipmi');
  if (!power && !ipmi) return null;
  const isKnown =
    ipmi && (ipmi.verdict === 'ok' || ipmi.verdict === 'warn' || ipmi.verdict === 'fail');
  return {
    state: power?.value === 'on' || power?.value === 'off' ? power.value : 'unknown',
    isBmcReached: isKnown ? ipmi.verdict !== 'fail' : null,
    observedAt: Math.min(power?.observedAt ?? Infinity, ipmi?.observedAt ?? Infinity),
    offOnPurpose: offOnPurpose(graph, machine),
  };
};

const ordersOf = (graph: Graph, machine: string): OrderRow[] =>
  [...graph.many('obeys', machine)].sort((a, b) => a.created - b.created);

/**
 * The order by which it was switched off, where nothing that was carried out since switches it on. A reboot switches on
 * what it has switched off.
 */
const offOnPurpose = (graph: Graph, machine: string): string | null => {
  const last = ordersOf(graph, machine).findLast(
    (row) =>
      row.order.kind === 'power' &&
      (row.state === 'done' || row.state === 'unknown') &&
      rebootOf(graph, row) === undefined,
  );
  if (last?.order.kind !== 'power') return null;
  const { action } = last.order;
  return action === 'off' || action === 'soft' ? `operation ${last.created}` : null;
};

const underWayOf = (graph: Graph, machine: string): string | null => {
  const procedure = [...graph.many('undergoes', machine)].findLast((row) => !isOver(row));
  if (procedure) return `${procedure.plan.kind} is under way: operation ${procedure.created}`;
  const order = ordersOf(graph, machine).findLast((row) => !hasEnded(row) || isAwaiting(row));
  if (order) return `${orderText(order.order)} is under way: operation ${order.created}`;
  return graph.one('recovers', machine)?.steps?.doing
    ? 'Halcyon recovers it just now: see its recovery policy'
    : null;
};

/** What it has in common with others. */
export const neighboursOf = (
  graph: Graph,
  scheduling: Scheduling,
  machine: string,
): readonly Neighbour[] => {
  const enclosure = graph.get('host', machine)?.enclosure;
  const rack = !enclosure ? undefined : graph.get('enclosure', enclosure)?.rack;
  return [
    ...(!enclosure ? [] : [{ kind: 'chassis', name: enclosure } as const]),
    ...(rack === undefined ? [] : [{ kind: 'rack', name: rack } as const]),
    ...scheduling.partitionsOf(machine).map((name) => ({ kind: 'partition', name }) as const),
  ];
};

/** How many machines have it in common. */
export const sizeOf = (graph: Graph, scheduling: Scheduling, { kind, name }: Neighbour): number => {
  switch (kind) {
    case 'chassis':
      return graph.related('houses', name);
    case 'rack':
      return [...graph.many('holds', name)].reduce(
        (count, enclosure) => count + graph.related('houses', enclosure.name),
        0,
      );
    case 'partition':
      return scheduling.sizeOf(name);
    case 'switch':
      return 0;
  }
};
