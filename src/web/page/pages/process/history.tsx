/** What made and changed a process, newest first: who or which rule, and the events that followed. */

import type { JSX } from 'preact';
import { briefly } from '../../../../client/view/words.ts';
import { ApiError } from '../../../../client/errors.ts';
import { Ago, Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';

/** Commits that are shown; the events page has all. */
const shownMax = 50;

interface HistoryProps {
  readonly fid: string;
  /** Of the process as it is shown; undefined: it is not there. */
  readonly changed: number | undefined;
}

export const History = ({ fid, changed }: HistoryProps): JSX.Element => {
  const why = useAnswer(JSON.stringify(['why', fid, changed]), (signal) =>
    station.why(fid, { signal }),
  );
  const orders = useAnswer(JSON.stringify(['orders', fid, changed]), (signal) =>
    station.listOperations({ process: fid, limit: shownMax, signal }),
  );
  const isGone = why.error instanceof ApiError && why.error.status === 404;
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      <div class="bar">
        <CopyCommand command={['halctl', 'why', fid]} />
      </div>
      {isGone ? (
        <p>It is not there now. Move back in time to see what it was.</p>
      ) : (
        <Problem error={why.error} again={why.again} />
      )}
      <ol class="commits" aria-label="What made and changed it, newest first">
        {why.data?.steps
          .toReversed()
          .slice(0, shownMax)
          .map(({ revision, at, actor, command, events }) => (
            <li key={revision}>
              <p>
                <Moment at={at} /> (<Ago at={at} />) <strong>{command}</strong> by {actor}{' '}
                <span class="quiet">revision {revision}</span>
              </p>
              <ul>
                {events.map(({ id, type, rule, data }) => (
                  <li key={id}>
                    <Link to={`/events/${encodeURIComponent(id)}`}>{type}</Link>{' '}
                    {rule === null ? '' : `by the rule ${rule} `}
                    <span class="quiet">{briefly(data)}</span>
                  </li>
                ))}
              </ul>
            </li>
          ))}
      </ol>
      <h3>Operations</h3>
      <Problem error={orders.error} again={orders.again} />
      {orders.data?.items.length === 0 ? <p class="quiet">Nobody has ordered any.</p> : null}
      <ul>
        {orders.data?.items.map(({ id, kind, state, actor, at }) => (
          <li key={id}>
            <Link to={`/operations/${id}`}>
              {kind} ({id})
            </Link>{' '}
            {state}, ordered by {actor} <Ago at={at} />
          </li>
        ))}
      </ul>
    </section>
  );
};
