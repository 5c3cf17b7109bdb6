/**
 * Rows of any number in columns: only those in sight are in the document. Titles sort, several with Shift. j and k move,
 * x selects, Enter opens.
 */

import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useKeys } from '../state/keys.ts';
import { usePlaceIn } from '../state/list-place.ts';
import { useRows } from '../state/rows.ts';
import { sortedBy } from './sorting.ts';
import type { Sorted } from './sorting.ts';

export interface GridColumn<T> {
  readonly id: string;
  readonly title: string;
  /** What it means, for who points at its title. */
  readonly description?: string;
  readonly cell: (row: T) => ComponentChildren;
  /** As in CSS grids: `8rem`, `minmax(10rem, 2fr)`; absent: its share. */
  readonly width?: string;
  readonly align?: 'end';
  readonly isSorting?: boolean;
}

interface GridProps<T> {
  /** For screen readers: what the rows are. */
  readonly label: string;
  /** In the order in which they are shown. */
  readonly rows: readonly T[];
  readonly columns: readonly GridColumn<T>[];
  readonly keyOf: (row: T) => string;
  readonly sorting: readonly Sorted[];
  readonly sort: (sorting: readonly Sorted[]) => void;
  readonly open?: ((row: T) => void) | undefined;
  readonly selected?: ReadonlySet<string> | undefined;
  readonly select?: ((selected: ReadonlySet<string>) => void) | undefined;
  /** Told whether somebody points at the rows, or is among them with the keyboard. */
  readonly hold?: ((isHeld: boolean) => void) | undefined;
  /** Told whenever somebody moves among the rows, and that he has left them. */
  readonly stir?: ((isThere: boolean) => void) | undefined;
  /** What stands there when there are no rows. */
  readonly empty?: ComponentChildren;
}

export const Grid = <T extends object>(props: GridProps<T>): JSX.Element => {
  const { label, rows, columns, keyOf, sorting, sort, open, selected, select, hold } = props;
  const { empty = 'Nothing.', stir } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { items, height, scrollTo } = useRows(scroller, rows.length);
  const { before, stayHere, keepPlace } = usePlaceIn(label, scroller, height);
  const [at, setAt] = useState(before);
  const held = useRef({ byPointer: false, byFocus: false });

  const placeNow = (): number => (at === null ? -1 : rows.findIndex((row) => keyOf(row) === at));
  const moveTo = (index: number): void => {
    const place = Math.max(0, Math.min(index, rows.length - 1));
    const row = rows[place];
    if (!row) return;
    stayHere();
    setAt(keyOf(row));
    scrollTo(place);
    // Whoever goes through rows by keys is among them.
    scroller.current?.focus({ preventScroll: true });
  };
  const toggle = (id: string): void => {
    if (!selected || !select) return;
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    select(next);
  };
  useKeys([
    { keys: 'j', what: `Next row of ${label}`, run: () => moveTo(placeNow() + 1) },
    {
      keys: 'k',
      what: `Row before of ${label}`,
      run: () => moveTo(Math.max(0, placeNow() - 1)),
    },
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
              const row = rows[placeNow()];
              if (!row) return false as const;
              keepPlace(keyOf(row));
              open(row);
            },
          },
        ]
      : []),
  ]);

  const holding = (change: Partial<(typeof held)['current']>): void => {
    const before = held.current.byPointer || held.current.byFocus;
    Object.assign(held.current, change);
    const now = held.current.byPointer || held.current.byFocus;
    if (now !== before) hold?.(now);
  };

  const widths = columns.map(({ width = 'minmax(6rem, 1fr)' }) => width);
  const template = [...(select ? ['2.25rem'] : []), ...widths].join(' ');
  return (
    <div
      class="table"
      ref={scroller}
      tabindex={0}
      role="region"
      aria-label={label}
      onWheel={stayHere}
      onPointerDown={stayHere}
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && holding({ byPointer: true })}
      onPointerMove={() => stir?.(true)}
      onKeyDown={() => stir?.(true)}
      onPointerLeave={() => {
        holding({ byPointer: false });
        stir?.(false);
      }}
      onFocusCapture={({ target }) =>
        // Titles are no rows: whoever sorts wants them to move.
        holding({ byFocus: !(target as Element).matches('.head *') })
      }
      onBlurCapture={({ relatedTarget }) =>
        scroller.current?.contains(relatedTarget as Node | null)
          ? undefined
          : holding({ byFocus: false })
      }
    >
      <div
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={widths.length + (select ? 1 : 0)}
      >
        <div role="row" class="head" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          {select ? (
            <span role="columnheader">
              <input
                type="checkbox"
                aria-label="Select all"
                checked={
                  selected !== undefined &&
                  selected.size >= rows.length &&
                  rows.length > 0 &&
                  rows.every((row) => selected.has(keyOf(row)))
                }
                onChange={(event) =>
                  select(new Set(event.currentTarget.checked ? rows.map(keyOf) : []))
                }
              />
            </span>
          ) : null}
          {columns.map((column) => (
            <Title key={column.id} column={column} sorting={sorting} sort={sort} />
          ))}
        </div>
        {rows.length === 0 ? (
          <div role="row">
            <span role="cell" class="empty">
              {empty}
            </span>
          </div>
        ) : null}
        <div role="rowgroup" class="rows" style={{ height: `${height}px` }}>
          {items.map(({ index, start, size }) => {
            const row = rows[index];
            if (!row) return null;
            const id = keyOf(row);
            return (
              <div
                role="row"
                key={id}
                class={id === at ? 'row current' : 'row'}
                aria-rowindex={index + 2}
                aria-selected={select ? (selected?.has(id) ?? false) : undefined}
                style={{
                  gridTemplateColumns: template,
                  transform: `translateY(${start}px)`,
                  height: `${size}px`,
                }}
                onClickCapture={() => keepPlace(id)}
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
                    {cell(row)}
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

interface TitleProps<T> extends Pick<GridProps<T>, 'sorting' | 'sort'> {
  readonly column: GridColumn<T>;
}

const Title = <T,>({ column, sorting, sort }: TitleProps<T>): JSX.Element => {
  const { id, title, description, align, isSorting } = column;
  const order = sorting.find((one) => one.id === id);
  const place = sorting.length > 1 && order ? ` ${sorting.indexOf(order) + 1}` : '';
  const sorted = order ? (order.desc ? 'descending' : 'ascending') : undefined;
  return (
    <span role="columnheader" class={align} aria-sort={sorted} title={description}>
      {isSorting ? (
        <button
          type="button"
          class="plain"
          onClick={({ shiftKey }) => sort(sortedBy(sorting, id, shiftKey))}
        >
          {title}
          {order ? <span aria-hidden="true">{`${order.desc ? ' ▾' : ' ▴'}${place}`}</span> : null}
        </button>
      ) : (
        title
      )}
    </span>
  );
};
