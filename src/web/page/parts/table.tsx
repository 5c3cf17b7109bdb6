/**
 * A table of any length: only the rows in sight are in the document. Columns are sorted by their titles, several with
 * Shift; which, stands in the address. j and k move, x selects, Enter opens.
 */

import {
  rowSortingFeature,
  createSortedRowModel,
  tableFeatures,
  useTable,
} from '@tanstack/preact-table';
import type { ColumnDef, SortingState } from '@tanstack/preact-table';
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { byName } from '../../../checks/view/natural.ts';
import { useKeys } from '../state/keys.ts';
import { changeQuery, usePlace } from '../state/router.ts';
import { useRows } from '../state/rows.ts';

export interface TableColumn<T> {
  readonly id: string;
  readonly title: string;
  /** What it means, for who points at its title. */
  readonly description?: string;
  /** By what it sorts; absent: it does not. Null and undefined come last. */
  readonly value?: (row: T) => string | number | boolean | null | undefined;
  readonly cell: (row: T) => ComponentChildren;
  /** As in CSS grids: `8rem`, `minmax(10rem, 2fr)`; absent: its share. */
  readonly width?: string;
  readonly align?: 'end';
}

interface TableProps<T> {
  /** For screen readers: what the rows are. */
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly TableColumn<T>[];
  readonly keyOf: (row: T) => string;
  /** How it is sorted where the address says nothing: `-since,machine`; absent: as the rows come. */
  readonly sort?: string;
  readonly open?: ((row: T) => void) | undefined;
  readonly selected?: ReadonlySet<string> | undefined;
  readonly select?: ((selected: ReadonlySet<string>) => void) | undefined;
  /** What stands there when there are no rows. */
  readonly empty?: ComponentChildren;
  /** Of the parameter of the address that holds the order; for pages with several tables. */
  readonly parameter?: string;
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});

/** `-since,machine` as the table has it. */
const sortingOf = (text: string): SortingState =>
  text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => ({ id: one.replace(/^-/, ''), desc: one.startsWith('-') }));

const textOf = (sorting: SortingState): string =>
  sorting.map(({ id, desc }) => `${desc ? '-' : ''}${id}`).join(',');

type Sortable = string | number | boolean | null | undefined;

const compare = (one: Sortable, other: Sortable): number => {
  if (typeof one === 'string' && typeof other === 'string') return byName(one, other);
  return Number(one) - Number(other);
};

const definitionOf = <T,>({
  id,
  value,
}: TableColumn<T>): ColumnDef<typeof features, T & object> => ({
  id,
  accessorFn: (row) => value?.(row) ?? undefined,
  enableSorting: value !== undefined,
  sortUndefined: 'last',
  sortFn: (one, other) => compare(one.getValue<Sortable>(id), other.getValue<Sortable>(id)),
});

export const Table = <T extends object>(props: TableProps<T>): JSX.Element => {
  const { label, rows, columns, keyOf, open, selected, select, empty = 'Nothing.' } = props;
  const { sort = '', parameter = 'sort' } = props;
  const { query } = usePlace();
  const said = query.get(parameter) ?? sort;
  const sorting = useMemo(() => sortingOf(said), [said]);
  const definitions = useMemo(() => columns.map(definitionOf), [columns]);
  const table = useTable({
    features,
    columns: definitions,
    data: rows,
    getRowId: keyOf,
    state: { sorting },
    enableMultiSort: true,
    onSortingChange: (update) => {
      const next = typeof update === 'function' ? update(sorting) : update;
      const text = textOf(next);
      changeQuery({ [parameter]: text === sort ? null : text }, { replace: true });
    },
  });
  const shown = table.getRowModel().rows;
  const scroller = useRef<HTMLDivElement>(null);
  const { items, height, scrollTo } = useRows(scroller, shown.length);
  const [at, setAt] = useState<string | null>(null);
  const place = at === null ? -1 : shown.findIndex(({ id }) => id === at);

  const moveTo = (index: number): void => {
    const row = shown[Math.max(0, Math.min(index, shown.length - 1))];
    if (!row) return;
    setAt(row.id);
    scrollTo(shown.indexOf(row));
  };
  const toggle = (id: string): void => {
    if (!selected || !select) return;
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    select(next);
  };
  useKeys([
    { keys: 'j', what: `Next row of ${label}`, run: () => moveTo(place + 1) },
    { keys: 'k', what: `Row before of ${label}`, run: () => moveTo(place < 0 ? 0 : place - 1) },
    ...(select
      ? [
          {
            keys: 'x',
            what: 'Select the row, or take it out again',
            run: () => (at === null ? (false as const) : toggle(at)),
          },
        ]
      : []),
    ...(open
      ? [
          {
            keys: 'Enter',
            what: 'Open the row',
            run: () => {
              const row = shown[place];
              if (!row) return false as const;
              open(row.original);
            },
          },
        ]
      : []),
  ]);

  const widths = columns.map(({ width = 'minmax(6rem, 1fr)' }) => width);
  const template = [...(select ? ['2.25rem'] : []), ...widths].join(' ');
  return (
    <div class="table" ref={scroller} tabindex={0} role="region" aria-label={label}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={shown.length + 1}
        aria-colcount={widths.length}
      >
        <div role="row" class="head" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          {select ? (
            <span role="columnheader">
              <input
                type="checkbox"
                aria-label="Select all"
                checked={
                  selected !== undefined &&
                  selected.size > 0 &&
                  shown.every(({ id }) => selected.has(id))
                }
                onChange={(event) =>
                  select(new Set(event.currentTarget.checked ? shown.map(({ id }) => id) : []))
                }
              />
            </span>
          ) : null}
          {columns.map(({ id, title, description, value, align }) => {
            const order = sorting.find((one) => one.id === id);
            const direction = order ? (order.desc ? 'descending' : 'ascending') : undefined;
            return (
              <span
                role="columnheader"
                key={id}
                class={align}
                aria-sort={direction}
                title={description}
              >
                {value ? (
                  <button
                    type="button"
                    class="plain"
                    onClick={(event) =>
                      table
                        .getColumn(id)
                        ?.toggleSorting(order ? !order.desc : false, event.shiftKey)
                    }
                  >
                    {title}
                    {order ? <span aria-hidden="true">{order.desc ? ' ▾' : ' ▴'}</span> : null}
                  </button>
                ) : (
                  title
                )}
              </span>
            );
          })}
        </div>
        {shown.length === 0 ? (
          <div role="row">
            <span role="cell" class="empty">
              {empty}
            </span>
          </div>
        ) : null}
        <div role="rowgroup" class="rows" style={{ height: `${height}px` }}>
          {items.map(({ index, start, size }) => {
            const row = shown[index];
            if (!row) return null;
            const { id, original } = row;
            return (
              <div
                role="row"
                key={id}
                class={id === at ? 'row current' : 'row'}
                aria-rowindex={index + 2}
                aria-selected={select ? selected?.has(id) : undefined}
                style={{
                  gridTemplateColumns: template,
                  transform: `translateY(${start}px)`,
                  height: `${size}px`,
                }}
                onClick={() => setAt(id)}
              >
                {select ? (
                  <span role="cell">
                    <input
                      type="checkbox"
                      aria-label={`Select ${id}`}
                      checked={selected?.has(id) ?? false}
                      onChange={() => toggle(id)}
                    />
                  </span>
                ) : null}
                {columns.map(({ id: column, cell, align }) => (
                  <span role="cell" key={column} class={align}>
                    {cell(original)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
};
