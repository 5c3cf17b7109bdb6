/** How many machines are in which state. */

import type { FleetRow } from '../../checks/view/row.ts';
import { isProblem } from '../../checks/view/state.ts';
import type { FleetSummary } from '../../contract/fleet.ts';

type Moment = Pick<FleetSummary, 'version' | 'revision' | 'at'>;

interface Found {
  readonly verdicts: Map<string, number>;
  newest: number | null;
  oldest: number | null;
}

const add = (counts: Map<string, number>, word: string): void =>
  void counts.set(word, (counts.get(word) ?? 0) + 1);

/** Where it yields, others may have a turn. */
export function* summaryOf(
  rows: readonly FleetRow[],
  passes: (row: FleetRow) => boolean,
  moment: Moment,
): Generator<undefined, FleetSummary> {
  const [states, verdicts] = [new Map<string, number>(), new Map<string, number>()];
  const checks = new Map<string, Found>();
  let [total, problems, maintenance] = [0, 0, 0];
  for (const row of rows) {
    yield;
    if (!passes(row)) continue;
    total += 1;
    if (isProblem(row)) problems += 1;
    if (row.maintenance) maintenance += 1;
    add(states, row.state);
    add(verdicts, row.verdict);
    for (const { check, verdict, observedAt } of row.checks) {
      let found = checks.get(check);
      if (!found) checks.set(check, (found = { verdicts: new Map(), newest: null, oldest: null }));
      add(found.verdicts, verdict);
      found.newest = Math.max(found.newest ?? observedAt, observedAt);
      found.oldest = Math.min(found.oldest ?? observedAt, observedAt);
    }
  }
  return {
    ...moment,
    ...{ total, problems, maintenance },
    states: Object.fromEntries(states),
    verdicts: Object.fromEntries(verdicts),
    checks: Object.fromEntries(
      Array.from(checks, ([id, found]) => [
        id,
        { ...found, verdicts: Object.fromEntries(found.verdicts) },
      ]),
    ),
  };
}
