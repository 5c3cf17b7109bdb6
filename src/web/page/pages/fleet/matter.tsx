/** What is the matter: many machines with one cause, and those with which the same is the matter together. */

import type { JSX } from 'preact';
import { machineColumns } from '../../../../checks/view/columns.ts';
import type { FleetRow } from '../../../../checks/view/row.ts';
import type { Incident } from '../../../../client/types.ts';
import { counted } from '../../../../client/view/words.ts';
import { everyItem } from '../../../../client/pages.ts';
import { foldNodeset } from '../../../../nodeset/nodeset.ts';
import { reasonsOf } from '../../fleet/reasons.ts';
import type { ReasonGroup } from '../../fleet/reasons.ts';
import { useSteps } from '../../fleet/use-steps.ts';
import { fleetPath } from '../../fleet/view.ts';
import type { FleetView } from '../../fleet/view.ts';
import { signOfState } from '../../fleet/counts.ts';
import { useRound } from '../../fleet/use-round.ts';
import { Ago } from '../../parts/age.tsx';
import { Fold } from '../../parts/fold.tsx';
import { Link } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { station } from '../../state/station.ts';

/** How often it is asked whether something befell several, ms. */
const everyMs = 15_000;

export const Incidents = (): JSX.Element | null => {
  const round = useRound(everyMs);
  const { data, error, again } = useAnswerAsItChanges(
    'incidents',
    (signal) => station.listIncidents({ signal }),
    round,
  );
  const items = data?.items ?? [];
  if (items.length === 0) return <Problem error={error} again={again} />;
  return (
    <Fold
      name="incidents"
      title={<b>{counted(items.length, 'incident')}: one cause each</b>}
      isOpen
    >
      <Problem error={error} again={again} />
      <ul class="matter">
        {items.map((one) => (
          <IncidentShown key={one.id} incident={one} />
        ))}
      </ul>
    </Fold>
  );
};

const IncidentShown = ({ incident }: { readonly incident: Incident }): JSX.Element => {
  const { kind, name, hosts, of, first, says } = incident;
  const nodes = foldNodeset(hosts);
  return (
    <li>
      <State sign="✖" word={`${kind} ${name}`} tone="bad" />: {hosts.length} of{' '}
      {counted(of, 'machine')} silent since <Ago at={first} />.{' '}
      <Link to={fleetPath({ nodes })}>Show them</Link>
      <p>{says}</p>
      <p class="nodeset quiet">{nodes}</p>
    </li>
  );
};

interface ReasonsProps {
  readonly view: FleetView;
  readonly rows: ReadonlyMap<string, FleetRow>;
  /** Another one when the rows have changed. */
  readonly version: unknown;
}

export const Reasons = ({ view, rows, version }: ReasonsProps): JSX.Element => (
  <Fold name="reasons" title="By reason">
    <ReasonTable view={view} rows={rows} version={version} />
  </Fold>
);

const ReasonTable = ({ view, rows, version }: ReasonsProps): JSX.Element => {
  const round = useRound(everyMs);
  const isPast = view.at !== undefined;
  // Suggestions are of what is known now.
  const { data, error, again } = useAnswerAsItChanges(
    isPast ? null : 'suggestions',
    async (signal) => {
      const all = await everyItem((options) => station.listSuggestions(options), { signal });
      return new Map(all.items.map((one) => [one.host, one]));
    },
    round,
  );
  const found = useSteps([version, data], () => reasonsOf(rows.values(), data ?? new Map()));
  if (!found) return <p class="quiet">Looking…</p>;
  if (found.groups.length === 0) return <p>Nothing needs attention.</p>;
  return (
    <>
      <Problem error={error} again={again} />
      <div class="wide" role="region" aria-label="By reason" tabindex={0}>
        <table>
          <thead>
            <tr>
              {['STATE', 'WHY', 'MACHINES', 'SINCE', 'WHO', 'SUGGESTED'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.groups.map((group) => (
              <ReasonRow key={group.filter + group.nodes} group={group} view={view} />
            ))}
          </tbody>
        </table>
      </div>
      {found.more > 0 ? <p class="quiet">… and {found.more} more reasons.</p> : null}
    </>
  );
};

const stateColumn = machineColumns.find(({ id }) => id === 'state')!;

const ReasonRow = ({
  group,
  view,
}: {
  readonly group: ReasonGroup;
  readonly view: FleetView;
}): JSX.Element => {
  const { state, row, reason, nodes, count, first, last, who, suggestions, filter } = group;
  const { groups, nodes: among, at } = view;
  const path = fleetPath({
    filter,
    ...(groups === undefined ? {} : { groups }),
    ...(among === undefined ? {} : { nodes: among }),
    ...(at === undefined ? {} : { at }),
  });
  return (
    <tr>
      <td>
        <State sign={signOfState[state]} word={state} tone={stateColumn.tone!(row)} />
      </td>
      <td>{reason === '' ? <span class="quiet">nothing is said</span> : reason}</td>
      <td>
        <Link to={path}>{counted(count, 'machine')}</Link> <span class="nodeset">{nodes}</span>
      </td>
      <td>
        <Ago at={first} />
        {last !== null && last !== first ? (
          <>
            {' '}
            <span class="quiet">
              (last <Ago at={last} />)
            </span>
          </>
        ) : null}
      </td>
      <td>{who.join(', ')}</td>
      <td>
        {suggestions.map(({ action, count: many, sure }) => (
          <div key={action}>
            {action} for {many} <span class="quiet">(sure: {sure.toFixed(2)} or more)</span>
          </div>
        ))}
      </td>
    </tr>
  );
};
