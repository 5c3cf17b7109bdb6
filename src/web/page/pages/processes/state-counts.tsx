/** How many processes the cluster has in each state; each count narrows the list to them. */

import type { JSX } from 'preact';
import type { Status } from '../../../../client/types.ts';
import { processStates, signOfState, toneOfState } from '../../../../client/view/states.ts';
import { Problem } from '../../parts/problem.tsx';
import type { Answered } from '../../state/answer.ts';
import { changeQuery } from '../../state/router.ts';
import { narrowed } from './asked.ts';
import type { ProcessesAsked } from './asked.ts';

interface StateCountsProps {
  readonly asked: ProcessesAsked;
  readonly counts: Answered<Status>;
}

export const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

export const StateCounts = ({
  asked,
  counts: { data, error, again },
}: StateCountsProps): JSX.Element => {
  const counts = data?.counts.processes ?? {};
  return (
    <>
      <Problem error={error} again={again} />
      {data ? (
        <ul class="counts" aria-label="Processes of the cluster by state">
          <li>{sumOf(counts).toLocaleString('en')} in all</li>
          {processStates
            .filter((state) => (counts[state] ?? 0) > 0 || state === asked.state)
            .map((state) => (
              <li key={state}>
                <button
                  type="button"
                  aria-pressed={asked.state === state}
                  class={toneOfState(state)}
                  onClick={() =>
                    changeQuery(
                      narrowed({ state: asked.state === state ? null : state, group: null }),
                    )
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
