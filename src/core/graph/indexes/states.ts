/** How many hosts and processes there are in each state. */

import type { HostState } from '../../values/states.ts';
import type { Following, Index } from './following.ts';

export class States implements Index {
  readonly #hosts: Record<HostState, number> = { unknown: 0, up: 0, down: 0 };
  readonly #processes = new Map<string, number>();

  readonly following: Following = {
    host: (before, after) => {
      if (before?.state === after?.state) return;
      if (before) this.#hosts[before.state] -= 1;
      if (after) this.#hosts[after.state] += 1;
    },
    process: (before, after) => {
      if (before?.state === after?.state) return;
      if (before) this.#countProcess(before.state, -1);
      if (after) this.#countProcess(after.state, 1);
    },
  };

  #countProcess(state: string, by: number): void {
    this.#processes.set(state, (this.#processes.get(state) ?? 0) + by);
  }

  ofHosts(): Readonly<Record<HostState, number>> {
    return this.#hosts;
  }

  ofProcesses(): ReadonlyMap<string, number> {
    return this.#processes;
  }
}
