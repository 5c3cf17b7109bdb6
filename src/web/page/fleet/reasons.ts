/** Machines with which the same is the matter, together: since when, who knows of it, and what is suggested. */

import type { FleetRow } from '../../../checks/view/row.ts';
import { isProblem, severityOf } from '../../../checks/view/state.ts';
import type { SuggestionItem } from '../../../client/types.ts';
import { foldNodeset } from '../../../nodeset/nodeset.ts';
import { filterValue } from './view.ts';

export interface ReasonGroup {
  readonly state: FleetRow['state'];
  readonly row: FleetRow;
  /** In words. May hold what machines printed. */
  readonly reason: string;
  readonly nodes: string;
  readonly count: number;
  /** When the first of them went so, and the last; null: nobody knows. */
  readonly first: number | null;
  readonly last: number | null;
  /** Who said something of them: of maintenance, or to the batch system. */
  readonly who: readonly string[];
  /** What is suggested about how many of them; the most first. */
  readonly suggestions: readonly {
    readonly action: string;
    readonly count: number;
    /** The least of any, 0 to 1. */
    readonly sure: number;
  }[];
  /** These, as a filter. */
  readonly filter: string;
}

/** Rows in one go. */
const rowsAtOnce = 100;
const groupsMax = 50;

const reasonOf = ({ reason, scheduler, failing }: FleetRow): string =>
  reason || scheduler?.reason || (failing.length > 0 ? `fails: ${failing.join(', ')}` : '');

/** What is said by the column that filters; failing checks are asked for one by one. */
const filterOf = ({ state, reason, scheduler, failing }: FleetRow): string => {
  const said = reason || scheduler?.reason || '';
  const why =
    said === ''
      ? ['reason:none', ...failing.map((check) => `failing=${filterValue(check)}`)]
      : [`reason=${filterValue(said)}`];
  return [`state=${state}`, ...why].join(' and ');
};

/** The worst first, then the most. Where it yields, others may have a turn. */
export function* reasonsOf(
  rows: Iterable<FleetRow>,
  suggested: ReadonlyMap<string, SuggestionItem>,
): Generator<undefined, { readonly groups: readonly ReasonGroup[]; readonly more: number }> {
  const alike = new Map<string, FleetRow[]>();
  let seen = 0;
  for (const row of rows) {
    if (seen++ % rowsAtOnce === 0) yield;
    if (!isProblem(row)) continue;
    const key = JSON.stringify([row.state, row.maintenance !== null, reasonOf(row)]);
    const group = alike.get(key);
    if (group) group.push(row);
    else alike.set(key, [row]);
  }
  const sorted = [...alike.values()].sort(
    ([a, ...more], [b, ...others]) =>
      severityOf(b!) - severityOf(a!) || others.length - more.length,
  );
  const groups: ReasonGroup[] = [];
  for (const members of sorted.slice(0, groupsMax)) {
    yield;
    groups.push(groupOf(members, suggested));
  }
  return { groups, more: sorted.length - groups.length };
}

const groupOf = (
  members: readonly FleetRow[],
  suggested: ReadonlyMap<string, SuggestionItem>,
): ReasonGroup => {
  const [row] = members as readonly [FleetRow];
  const times = members.flatMap(({ since }) => since ?? []);
  const who = new Set(
    members.flatMap(({ maintenance, scheduler }) => maintenance?.by ?? scheduler?.by ?? []),
  );
  const counts = new Map<string, { count: number; sure: number }>();
  for (const { machine } of members) {
    const one = suggested.get(machine);
    if (!one || one.action === 'none') continue;
    const { count, sure } = counts.get(one.action) ?? { count: 0, sure: 1 };
    counts.set(one.action, { count: count + 1, sure: Math.min(sure, one.confidence) });
  }
  return {
    ...{ state: row.state, row, reason: reasonOf(row) },
    nodes: foldNodeset(members.map(({ machine }) => machine)),
    count: members.length,
    first: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
    last: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
    who: [...who],
    suggestions: [...counts]
      .map(([action, found]) => ({ action, ...found }))
      .sort((a, b) => b.count - a.count),
    filter: filterOf(row),
  };
};
