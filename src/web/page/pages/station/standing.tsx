/** Where the station stands among those of its cluster, and which there are. */

import type { JSX } from 'preact';
import type { StationInfo, StationList } from '../../../../client/types.ts';
import { Moment } from '../../parts/age.tsx';
import { Problem } from '../../parts/problem.tsx';
import { ShortTable } from '../../parts/short-table.tsx';
import { State } from '../../parts/state.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';

/** Nothing is said of the standing of one that has its log for itself. */
export const Standing = ({ info }: { readonly info: StationInfo }): JSX.Element | null => {
  const { name, role, role_since: since, term, leader, known, log_trouble: trouble } = info;
  if (known === null && name === null && trouble === null) return null;
  return (
    <dl>
      <dt>Name</dt>
      <dd>{name ?? 'none'}</dd>
      <dt>Role</dt>
      <dd>
        {role}, since <Moment at={since} />, term {term}
        {known === false ? (
          <State sign="!" word="none of the cluster: it may not lead" tone="busy" />
        ) : null}
      </dd>
      <dt>Leader</dt>
      <dd>{leader ? <a href={leader.url}>{leader.name}</a> : 'none that it knows of'}</dd>
      <dt>Log</dt>
      <dd>
        {trouble === null ? (
          <State sign="✓" word="can be reached" tone="good" />
        ) : (
          <State sign="✗" word={trouble} tone="bad" />
        )}
      </dd>
    </dl>
  );
};

/** @param round asks anew where it changes */
export const Stations = ({ round }: { readonly round: number }): JSX.Element | null => {
  const list = useAnswer('stations', (signal) => station.listStations({ signal }), round);
  if (list.error !== undefined) return <Problem error={list.error} again={list.again} />;
  if (!list.data || list.data.stations.length === 0) return null;
  return (
    <>
      <h2>Stations</h2>
      <ShortTable label="Stations" titles={['Name', 'Role', 'Term', 'Since', 'Address']}>
        {list.data.stations.map((one) => (
          <Row key={one.name} one={one} />
        ))}
      </ShortTable>
    </>
  );
};

/** How one that is not asked is, is not known: the log says only which of them leads. */
const Row = ({ one }: { readonly one: StationList['stations'][number] }): JSX.Element => (
  <tr>
    <th scope="row">{one.name}</th>
    <td>{one.leads ? 'leads' : 'follows'}</td>
    <td>{one.term ?? ''}</td>
    <td>{one.since === null ? '' : <Moment at={one.since} />}</td>
    <td>
      <a href={one.url}>{one.url}</a>
    </td>
  </tr>
);
