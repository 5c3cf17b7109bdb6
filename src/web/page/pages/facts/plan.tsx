/** What a load would do, as a diff: what comes, what changes, what goes, and what is kept although nobody declares it. */

import type { JSX } from 'preact';
import {
  changeLines,
  keptName,
  planSummary,
  signOfLine,
} from '../../../../client/view/load-plan.ts';
import type { PlanSign } from '../../../../client/view/load-plan.ts';
import type { Loaded, LoadPlan } from '../../../../client/types.ts';

const changesMax = 1000;
const keptMax = 50;

const look: Readonly<Record<PlanSign, string>> = { '+': 'good', '~': 'busy', '-': 'bad' };

export const PlanDiff = ({ plan }: { readonly plan: LoadPlan }): JSX.Element => {
  const { revision, changes, events } = plan;
  if (events.length === 0)
    return (
      <p>Nothing would change: the cluster at revision {revision} already is as the files say.</p>
    );
  return (
    <>
      <p>
        <strong>{planSummary(plan)}</strong> at revision {revision}.
      </p>
      <pre class="diff" tabindex={0} aria-label="What would change">
        {changes.slice(0, changesMax).flatMap((change, index) =>
          changeLines(change).map((line, at) => (
            <span key={`${index} ${at}`} class={look[signOfLine(line) ?? '~']}>
              {line}
              {'\n'}
            </span>
          )),
        )}
      </pre>
      {changes.length > changesMax ? (
        <p>… and {changes.length - changesMax} more; halctl shows all of it.</p>
      ) : null}
    </>
  );
};

/** What is not declared any more and stays. */
export const Kept = ({ kept }: Pick<Loaded, 'kept'>): JSX.Element => (
  <>
    <KeptList
      kept={kept.filter(({ needed }) => !needed)}
      why="Not declared any more, and kept; to prune removes it:"
    />
    <KeptList
      kept={kept.filter(({ needed }) => needed)}
      why="Not declared any more, and kept as long as processes or other roles need it:"
    />
  </>
);

interface KeptListProps extends Pick<Loaded, 'kept'> {
  readonly why: string;
}

const KeptList = ({ kept, why }: KeptListProps): JSX.Element | null =>
  kept.length === 0 ? null : (
    <>
      <p>{why}</p>
      <ul>
        {kept.slice(0, keptMax).map((one) => (
          <li key={keptName(one)}>{keptName(one)}</li>
        ))}
        {kept.length > keptMax ? <li>… and {kept.length - keptMax} more</li> : null}
      </ul>
    </>
  );
