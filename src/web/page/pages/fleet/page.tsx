/** The fleet: all machines at a glance. */

import type { JSX } from 'preact';
import { rowShown } from '../../../../checks/view/shapes.ts';
import type { ShownMachine } from '../../../../checks/view/shapes.ts';
import { allColumns, machineColumns } from '../../../../checks/view/columns.ts';
import type { Column } from '../../../../checks/view/columns.ts';
import type { FleetRow } from '../../../../checks/view/row.ts';
import { MachineLink, machinePath } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { stationNow } from '../../parts/age.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { goTo } from '../../state/router.ts';
import { station } from '../../state/station.ts';

const columnOf = ({
  id,
  title,
  description,
  value,
  text,
  tone,
  symbol,
  type,
}: Column): TableColumn<FleetRow> => ({
  id,
  title,
  description,
  value: (row) => {
    const found = value(row, stationNow());
    return typeof found === 'object' ? (found?.join(' ') ?? null) : found;
  },
  cell: (row) =>
    type === 'name' ? (
      <MachineLink fqdn={row.machine} />
    ) : (
      <State
        sign={symbol?.(row) ?? ''}
        word={text(row, stationNow())}
        tone={tone?.(row) ?? 'plain'}
      />
    ),
});

const columns = machineColumns.map(columnOf);

export const Page = (): JSX.Element => {
  const { data, error, again } = useAnswer('fleet', (signal) => station.fleet({ signal }));
  const rows = data?.nodes?.map((one) => rowShown(one as ShownMachine)) ?? [];
  void allColumns;
  return (
    <>
      <PageTitle title="Fleet" />
      <Problem error={error} again={again} />
      {data ? (
        <Table
          label="machines"
          rows={rows}
          columns={columns}
          keyOf={({ machine }) => machine}
          open={({ machine }) => goTo(machinePath(machine))}
        />
      ) : null}
    </>
  );
};
