/** The pages of a long list, which the station gives one by one; which is looked at stands in the address (`after=`). */

import type { JSX } from 'preact';
import { changeQuery } from '../state/router.ts';

interface PagesProps {
  /** What the rows are: `processes`. */
  readonly label: string;
  readonly after: string | undefined;
  readonly next: string | null;
  readonly count: number;
}

/** A page is as the station has it; it is sorted within itself. */
export const Pages = ({ label, after, next, count }: PagesProps): JSX.Element | null =>
  after === undefined && next === null ? null : (
    <nav class="bar" aria-label={`Pages of ${label}`}>
      <span class="quiet">
        {count} {label} on this page, sorted within it.
        {next === null ? ' It is the last one.' : ' There are more: narrow the list, or go on.'}
      </span>
      {after === undefined ? null : (
        <button type="button" onClick={() => changeQuery({ after: null })}>
          First page
        </button>
      )}
      {next === null ? null : (
        <button type="button" onClick={() => changeQuery({ after: next })}>
          Next page
        </button>
      )}
    </nav>
  );
