/** One process: how it is and why, where it is, its configuration, what it writes, and what happened to it. */

import type { JSX } from 'preact';
import type { PageParameters } from '../../../page-paths.ts';
import { rangeWords } from '../../../../client/view/processes.ts';
import { ApiError } from '../../../../client/errors.ts';
import type { Process } from '../../../../client/types.ts';
import { Ago, Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link, MachineLink } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { ProcessState } from '../../parts/process-state.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { useChanges } from '../../state/changes.ts';
import { useMoment } from '../../state/moment.ts';
import { station } from '../../state/station.ts';
import { processEvents } from '../processes/process-events.ts';
import { Actions } from './actions.tsx';
import { Configuration } from './configuration.tsx';
import { History } from './history.tsx';
import { Output } from './output.tsx';

export const Page = ({ parameters }: { readonly parameters: PageParameters }): JSX.Element => {
  const fid = parameters['fid']!;
  const at = useMoment();
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['process', fid, at]),
    (signal) => station.getProcess(fid, { at, signal }),
    useChanges('processes', processEvents),
  );
  // Removed while it was looked at: nothing of it holds any more, and what was ordered is followed to its end.
  const isGone = error instanceof ApiError && error.status === 404;
  const process = isGone ? undefined : data;
  const past = at === undefined ? [] : ['--at', at];
  return (
    <>
      <PageTitle title={data ? `${data.name} on ${data.host}` : `Process ${fid}`}>
        {process ? <ProcessState state={process.state} /> : null}
        <CopyCommand command={['halctl', 'cluster', 'process', 'show', fid, ...past]} />
      </PageTitle>
      <Problem error={error} again={again} />
      {data ? <Actions process={data} isGone={isGone} done={again} /> : null}
      {process ? (
        <>
          <About process={process} />
          <Configuration fid={fid} at={at} changed={process.changed} />
          <Output process={process} />
        </>
      ) : null}
      {data || error !== undefined ? <History fid={fid} changed={process?.changed} /> : null}
    </>
  );
};

const query = (name: string, value: string): string =>
  `/processes?${new URLSearchParams({ [name]: value }).toString()}`;

const About = ({ process }: { readonly process: Process }): JSX.Element => {
  const { fid, reason, wanted, since, host, node, role, type, ownership, boot_level } = process;
  const { pid, attempt, generation, lease, instance, endpoint, ranges, services } = process;
  const rows: readonly (readonly [string, JSX.Element | string | null])[] = [
    ['Why', reason === '' ? null : reason],
    [
      'Since',
      <>
        <Moment at={since} /> (<Ago at={since} />)
      </>,
    ],
    ['Wanted', wanted ?? 'nobody has said'],
    ['Host', <MachineLink fqdn={host} />],
    ['Node', <Link to={query('node', node)}>{node}</Link>],
    ['Role', <Link to={query('role', role)}>{role}</Link>],
    ['Fid', <code>{fid}</code>],
    ['Endpoint', <code>{endpoint}</code>],
    ['Ranges', ranges.length === 0 ? null : ranges.map(rangeWords).join(', ')],
    ['Services', services.length === 0 ? null : services.map((one) => one.type).join(', ')],
    ['Type', `${type}, boot level ${boot_level}`],
    [
      'Owner',
      ownership === 'managed'
        ? 'managed: Halcyon starts and stops it'
        : 'independent: somebody else starts and stops it, and reports its state',
    ],
    ['Process ID', pid === null ? null : String(pid)],
    ['Attempt', attempt === 0 ? null : `${attempt}, of start ${generation}`],
    ['Lease', lease === null ? null : `${lease} s`],
    ['Instance', instance],
  ];
  return (
    <dl>
      {rows.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
};
