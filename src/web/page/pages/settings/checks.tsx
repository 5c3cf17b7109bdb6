/** What can be found out about machines, how often it is, and how late that is. */

import type { JSX } from 'preact';
import { formatSeconds } from '../../../../checks/view/quantities.ts';
import { counted } from '../../../../client/view/words.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { State } from '../../parts/state.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useEvery } from '../../state/every.ts';
import { station } from '../../state/station.ts';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

const everyMs = 15_000;

export const Checks = (): JSX.Element => {
  const answered = useAnswer('checks', (signal) => station.checks({ signal }), useEvery(everyMs));
  return (
    <>
      <p class="buttons">
        <CopyCommand command={['halctl', 'check', 'list']} />
      </p>
      <Shown answered={answered} what="the checks">
        {({ checks, lag }) => (
          <>
            <p>
              {counted(lag.under_way, 'look')} under way; the latest began{' '}
              {formatSeconds(lag.longest_ms / 1000)} late; {lag.passed_over} were passed over, as
              the one before was under way.
            </p>
            <ShortTable
              label="Checks"
              titles={['Check', 'Looks every', 'May take', 'By', 'Runs', 'Meaning']}
            >
              {checks.map(({ id, title, description, period, timeout, needs, enabled, lack }) => (
                <tr key={id}>
                  <th scope="row">
                    <code>{id}</code> {title}
                  </th>
                  <td>{formatSeconds(period)}</td>
                  <td>{formatSeconds(timeout)}</td>
                  <td>{needs}</td>
                  <td>
                    {enabled ? (
                      <State sign="✓" word="by itself" tone="good" />
                    ) : (
                      <State sign="○" word={lack ?? 'only when asked for'} tone="faint" />
                    )}
                  </td>
                  <td>{description}</td>
                </tr>
              ))}
            </ShortTable>
          </>
        )}
      </Shown>
    </>
  );
};
