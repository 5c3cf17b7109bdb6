/** The OBM daemons: how many machines each has, and which it cannot reach. */

import type { JSX } from 'preact';
import type { Obm } from '../../../../client/types.ts';
import { foldNodeset } from '../../../../nodeset/nodeset.ts';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { allPages } from '../../state/all-pages.ts';
import { useAnswer } from '../../state/answer.ts';
import { useEvery } from '../../state/every.ts';
import { station } from '../../state/station.ts';
import { daemonsOf } from './daemons.ts';
import { ShortTable } from '../../parts/short-table.tsx';

const everyMs = 15_000;

export const Obmds = (): JSX.Element => {
  const round = useEvery(everyMs);
  const { data, error, again } = useAnswer(
    'obms',
    (signal) => allPages<Obm>((page) => station.listObms({ signal, ...page })),
    round,
  );
  return (
    <>
      <h2>OBM daemons</h2>
      <Problem error={error} again={again} />
      {data?.items.length === 0 ? <p class="quiet">No OBM is registered.</p> : null}
      {data && data.items.length > 0 ? (
        <ShortTable label="OBM daemons" titles={['Daemon', 'Machines', 'Enabled', 'Not reached']}>
          {daemonsOf(data.items).map(({ obmd, machines, enabled, troubles }) => (
            <tr key={obmd}>
              <th scope="row">{obmd}</th>
              <td>{machines}</td>
              <td>{enabled}</td>
              <td>
                {troubles.length === 0 ? <State sign="✓" word="none" tone="good" /> : null}
                {troubles.map(({ reason, hosts }) => (
                  <p key={reason}>
                    <State sign="✗" word={reason} tone="bad" />: {foldNodeset(hosts)}
                  </p>
                ))}
              </td>
            </tr>
          ))}
        </ShortTable>
      ) : null}
    </>
  );
};
