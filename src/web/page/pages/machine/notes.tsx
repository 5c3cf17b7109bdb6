/** What people wrote down about it, the newest first. */

import type { JSX } from 'preact';
import { Ago } from '../../parts/age.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useKnownMoment } from '../../past/known.ts';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
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
  // All of them come, with their revisions: those of later are left out.
  const at = useMoment();
  const moment = useKnownMoment(at);
  const last = at === undefined ? Infinity : moment.data?.revision;
  const notes =
    last === undefined ? undefined : data?.notes.filter(({ revision }) => revision <= last);
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      <Problem error={error ?? moment.error} again={again} />
      {notes?.length === 0 ? <p>Nobody has written anything down about it.</p> : null}
      <ul>
        {notes?.map(({ at: written, by, by_name: name, text, revision }) => (
          <li key={`${revision} ${text}`}>
            {text}{' '}
            <span class="quiet">
              ({name ?? by}, <Ago at={written} />)
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};
