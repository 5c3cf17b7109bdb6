/** How old is what each source has said: the checks, and what groups come from. */

import type { JSX } from 'preact';
import { useRound } from '../../fleet/use-round.ts';
import type { FleetView } from '../../fleet/view.ts';
import { Ago } from '../../parts/age.tsx';
import { Fold } from '../../parts/fold.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { station } from '../../state/station.ts';

const everyMs = 10_000;

export const Sources = ({ view }: { readonly view: FleetView }): JSX.Element | null =>
  // Of the past there are no observations to have an age.
  view.at === undefined ? (
    <Fold name="sources" title="How old it is">
      <div class="facets">
        <CheckAges view={view} />
        <GroupSources />
      </div>
    </Fold>
  ) : null;

const CheckAges = ({ view: { groups, nodes } }: { readonly view: FleetView }): JSX.Element => {
  const round = useRound(everyMs);
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['summary', groups, nodes]),
    (signal) => station.fleetSummary({ signal, groups, nodes }),
    round,
  );
  return (
    <section aria-label="Checks">
      <h3>Checks</h3>
      <Problem error={error} again={again} />
      <table>
        <thead>
          <tr>
            <th scope="col">CHECK</th>
            <th scope="col">NEWEST</th>
            <th scope="col">OLDEST</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(data?.checks ?? {}).map(([id, { newest, oldest }]) => (
            <tr key={id}>
              <th scope="row">{id}</th>
              <td>{newest === null ? 'never' : <Ago at={newest} />}</td>
              <td>{oldest === null ? 'never' : <Ago at={oldest} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const GroupSources = (): JSX.Element => {
  const round = useRound(everyMs);
  const { data, error, again } = useAnswerAsItChanges(
    'group sources',
    async (signal) => (await station.listGroups({ signal })).sources,
    round,
  );
  return (
    <section aria-label="Sources of groups">
      <h3>Sources of groups</h3>
      <Problem error={error} again={again} />
      {data?.length === 0 ? <p class="quiet">There are none.</p> : null}
      <ul>
        {(data ?? []).map(({ name, kind, groups, read_at: readAt, error: why, warnings }) => (
          <li key={name}>
            {name} <span class="quiet">({kind})</span>: {groups} groups,{' '}
            {readAt === null ? 'never read' : <Ago at={readAt} />}
            {why === null ? null : <p class="bad">It could not be read since: {why}</p>}
            {warnings.map((one) => (
              <p key={one} class="busy">
                {one}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
};
