/** A table that sorts by its columns, as the address says. Its rows stay where they are while somebody moves among them. */

import {
  rowSortingFeature,
  createSortedRowModel,
  tableFeatures,
  useTable,
} from '@tanstack/preact-table';
import type { ColumnDef } from '@tanstack/preact-table';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { byName } from '../../../checks/view/natural.ts';
import { changeQuery, usePlace } from '../state/router.ts';
import { Grid } from './grid.tsx';
import type { GridColumn } from './grid.tsx';
import { sortingOf, sortText } from './sorting.ts';
import type { Sorted } from './sorting.ts';
import { restMs, Still } from './still.ts';

export interface TableColumn<T> extends Omit<GridColumn<T>, 'isSorting'> {
  /** By what it sorts; absent: it does not. Null and undefined come last. */
  readonly value?: (row: T) => string | number | boolean | null | undefined;
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
  const { label, rows, columns, keyOf, open, selected, select, empty } = props;
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
    state: { sorting: [...sorting] },
    enableMultiSort: true,
  });
  const sorted = table.getRowModel().rows.map(({ original }) => original);
  const { shown, stir } = useStill(sorted, keyOf, query.toString());
  const titles = useMemo(
    () => columns.map((one) => ({ ...one, isSorting: one.value !== undefined })),
    [columns],
  );
  const change = (next: readonly Sorted[]): void => {
    const text = sortText(next);
    changeQuery({ [parameter]: text === sort ? null : text }, { replace: true });
  };
  return (
    <Grid
      label={label}
      rows={shown}
      columns={titles}
      keyOf={keyOf}
      sorting={sorting}
      sort={change}
      open={open}
      selected={selected}
      select={select}
      empty={empty}
      stir={stir}
    />
  );
};

/** @param asked what the rows answer */
const useStill = <T,>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  asked: string,
): { readonly shown: readonly T[]; readonly stir: (isThere: boolean) => void } => {
  const [still] = useState(() => new Still(keyOf));
  const [, draw] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const stir = (isThere: boolean): void => {
    if (isThere) still.stirred(performance.now());
    else still.left();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => draw((last) => last + 1), isThere ? restMs : 0);
  };
  return { shown: still.rows(rows, asked, performance.now()), stir };
};
