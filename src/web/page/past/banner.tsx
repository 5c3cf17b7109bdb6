/** That the past is looked at, when it was, and how to leave it. */

import type { JSX } from 'preact';
import { Ago, Moment } from '../parts/age.tsx';
import { wordsOf } from '../parts/problem.tsx';
import { lookAt, useMoment } from '../state/moment.ts';
import { usePlace } from '../state/router.ts';
import { useKnownMoment } from './known.ts';
import { isRevision } from './moment-text.ts';
import { showsPast } from './pages.ts';

export const PastBanner = (): JSX.Element | null => {
  const at = useMoment();
  const { page } = usePlace();
  const { data, error } = useKnownMoment(at);
  if (at === undefined) return null;
  const showsNow = page !== undefined && !showsPast(page);
  return (
    <p class="banner past">
      <span role="status">
        {showsNow ? (
          <strong>
            This page shows what is now: it keeps no past. You look at another moment:{' '}
          </strong>
        ) : (
          'This is the past: '
        )}
        {data?.revision === undefined ? momentAsSaid(at) : `revision ${data.revision}`}
        {data?.time === undefined ? null : (
          <>
            , <Moment at={data.time} />
          </>
        )}
        . {error === undefined ? null : `${wordsOf(error)} `}Nothing can be done here.
      </span>{' '}
      {/* Not read out again with every second. */}
      {data?.time === undefined ? null : (
        <>
          It was <Ago at={data.time} />.{' '}
        </>
      )}
      <button type="button" onClick={() => lookAt(null)}>
        Back to now
      </button>
    </p>
  );
};

const momentAsSaid = (at: string): string => (isRevision(at) ? `revision ${at}` : at);
