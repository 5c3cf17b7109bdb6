/** The agents: which are connected, of which version, and when they were heard from last. */

import type { JSX } from 'preact';
import type { Agent } from '../../../../client/types.ts';
import { Ago } from '../../parts/age.tsx';
import { MachineLink } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { allPages } from '../../state/all-pages.ts';
import { useAnswer } from '../../state/answer.ts';
import { useEvery } from '../../state/every.ts';
import { station } from '../../state/station.ts';

const everyMs = 15_000;

const columns: readonly TableColumn<Agent>[] = [
  {
    id: 'host',
    title: 'MACHINE',
    value: ({ host }) => host,
    cell: ({ host }) => <MachineLink fqdn={host} />,
    width: 'minmax(12rem, 2fr)',
  },
  {
    id: 'connected',
    title: 'CONNECTED',
    value: ({ connected }) => connected,
    cell: ({ connected }) =>
      connected ? (
        <State sign="✓" word="yes" tone="good" />
      ) : (
        <State sign="✗" word="no" tone="bad" />
      ),
  },
  { id: 'state', title: 'HOST', value: ({ state }) => state, cell: ({ state }) => state },
  {
    id: 'heard',
    title: 'HEARD',
    value: ({ heard }) => heard,
    cell: ({ heard }) => (heard === null ? 'not since the station started' : <Ago at={heard} />),
  },
  {
    id: 'version',
    title: 'VERSION',
    value: ({ version }) => version,
    cell: ({ version }) => version ?? 'not known',
  },
  {
    id: 'protocol',
    title: 'PROTOCOL',
    value: ({ protocol }) => protocol,
    cell: ({ protocol }) => protocol ?? '–',
  },
];

export const Agents = (): JSX.Element => {
  const round = useEvery(everyMs);
  const { data, error, again } = useAnswer(
    'agents',
    (signal) => allPages((page) => station.listAgents({ signal, ...page })),
    round,
  );
  return (
    <>
      <h2>Agents</h2>
      <Problem error={error} again={again} />
      {data ? (
        <Table
          label="agents"
          parameter="agents"
          sort="connected,host"
          rows={data.items}
          columns={columns}
          keyOf={({ host }) => host}
          empty="No agent has reported yet."
        />
      ) : null}
    </>
  );
};
