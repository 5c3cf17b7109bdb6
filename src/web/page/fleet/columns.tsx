/** The columns of the fleet's table, as they are drawn in the browser. */

import { columnsNamed } from '../../../checks/view/request.ts';
import type { Column, ColumnType } from '../../../checks/view/columns.ts';
import type { FleetRow, ViewedCheck } from '../../../checks/view/row.ts';
import type { GridColumn } from '../parts/grid.tsx';
import { MachineLink } from '../parts/link.tsx';
import { State } from '../parts/state.tsx';

const widths: Readonly<Partial<Record<ColumnType, string>>> = {
  name: 'minmax(10rem, 2fr)',
  age: 'minmax(5rem, 1fr)',
  text: 'minmax(10rem, 3fr)',
  list: 'minmax(7rem, 1fr)',
};

/** @param now by the clock of the station, ms since the epoch */
export const gridColumn = (column: Column, now: number): GridColumn<FleetRow> => {
  const { id, title, description, type, text, tone, symbol } = column;
  return {
    ...{ id, title, description, isSorting: true },
    width: widths[type] ?? 'minmax(6rem, 1fr)',
    cell: (row) =>
      type === 'name' ? (
        <MachineLink fqdn={row.machine} />
      ) : (
        <State sign={symbol?.(row) ?? ''} word={text(row, now)} tone={tone?.(row) ?? 'plain'} />
      ),
  };
};

const isEmpty = ({ value, observation }: Column, row: FleetRow): boolean => {
  if (observation) return observation(row) === undefined;
  const found = value(row, 0);
  return found === null || found === '' || (Array.isArray(found) && found.length === 0);
};

/**
 * The columns of `machine,ssh,df/tmp`; undefined: the usual ones, without those in which nothing stands.
 *
 * @throws {ViewError} one of them is none
 */
export const columnsShown = (
  text: string | undefined,
  checks: readonly ViewedCheck[],
  rows: readonly FleetRow[],
): readonly Column[] => {
  const columns = columnsNamed(text, checks);
  if (text !== undefined) return columns;
  return columns.filter((column) => column.drop === 0 || rows.some((row) => !isEmpty(column, row)));
};
