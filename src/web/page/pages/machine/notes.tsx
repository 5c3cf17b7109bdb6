/** What people wrote down about it, the newest first. */

import type { JSX } from 'preact';
import { Ago } from '../../parts/age.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';

export const Notes = ({
  fqdn,
  round,
}: {
  readonly fqdn: string;
  readonly round: number;
}): JSX.Element => {
  const { data, error, again } = useAnswer(
    `notes ${fqdn}`,
    (signal) => station.listNotes(fqdn, { signal }),
    round,
  );
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      <Problem error={error} again={again} />
      {data?.notes.length === 0 ? <p>Nobody has written anything down about it.</p> : null}
      <ul>
        {data?.notes.map(({ at, by, by_name: name, text, revision }) => (
          <li key={`${revision} ${text}`}>
            {text}{' '}
            <span class="quiet">
              ({name ?? by}, <Ago at={at} />)
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};
