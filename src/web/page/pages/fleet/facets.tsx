/** Of what those that pass are, with counts; each narrows the filter by itself. */

import type { JSX } from 'preact';
import type { FleetRow } from '../../../../checks/view/row.ts';
import { facetsOf } from '../../fleet/facets.ts';
import { useSteps } from '../../fleet/use-steps.ts';
import { filterAnd, fleetPath } from '../../fleet/view.ts';
import type { FleetView } from '../../fleet/view.ts';
import { Fold } from '../../parts/fold.tsx';
import { Link } from '../../parts/link.tsx';

interface FacetsProps {
  readonly view: FleetView;
  readonly rows: readonly FleetRow[];
}

export const Facets = ({ view, rows }: FacetsProps): JSX.Element => (
  <Fold name="facets" title="Narrow it down">
    <FacetLists view={view} rows={rows} />
  </Fold>
);

const FacetLists = ({ view, rows }: FacetsProps): JSX.Element => {
  const facets = useSteps([rows], () => facetsOf(rows));
  if (!facets) return <p class="quiet">Counting…</p>;
  return (
    <div class="facets">
      {facets.map(({ title, values }) => (
        <section key={title} aria-label={title}>
          <h3>{title}</h3>
          <ul>
            {values.map(({ words, count, term }) => (
              <li key={words}>
                <Link to={fleetPath({ ...view, filter: filterAnd(view.filter, term) })}>
                  {words} <b>{count}</b>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
};
