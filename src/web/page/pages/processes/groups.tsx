/** Processes by host or by role: how many each has; each leads to its own. */

import type { JSX } from 'preact';
import type { Node } from '../../../../client/types.ts';
import { Link } from '../../parts/link.tsx';
import { Pages } from '../../parts/pages.tsx';
import { Problem } from '../../parts/problem.tsx';
import { ProcessState } from '../../parts/process-state.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { goTo } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { processesPath, roleColumns } from '../roles/columns.tsx';

interface GroupsProps {
  readonly at: string | undefined;
  readonly round: number;
  readonly after: string | undefined;
}

const pageSize = 500;

const nodeColumns: readonly TableColumn<Node>[] = [
  {
    id: 'host',
    title: 'HOST',
    value: ({ host }) => host,
    cell: ({ host }) => <Link to={processesPath({ host })}>{host}</Link>,
    width: 'minmax(12rem, 2fr)',
  },
  {
    id: 'state',
    title: 'STATE',
    value: ({ state }) => state,
    cell: ({ state }) => <ProcessState state={state} />,
  },
  {
    id: 'processes',
    title: 'PROCESSES',
    value: ({ processes }) => processes,
    cell: ({ processes }) => processes.toLocaleString('en'),
    align: 'end',
  },
  { id: 'node', title: 'NODE', value: ({ fid }) => fid, cell: ({ fid }) => fid, width: '15rem' },
];

export const ByHost = ({ at, round, after }: GroupsProps): JSX.Element => {
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['nodes', at, after]),
    (signal) => station.listNodes({ at, signal, cursor: after, limit: pageSize }),
    round,
  );
  return (
    <>
      <Problem error={error} again={again} />
      {data ? (
        <>
          <Table
            label="nodes"
            rows={data.items}
            columns={nodeColumns}
            keyOf={({ fid }) => fid}
            open={({ host }) => goTo(processesPath({ host }))}
            empty="No host is a node."
          />
          <Pages label="nodes" after={after} next={data.next} count={data.items.length} />
        </>
      ) : null}
    </>
  );
};

export const ByRole = ({ at, round, after }: GroupsProps): JSX.Element => {
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['roles', at, after]),
    (signal) => station.listRoles({ at, signal, cursor: after, limit: pageSize }),
    round,
  );
  return (
    <>
      <Problem error={error} again={again} />
      {data ? (
        <>
          <Table
            label="roles"
            rows={data.items}
            columns={roleColumns}
            keyOf={({ name }) => name}
            open={({ name }) => goTo(processesPath({ role: name }))}
            empty="No roles are loaded yet."
          />
          <Pages label="roles" after={after} next={data.next} count={data.items.length} />
        </>
      ) : null}
    </>
  );
};
