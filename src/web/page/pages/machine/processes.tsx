/** What runs on the machine: each process with its state, services and configuration. */

import type { JSX } from 'preact';
import { Ago } from '../../parts/age.tsx';
import { Link } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { station } from '../../state/station.ts';
import { ShortTable } from '../../parts/short-table.tsx';

/** Shown at once; a page of processes has all of them. */
const shown = 200;

const titles = ['FID', 'STATE', 'NAME', 'ROLE', 'OWNERSHIP', 'ENDPOINT', 'SINCE', 'SERVICES'];

interface ProcessesProps {
  readonly fqdn: string;
  /** Grows where they may be others. */
  readonly round: number;
}

export const Processes = ({ fqdn, round }: ProcessesProps): JSX.Element => {
  const at = useMoment();
  const { data, error, again } = useAnswer(
    `processes ${fqdn} ${at ?? ''}`,
    (signal) => station.listProcesses({ host: fqdn, limit: shown, at, signal }),
    round,
  );
  return (
    <section aria-labelledby="processes">
      <h2 id="processes">Processes and services</h2>
      <Problem error={error} again={again} />
      {data?.items.length === 0 ? <p>It has none.</p> : null}
      {data && data.items.length > 0 ? (
        <ShortTable label="Processes of the machine" titles={titles}>
          {data.items.map((one) => (
            <tr key={one.fid}>
              <th scope="row">
                <Link to={`/processes/${encodeURIComponent(one.fid)}`}>{one.fid}</Link>
              </th>
              <td>
                {one.state}
                {one.reason === '' ? '' : `: ${one.reason}`}
              </td>
              <td>{one.name}</td>
              <td>{one.role}</td>
              <td>{one.ownership}</td>
              <td>{one.endpoint}</td>
              <td>
                <Ago at={one.since} />
              </td>
              <td>{one.services.map(({ type, state }) => `${type} ${state}`).join(', ')}</td>
            </tr>
          ))}
        </ShortTable>
      ) : null}
      {data?.next ? (
        <p>
          There are more than {shown}:{' '}
          <Link to={`/processes?host=${encodeURIComponent(fqdn)}`}>all of them</Link>.
        </p>
      ) : null}
    </section>
  );
};
