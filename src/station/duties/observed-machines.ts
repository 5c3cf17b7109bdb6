/** Keeps observations of the machines that there are: those of one that leaves are forgotten, those of a renamed one go on. */

import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import type { Observations } from '../observations/observations.ts';
import type { Duty } from './duty.ts';

export interface ObservedMachinesParts {
  readonly log: EventLog;
  readonly graph: () => Graph;
  readonly observations: Observations;
}

const leaving: ReadonlySet<string> = new Set(['HostRemoved', 'ClusterReset']);

export class ObservedMachines implements Duty {
  readonly #parts: ObservedMachinesParts;
  #unsubscribe: (() => void) | null = null;

  constructor(parts: ObservedMachinesParts) {
    this.#parts = parts;
  }

  start(): void {
    const { log } = this.#parts;
    this.#unsubscribe = log.subscribe(log.head(), (commit) => this.#take(commit));
    this.#forgetMissing();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  #take({ events }: Commit): void {
    const { observations } = this.#parts;
    for (const { type, data } of events) {
      if (type !== 'HostRenamed') continue;
      const { from, to } = data as { from: string; to: string };
      observations.rename(from, to);
    }
    if (events.some(({ type }) => leaving.has(type))) this.#forgetMissing();
  }

  #forgetMissing(): void {
    const { graph, observations } = this.#parts;
    const hosts = graph();
    observations.forget([...observations.machines].filter((fqdn) => !hosts.get('host', fqdn)));
  }
}
