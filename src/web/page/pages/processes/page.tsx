/** Processes: what runs where, how it is, and with which endpoint. */

import type { JSX } from 'preact';
import { CopyCommand } from '../../parts/copy.tsx';
import { processPath } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Pages } from '../../parts/pages.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { useChanges } from '../../state/changes.ts';
import { useMoment } from '../../state/moment.ts';
import { goTo, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { Acts } from './acts.tsx';
import { listCommand, processesAsked } from './asked.ts';
import type { ProcessesAsked } from './asked.ts';
import { columns } from './columns.tsx';
import { Filters } from './filters.tsx';
import { ByHost, ByRole } from './groups.tsx';
import { HostShown } from './host-shown.tsx';
import { processEvents } from './process-events.ts';
import { StateCounts, sumOf } from './state-counts.tsx';

/** Processes on one page of the list; a cluster may have a million. */
const pageSize = 500;

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  const at = useMoment();
  const round = useChanges('processes', processEvents);
  const counts = useAnswerAsItChanges(
    JSON.stringify(['counts', at]),
    (signal) => station.status({ summary: true, at, signal }),
    round,
  );
  const machines = counts.data && sumOf(counts.data.counts.hosts);
  const { asked, wrong } = processesAsked(query);
  return (
    <>
      <PageTitle title="Processes">
        <CopyCommand command={listCommand(asked, at)} />
      </PageTitle>
      {wrong.length > 0 ? (
        <div class="refusal" role="alert">
          {wrong.map((one) => (
            <p key={one}>{one}; it is left out.</p>
          ))}
        </div>
      ) : null}
      {asked.host === undefined && asked.node === undefined ? (
        <Acts role={asked.role} machines={machines} />
      ) : (
        <HostShown {...{ ...asked, at, round }} />
      )}
      <StateCounts asked={asked} counts={counts} />
      <Filters asked={asked} />
      <Shown asked={asked} at={at} round={round} />
    </>
  );
};

interface ListProps {
  readonly asked: ProcessesAsked;
  readonly at: string | undefined;
  readonly round: number;
}

/** The processes, or how many there are of each host or role. */
const Shown = ({ asked, at, round }: ListProps): JSX.Element => {
  const { group, after } = asked;
  if (group === 'host') return <ByHost at={at} round={round} after={after} />;
  if (group === 'role') return <ByRole at={at} round={round} after={after} />;
  return <List asked={asked} at={at} round={round} />;
};

const List = ({ asked, at, round }: ListProps): JSX.Element => {
  const { host, node, role, state, after } = asked;
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['processes', host, node, role, state, after, at]),
    (signal) =>
      station.listProcesses({
        host,
        node,
        role,
        state,
        cursor: after,
        at,
        signal,
        limit: pageSize,
      }),
    round,
  );
  return (
    <>
      <Problem error={error} again={again} />
      {data ? (
        <>
          <Table
            label="processes"
            rows={data.items}
            columns={columns}
            keyOf={({ fid }) => fid}
            open={({ fid }) => goTo(processPath(fid))}
            empty={
              after === undefined ? 'There are no such processes.' : 'There are no more of them.'
            }
          />
          <Pages label="processes" after={after} next={data.next} count={data.items.length} />
        </>
      ) : (
        <p class="quiet">{error === undefined ? 'Asking for processes…' : ''}</p>
      )}
    </>
  );
};
