/** What the batch scheduler said last of each machine, by the names that the cluster has for them. */

import { schedulerFinding } from '../../checks/catalogue/scheduler.ts';
import type { Finding } from '../../checks/check.ts';
import type { MachineNames } from '../../checks/groups/machine-names.ts';
import type { SchedulerRow } from '../../checks/scheduler/row.ts';
import { shortState } from '../../checks/scheduler/slurm-states.ts';
import type { Scheduled } from '../../checks/suggestions/symptoms.ts';
import type { SchedulerState } from '../../checks/view/row.ts';
import type { SchedulerSnapshot, SchedulerWatch } from '../duties/scheduler-watch.ts';
import type { Scheduling } from '../suggestions/scheduling.ts';

export interface ScheduledMachinesParts {
  readonly watch: Pick<SchedulerWatch, 'snapshot' | 'subscribe'>;
  readonly machines: () => MachineNames;
}

/** A machine of which the scheduler was asked, and what that comes to as a check. */
export interface ScheduledFinding extends Finding {
  readonly machine: string;
  readonly observedAt: number;
}

export class ScheduledMachines implements Scheduling {
  readonly #parts: ScheduledMachinesParts;
  #of: SchedulerSnapshot['rows'] | null = null;
  #rows: ReadonlyMap<string, SchedulerRow> = new Map();
  #sizes: ReadonlyMap<string, number> = new Map();
  #version = 0;

  constructor(parts: ScheduledMachinesParts) {
    this.#parts = parts;
  }

  get version(): number {
    this.#follow();
    return this.#version;
  }

  /** Undefined: the scheduler does not know it, or there is none. */
  rowOf(machine: string): SchedulerRow | undefined {
    return this.#follow().get(machine);
  }

  of(machine: string): Scheduled | null {
    const row = this.rowOf(machine);
    if (!row) return null;
    const { state, flags, reason, reasonUser, reasonAt, jobs } = row;
    return {
      ...{ state, reason, since: reasonAt },
      flags: flags.map((flag) => flag.toLowerCase()),
      author: reasonUser ?? '',
      // Slurm counts them and does not name them.
      jobs: jobs === null ? null : [],
      ...(jobs === null ? {} : { jobCount: jobs }),
      observedAt: this.#parts.watch.snapshot.readAt ?? 0,
    };
  }

  /** As the fleet's table shows it. */
  stateOf(machine: string): SchedulerState | null {
    const row = this.rowOf(machine);
    if (!row) return null;
    const { reason, reasonUser: by, reasonAt: since, partitions } = row;
    return { state: shortState(row), reason, by, since, partitions };
  }

  /** Machines for which it has a reason. */
  get reasoned(): readonly string[] {
    return [...this.#follow()].flatMap(([machine, { reason }]) => (reason === '' ? [] : machine));
  }

  partitionsOf(machine: string): readonly string[] {
    return this.rowOf(machine)?.partitions ?? [];
  }

  sizeOf(partition: string): number {
    this.#follow();
    return this.#sizes.get(partition) ?? 0;
  }

  /**
   * Tells of all machines after each answer of the scheduler; machines that it does not know any more are told once
   * more. A scheduler that does not answer tells nothing: what it said before grows old.
   */
  subscribe(listener: (found: readonly ScheduledFinding[]) => void): () => void {
    return this.#parts.watch.subscribe((now, before) => {
      if (now.rows === before.rows) return;
      const known = this.#rows;
      const rows = this.#follow();
      const observedAt = now.readAt!;
      const gone = [...known.keys()].filter((machine) => !rows.has(machine));
      listener(
        [...rows.keys(), ...gone].map((machine) => ({
          ...{ machine, observedAt },
          ...schedulerFinding(rows.get(machine)),
        })),
      );
    });
  }

  /** Names are matched once an answer: a host that comes later is known with the next one. */
  #follow(): ReadonlyMap<string, SchedulerRow> {
    const { rows } = this.#parts.watch.snapshot;
    if (rows === this.#of) return this.#rows;
    this.#of = rows;
    this.#version += 1;
    const machines = this.#parts.machines();
    const found = new Map<string, SchedulerRow>();
    const sizes = new Map<string, number>();
    for (const row of rows) {
      const machine = machines.match(row.node);
      if (machine !== undefined) found.set(machine, row);
      for (const partition of row.partitions) sizes.set(partition, (sizes.get(partition) ?? 0) + 1);
    }
    this.#sizes = sizes;
    return (this.#rows = found);
  }
}
