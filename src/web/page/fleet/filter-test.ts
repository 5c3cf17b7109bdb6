/** The filter of the view as a test of rows: the one grammar of `halctl`, read in the browser. */

import { allColumns } from '../../../checks/view/columns.ts';
import { dependsOnTime, testOf } from '../../../checks/view/filter.ts';
import type { RowTest } from '../../../checks/view/filter.ts';
import { parseFilter } from '../../../checks/view/filter-grammar.ts';
import type { Filter } from '../../../checks/view/filter-grammar.ts';
import type { ViewedCheck } from '../../../checks/view/row.ts';
import { isProblem } from '../../../checks/view/state.ts';

/** The machines of groups, as far as the station has told. */
export type Memberships = ReadonlyMap<string, ReadonlySet<string>>;

export interface FilterRead {
  readonly test: RowTest;
  /** Whether time alone changes what passes. */
  readonly ages: boolean;
}

/** The groups that a filter names, each once. @throws {FilterError} */
export const groupsOf = (text: string | undefined): readonly string[] => {
  const filter = text === undefined ? null : parseFilter(text);
  return filter ? [...new Set(groupsIn(filter))] : [];
};

const groupsIn = (filter: Filter): readonly string[] => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.flatMap(groupsIn);
    case 'not':
      return groupsIn(filter.of);
    case 'group':
      return [filter.name];
    default:
      return [];
  }
};

const nobody: ReadonlySet<string> = new Set();

/** @throws {FilterError} with the character and the word that was probably meant */
export const filterRead = (
  text: string | undefined,
  { checks, groups, problems }: FilterAround,
): FilterRead => {
  const filter = text === undefined ? null : parseFilter(text);
  const passes = filter
    ? testOf(filter, {
        columns: allColumns(checks),
        group: (name) => groups.get(name) ?? nobody,
      })
    : undefined;
  return {
    test: (row, now) => (!problems || isProblem(row)) && (!passes || passes(row, now)),
    ages: filter !== null && dependsOnTime(filter),
  };
};

interface FilterAround {
  readonly checks: readonly ViewedCheck[];
  readonly groups: Memberships;
  readonly problems: boolean;
}
