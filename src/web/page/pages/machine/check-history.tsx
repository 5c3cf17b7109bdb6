/** How a check went over time: its verdicts as steps, what it measured, and the same as a list. */

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Moment } from '../../parts/age.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { station } from '../../state/station.ts';
import { atBefore } from './history-view.ts';
import { Plot } from './plot.tsx';
import { verdictSteps, verdictRanks } from './steps.ts';

/** Entries of the history that are looked through. */
const entriesMax = 1000;

export const CheckHistory = ({
  fqdn,
  check,
}: {
  readonly fqdn: string;
  readonly check: string;
}): JSX.Element => {
  const at = useMoment();
  const history = useAnswer(`history of ${check} ${fqdn} ${at ?? ''}`, (signal) =>
    station.machineHistory(fqdn, {
      ...{ kind: 'check', limit: entriesMax, signal, ...atBefore(at, undefined) },
    }),
  );
  // Of the past it is not kept.
  const measured = useAnswer(at === undefined ? `measured ${check} ${fqdn}` : null, (signal) =>
    station.measurements(fqdn, { checks: check, signal }),
  );
  const steps = useMemo(
    () => verdictSteps(history.data?.entries ?? [], check),
    [history.data, check],
  );
  const series = measured.data?.series.find((one) => one.check === check);
  const end = at === undefined ? measured.data?.at : steps.at(-1)?.at;
  return (
    <div class="check-history">
      <Problem error={history.error ?? measured.error} />
      {steps.length > 0 && end !== undefined ? (
        <Plot
          label={`Verdicts of ${check}`}
          points={[...steps.map(({ at, rank }) => [at, rank] as const), [end, steps.at(-1)!.rank]]}
          isStepped
          names={verdictRanks}
        />
      ) : null}
      {series && series.points.length > 0 ? (
        <Plot
          label={`${series.title}${series.unit === null ? '' : `, ${series.unit}`}: the last day`}
          points={series.points}
          type={series.type}
        />
      ) : null}
      {history.data && steps.length === 0 ? (
        <p>Its verdict has not changed as far as the log was looked through.</p>
      ) : null}
      {steps.length === 0 ? null : (
        <details>
          <summary>As a list</summary>
          <ul>
            {steps.toReversed().map(({ at, from, to }) => (
              <li key={`${at} ${to}`}>
                <Moment at={at} />: {from ?? 'not known'} → {to}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
};
