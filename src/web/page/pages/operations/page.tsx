/** Operations: long work, how far it is, and how it ended. */

import type { JSX } from 'preact';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Ago } from '../../parts/age.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import type { OperationPage } from '../../../../client/types.ts';

type Listed = OperationPage['items'][number];

const columns: readonly TableColumn<Listed>[] = [
  { id: 'id', title: 'ID', value: ({ id }) => id, cell: ({ id }) => id, width: '6rem' },
  { id: 'kind', title: 'KIND', value: ({ kind }) => kind, cell: ({ kind }) => kind },
  { id: 'state', title: 'STATE', value: ({ state }) => state, cell: ({ state }) => state },
  { id: 'at', title: 'BEGUN', value: ({ at }) => at, cell: ({ at }) => <Ago at={at} /> },
];

export const Page = (): JSX.Element => {
  const { data, error, again } = useAnswer('operations', (signal) =>
    station.listOperations({ signal, limit: 100 }),
  );
  return (
    <>
      <PageTitle title="Operations" />
      <Problem error={error} again={again} />
      {data ? (
        <Table
          label="operations"
          rows={data.items}
          columns={columns}
          keyOf={({ id }) => String(id)}
          empty="Nothing has been asked for that takes long."
        />
      ) : null}
    </>
  );
};
