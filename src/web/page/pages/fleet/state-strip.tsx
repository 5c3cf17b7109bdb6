/** How many machines are in which state; each leads to those. */

import type { JSX } from 'preact';
import type { FleetCounts } from '../../fleet/counts.ts';
import { signOfState, toneOfState } from '../../fleet/counts.ts';
import { fleetPath } from '../../fleet/view.ts';
import type { FleetView } from '../../fleet/view.ts';
import { Link } from '../../parts/link.tsx';
import { State } from '../../parts/state.tsx';

interface StateStripProps {
  readonly counts: FleetCounts;
  readonly view: FleetView;
  readonly page?: 'fleet' | 'map';
}

export const StateStrip = ({ counts, view, page = 'fleet' }: StateStripProps): JSX.Element => {
  const { filter, problems, ...kept } = view;
  const to = (change: FleetView): string => fleetPath({ ...kept, ...change }, page);
  const current = (isShown: boolean): 'true' | undefined => (isShown ? 'true' : undefined);
  return (
    <nav aria-label="States" class="strip">
      <Link to={to({})} aria-current={current(filter === undefined && !problems)}>
        <b>{counts.total}</b> in all
      </Link>
      <Link
        to={to({ problems: true })}
        aria-current={current(filter === undefined && problems === true)}
      >
        <b>{counts.problems}</b> to look at
      </Link>
      {counts.states.map(([state, count]) => (
        <Link
          key={state}
          to={to({ filter: `state:${state}` })}
          aria-current={current(filter === `state:${state}`)}
        >
          <b>{count}</b> <State sign={signOfState[state]} word={state} tone={toneOfState(state)} />
        </Link>
      ))}
      {counts.maintenance > 0 ? (
        <Link
          to={to({ filter: 'not maintenance:none' })}
          aria-current={current(filter === 'not maintenance:none')}
        >
          <b>{counts.maintenance}</b> <State sign="⚒" word="in maintenance" tone="busy" />
        </Link>
      ) : null}
    </nav>
  );
};
