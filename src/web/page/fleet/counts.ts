/** How many machines there are of what. */

import { machineColumns } from '../../../checks/view/columns.ts';
import type { Tone } from '../../../checks/view/columns.ts';
import type { FleetRow, MachineState } from '../../../checks/view/row.ts';
import { isProblem, statesWorstFirst } from '../../../checks/view/state.ts';

export interface FleetCounts {
  readonly total: number;
  /** That somebody should look at. */
  readonly problems: number;
  readonly maintenance: number;
  /** The worst first; those that there are none of are left out. */
  readonly states: readonly (readonly [state: MachineState, count: number])[];
}

export const countsOf = (rows: Iterable<FleetRow>): FleetCounts => {
  const states = new Map<MachineState, number>();
  let [total, problems, maintenance] = [0, 0, 0];
  for (const row of rows) {
    total += 1;
    if (isProblem(row)) problems += 1;
    if (row.maintenance) maintenance += 1;
    states.set(row.state, (states.get(row.state) ?? 0) + 1);
  }
  const counted = statesWorstFirst.flatMap((state) => {
    const count = states.get(state);
    return count === undefined ? [] : [[state, count] as const];
  });
  return { total, problems, maintenance, states: counted };
};

const stateColumn = machineColumns.find(({ id }) => id === 'state')!;

/** As the table colours it where nobody works on the machine. */
export const toneOfState = (state: MachineState): Tone =>
  stateColumn.tone!({ state, maintenance: null } as FleetRow);

/** A shape of its own for each state: colour alone says nothing. */
export const signOfState: Readonly<Record<MachineState, string>> = {
  up: '●',
  ssh: '◧',
  ping: '◨',
  on: '▲',
  off: '○',
  bmc: '◇',
  dark: '✖',
  unknown: '?',
};
