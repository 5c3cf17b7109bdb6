/** What came of reboots, as the graph remembers their orders: what suggestions learn from. */

import type { Action } from '../../checks/suggestions/actions.ts';
import { experienceOf } from '../../checks/suggestions/confidence.ts';
import type { Experience } from '../../checks/suggestions/confidence.ts';
import type { Attempt } from '../../checks/suggestions/symptoms.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { OrderRow } from '../../core/graph/rows/obms.ts';
import { byText } from '../../core/graph/sorted-keys.ts';

const dayMs = 86_400_000;

/** Whether it may have reached the machine; what was refused before is no attempt. */
const mayBeSent = ({ state }: OrderRow): boolean => state === 'done' || state === 'unknown';

export class Reboots {
  readonly #graph: Graph;
  /** Machines with orders that reboot them. */
  readonly #machines = new Set<string>();
  #experience: { readonly until: number; readonly made: Experience } | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const order of graph.all('order')) if (order.reboot) this.#machines.add(order.host);
    graph.watch((kind, _key, before, after) => {
      if (kind !== 'order') return;
      for (const row of [before, after])
        if (row && 'reboot' in row && row.reboot) {
          this.#machines.add(row.host);
          this.#experience = undefined;
        }
    });
  }

  /** What was done about a machine, the oldest first. */
  of(machine: string, at: number): Attempt[] {
    const orders = [...this.#graph.many('obeys', machine)]
      .filter((row) => row.reboot !== undefined && mayBeSent(row))
      .sort((a, b) => a.created - b.created);
    return orders.map((order, i) => attemptOf(order, orders.slice(i + 1), at));
  }

  /** Of all machines. Whether something lasted is seen again after a minute. */
  experience(at: number): Experience {
    if (this.#experience && at < this.#experience.until) return this.#experience.made;
    const attempts = [...this.#machines].sort(byText).flatMap((machine) => this.of(machine, at));
    this.#experience = { until: at + 60_000, made: experienceOf(attempts) };
    return this.#experience.made;
  }
}

/** It worked where the host was up again, and nobody had to do the same within a day. */
const attemptOf = (order: OrderRow, later: readonly OrderRow[], at: number): Attempt => {
  const { host: machine, reboot, since, awaited } = order;
  const { symptom, action, hardware } = reboot!;
  const isBack = awaited?.outcome === 'back' || awaited?.outcome === 'up';
  const isAgain = later.some(
    (other) => other.reboot?.symptom === symptom && other.since - since < dayMs,
  );
  const outcome =
    awaited?.outcome === 'away' || isAgain
      ? 'failed'
      : isBack && at - since >= dayMs
        ? 'worked'
        : 'pending';
  return {
    ...{ machine, hardware, at: since, outcome },
    symptom: symptom ?? 'none',
    action: action as Action,
  };
};
