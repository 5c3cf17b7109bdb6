/** What came of reboots, as the graph remembers them: what suggestions learn from. */

import type { Action } from '../../checks/suggestions/actions.ts';
import { experienceOf } from '../../checks/suggestions/confidence.ts';
import type { Experience } from '../../checks/suggestions/confidence.ts';
import type { Attempt } from '../../checks/suggestions/symptoms.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { OrderRow } from '../../core/graph/rows/obms.ts';
import { isOver } from '../../core/graph/rows/procedures.ts';
import type { ProcedureRow } from '../../core/graph/rows/procedures.ts';
import { byText } from '../../core/graph/sorted-keys.ts';
import { isSent } from '../../core/procedures/reboot.ts';
import type { RebootNote } from '../../core/values/reboots.ts';

const dayMs = 86_400_000;

/** One that may have reached its machine; what was refused before is none. */
interface Done {
  readonly created: number;
  readonly machine: string;
  readonly note: RebootNote;
  /** When it was done, ms since the epoch. */
  readonly since: number;
  /** Whether the host was up again; null: nobody knows yet. */
  readonly isBack: boolean | null;
}

/** As logs of versions have it that gave one order. */
const byOrder = ({ created, host: machine, reboot, since, awaited, state }: OrderRow): Done[] => {
  if (!reboot || (state !== 'done' && state !== 'unknown')) return [];
  const outcome = awaited?.outcome ?? null;
  return [{ created, machine, note: reboot, since, isBack: outcome && outcome !== 'away' }];
};

const byProcedure = (row: ProcedureRow): Done[] => {
  const { created, host: machine, reboot, since, state } = row;
  if (!reboot || !isOver(row) || !isSent(row)) return [];
  const isBack = state === 'cancelled' ? null : state === 'done';
  return [{ created, machine, note: reboot, since, isBack }];
};

export class Reboots {
  readonly #graph: Graph;
  /** Machines that were rebooted, or are. */
  readonly #machines = new Set<string>();
  #experience: { readonly until: number; readonly made: Experience } | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const kind of ['order', 'procedure'] as const)
      for (const row of graph.all(kind)) if (row.reboot) this.#machines.add(row.host);
    graph.watch((kind, _key, before, after) => {
      if (kind !== 'order' && kind !== 'procedure') return;
      for (const row of [before, after])
        if (row && 'reboot' in row && row.reboot) {
          this.#machines.add(row.host);
          this.#experience = undefined;
        }
    });
  }

  /** What was done about a machine, the oldest first. */
  of(machine: string, at: number): Attempt[] {
    const all = [
      ...[...this.#graph.many('obeys', machine)].flatMap(byOrder),
      ...[...this.#graph.many('undergoes', machine)].flatMap(byProcedure),
    ].sort((a, b) => a.created - b.created);
    return all.map((one, i) => attemptOf(one, all.slice(i + 1), at));
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
const attemptOf = (
  { machine, note, since, isBack }: Done,
  later: readonly Done[],
  at: number,
): Attempt => {
  const { symptom, action, hardware } = note;
  const isAgain = later.some(
    (other) => other.note.symptom === symptom && other.since - since < dayMs,
  );
  const outcome =
    isBack === false || isAgain ? 'failed' : isBack && at - since >= dayMs ? 'worked' : 'pending';
  return {
    ...{ machine, hardware, at: since, outcome },
    symptom: symptom ?? 'none',
    action: action as Action,
  };
};
