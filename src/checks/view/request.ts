/** What somebody asks to see of the fleet: columns, filter and order, from the words of a URL or a command line. */

import { nearest } from '../../core/values/nearest.ts';
import { allColumns, machineColumns } from './columns.ts';
import type { Column } from './columns.ts';
import { testOf } from './filter.ts';
import type { FilterSurroundings, RowTest } from './filter.ts';
import { parseFilter } from './filter-grammar.ts';
import type { SortKey } from './sort.ts';
import type { ViewedCheck } from './row.ts';

/** What is wrong with it: the parameter, and the word that was probably meant. */
export class ViewError extends Error {
  override readonly name = 'ViewError';
  readonly field: string;

  constructor(field: string, message: string, near?: string) {
    super(near === undefined ? message : `${message}; did you mean "${near}"?`);
    this.field = field;
  }
}

/** What is told of one machine beside its checks, in this order. */
export const machineFields =
  'state,reason,since,host,node,roles,project,enclosure,maintenance,scheduler,scheduler.reason,scheduler.by,partitions';

const columnsMax = 100;

/** The words of `a,b,c`. An empty place is a slip, and would widen or narrow what is asked for. */
const wordsOf = (field: string, text: string): string[] => {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new ViewError(field, `there is an empty place in ${field}=${text}`);
  if (words.length > columnsMax)
    throw new ViewError(field, `${field} has more than ${columnsMax} words`);
  return words;
};

/** The checks of `ssh,df`, with those that are instances of them; undefined and `all`: all. */
export const checksNamed = (
  text: string | undefined,
  checks: readonly ViewedCheck[],
): readonly ViewedCheck[] => {
  if (text === undefined || text === 'all') return checks;
  const wanted = new Set<string>();
  for (const word of wordsOf('checks', text)) {
    const found = checks.filter(({ id, parent }) =>
      [id, parent, id.replaceAll('/', '_')].includes(word),
    );
    if (found.length === 0)
      throw new ViewError(
        'checks',
        `there is no check "${word}"`,
        nearest(
          word,
          checks.map(({ id }) => id),
        ),
      );
    for (const { id } of found) wanted.add(id);
  }
  return checks.filter(({ id }) => wanted.has(id));
};

/** The columns of `machine,ssh,df/tmp`; undefined: the usual ones, and one for each check. */
export const columnsNamed = (
  text: string | undefined,
  checks: readonly ViewedCheck[],
): readonly Column[] => {
  const all = allColumns(checks);
  if (text === undefined)
    return [...new Set([...machineColumns, ...checks.map(({ id }) => all.get(id)!)])];
  return [...new Set(wordsOf('columns', text))].map((word) => {
    const found = all.get(word) ?? all.get(word === 'name' ? 'machine' : word.replaceAll('_', '/'));
    if (!found)
      throw new ViewError('columns', `there is no column "${word}"`, nearest(word, all.keys()));
    return found;
  });
};

/** The order of `-age,machine`; undefined: problems first. */
export const orderNamed = (
  text: string | undefined,
  checks: readonly ViewedCheck[],
): readonly SortKey[] => {
  if (text === undefined) return [{ column: 'problems', isReversed: false }];
  const all = allColumns(checks);
  return wordsOf('sort', text).map((word) => {
    const isReversed = word.startsWith('-');
    const id = isReversed ? word.slice(1) : word;
    if (id === 'problems') return { column: id, isReversed };
    const column = all.get(id === 'name' ? 'machine' : id);
    if (!column)
      throw new ViewError(
        'sort',
        `there is no column "${id}"`,
        nearest(id, [...all.keys(), 'problems']),
      );
    return { column, isReversed };
  });
};

/** The rows that a filter lets pass; without one all. Throws a `FilterError`. */
export const filterNamed = (text: string | undefined, around: FilterSurroundings): RowTest => {
  const filter = text === undefined ? null : parseFilter(text);
  return filter === null ? () => true : testOf(filter, around);
};
