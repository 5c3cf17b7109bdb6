/** How many processes the cluster has in each state; each count narrows the list to them. */

import type { JSX } from 'preact';
import { processStates, signOfState, toneOfState } from '../../../../client/view/states.ts';
import { Problem } from '../../parts/problem.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { changeQuery } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { narrowed } from './asked.ts';
import type { ProcessesAsked } from './asked.ts';

interface StateCountsProps {
  readonly asked: ProcessesAsked;
  readonly at: string | undefined;
  readonly round: number;
}

export const StateCounts = ({ asked, at, round }: StateCountsProps): JSX.Element => {
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['counts', at]),
    (signal) => station.status({ summary: true, at, signal }),
    round,
  );
  const counts = data?.counts.processes ?? {};
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <Problem error={error} again={again} />
      {data ? (
        <ul class="counts" aria-label="Processes of the cluster by state">
          <li>{total.toLocaleString('en')} in all</li>
          {processStates
            .filter((state) => (counts[state] ?? 0) > 0 || state === asked.state)
            .map((state) => (
              <li key={state}>
                <button
                  type="button"
                  aria-pressed={asked.state === state}
                  class={toneOfState(state)}
                  onClick={() =>
                    changeQuery(narrowed({ state: asked.state === state ? null : state }))
                  }
                >
                  <span aria-hidden="true">{signOfState(state)} </span>
                  {(counts[state] ?? 0).toLocaleString('en')} {state}
                </button>
              </li>
            ))}
        </ul>
      ) : null}
    </>
  );
};
