/** Views that have names in this browser. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import {
  forgetView,
  keptHere,
  nameLengthMax,
  savedViews,
  saveView,
  viewQuery,
} from '../../fleet/saved-views.ts';
import { Fold } from '../../parts/fold.tsx';
import { Link } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { usePlace } from '../../state/router.ts';

export const SavedViews = (): JSX.Element => {
  const { query } = usePlace();
  const [views, setViews] = useState(() => savedViews(keptHere));
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const now = viewQuery(query);
  const change = (make: () => typeof views): void => {
    try {
      setViews(make());
      setError(undefined);
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <Fold name="views" title={`Saved views${views.length > 0 ? ` (${views.length})` : ''}`}>
      <p class="quiet">
        A view is an address with a name. This browser keeps the names; to give one to others, give
        them the address.
      </p>
      <ul class="choice">
        {views.map((one) => (
          <li key={one.name}>
            <Link to={`/fleet?${one.query}`} aria-current={one.query === now ? 'true' : undefined}>
              {one.name}
            </Link>
            <button
              type="button"
              aria-label={`Forget ${one.name}`}
              onClick={() => change(() => forgetView(keptHere, one.name))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <Problem error={error} />
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault();
          const said = name.trim();
          if (said === '') return;
          change(() => saveView(keptHere, { name: said, query: now }));
          setName('');
        }}
      >
        <label>
          Name of this view{' '}
          <input
            value={name}
            maxLength={nameLengthMax}
            required
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Save</button>
      </form>
    </Fold>
  );
};
