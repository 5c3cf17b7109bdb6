/** A part of the settings as the station answers it: while it is asked, what it says, and that one may not see it. */

import type { ComponentChildren, JSX } from 'preact';
import { ApiError } from '../../../../client/errors.ts';
import { Problem } from '../../parts/problem.tsx';
import type { Answered } from '../../state/answer.ts';

interface ShownProps<T> {
  readonly answered: Answered<T>;
  /** What it is, in words: `the users`. */
  readonly what: string;
  readonly children: (data: T) => ComponentChildren;
}

export const Shown = <T,>({ answered, what, children }: ShownProps<T>): JSX.Element => {
  const { data, error, again } = answered;
  if (error instanceof ApiError && error.code === 'forbidden')
    return (
      <p role="status">
        You may not see {what}: {error.message}.
      </p>
    );
  return (
    <>
      <Problem error={error} again={again} />
      {data === undefined ? (
        <p class="quiet">{error === undefined ? `Asking for ${what}…` : ''}</p>
      ) : (
        children(data)
      )}
    </>
  );
};
