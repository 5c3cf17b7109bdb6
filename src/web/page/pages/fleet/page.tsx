/** The fleet: all machines at a glance, what is the matter with them, and what is done about it. */

import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Column } from '../../../../checks/view/columns.ts';
import { counted } from '../../../../client/view/words.ts';
import { gridColumn, columnsShown } from '../../fleet/columns.tsx';
import { countsOf } from '../../fleet/counts.ts';
import { useSelection } from '../../fleet/selection.ts';
import { useFleet } from '../../fleet/use-fleet.ts';
import type { FleetShown } from '../../fleet/use-fleet.ts';
import { statusCommand, viewIn } from '../../fleet/view.ts';
import type { FleetView } from '../../fleet/view.ts';
import { useNow } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Grid } from '../../parts/grid.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { sortingOf, sortText } from '../../parts/sorting.ts';
import { useLive } from '../../state/live.ts';
import { changeQuery, goTo, usePlace } from '../../state/router.ts';
import { ColumnsDialog } from './columns-dialog.tsx';
import { Facets } from './facets.tsx';
import { FilterBar } from './filter-bar.tsx';
import { Incidents, Reasons } from './matter.tsx';
import { SavedViews } from './saved-views.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { Sources } from './sources.tsx';
import { StateStrip } from './state-strip.tsx';
import '../../fleet/fleet.css';

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  const view = useMemo(() => viewIn(query), [query]);
  const [isHeld, setHeld] = useState(false);
  const fleet = useFleet(view, isHeld);
  const counts = useMemo(() => countsOf(fleet.all.values()), [fleet.version, fleet.all]);
  const selection = useSelection();
  const { columns, error: columnsError } = useColumns(view, fleet, isHeld);
  const now = useStillNow();
  const [isChoosing, setChoosing] = useState(false);
  const titles = useMemo(() => columns.map((one) => gridColumn(one, now)), [columns, now]);
  return (
    <>
      <PageTitle title="Fleet">
        <CopyCommand command={statusCommand(view)} />
        <button type="button" onClick={() => setChoosing(true)}>
          Columns
        </button>
      </PageTitle>
      <Problem error={fleet.error} again={fleet.again} />
      <StateStrip counts={counts} view={view} />
      <FilterBar view={view} error={fleet.viewError ?? columnsError} />
      <div class="folds">
        {view.at === undefined ? <Incidents /> : null}
        <Reasons view={view} rows={fleet.all} version={fleet.version} />
        <Facets view={view} rows={fleet.passing} />
        <Sources view={view} />
        <SavedViews />
      </div>
      <SelectionBar selection={selection} all={fleet.all} passing={fleet.passing} />
      <p class="told">
        <Told fleet={fleet} />
      </p>
      <Grid
        label="machines"
        rows={fleet.rows}
        columns={titles}
        keyOf={nameOf}
        sorting={sortingOf(view.sort ?? '')}
        sort={(sorting) => changeQuery({ sort: sortText(sorting) })}
        open={({ machine }) => goTo(machinePath(machine))}
        selected={selection.names}
        select={selection.change}
        hold={setHeld}
        empty={<NoRows view={view} fleet={fleet} />}
      />
      {isChoosing ? (
        <ColumnsDialog
          shown={columns.map(({ id }) => id)}
          checks={fleet.checks}
          choose={(ids) => changeQuery({ columns: ids?.join(',') ?? null })}
          close={() => setChoosing(false)}
        />
      ) : null}
    </>
  );
};

const nameOf = ({ machine }: { readonly machine: string }): string => machine;

interface NoRowsProps {
  readonly view: FleetView;
  readonly fleet: FleetShown;
}

/** That nothing is shown is no answer where it is not known what is asked. */
const NoRows = ({ view, fleet }: NoRowsProps): JSX.Element => {
  const { viewError, error, isWhole, all } = fleet;
  const { filter, problems, groups, nodes } = view;
  if (error) return <>The machines could not be read.</>;
  if (viewError) return <>Nothing is shown, as the filter or the order is not understood.</>;
  if (!isWhole) return <>The machines are being read…</>;
  if (all.size === 0 && groups === undefined && nodes === undefined)
    return (
      <>
        There is no machine yet: agents that report make them known, or{' '}
        <Link to="/facts">facts</Link> that are loaded.
      </>
    );
  if (filter !== undefined) return <>No machine passes the filter.</>;
  return <>{problems ? 'Nothing needs attention.' : 'No machine passes.'}</>;
};

/** How many there are, and how many changes wait. */
const Told = ({ fleet }: { readonly fleet: FleetShown }): JSX.Element => {
  const { passing, all, isWhole, waiting, release } = fleet;
  const { isPaused } = useLive();
  return (
    <>
      {passing.length === all.size
        ? counted(all.size, 'machine')
        : `${passing.length} of ${all.size} machines`}
      {isWhole ? '' : ', and more are coming'}, problems first unless sorted otherwise.{' '}
      {waiting > 0 ? (
        <>
          <b>
            {waiting} {waiting === 1 ? 'change waits' : 'changes wait'}
          </b>{' '}
          {isPaused ? 'while the page is held still.' : 'while you are among the rows.'}{' '}
          <button type="button" onClick={release}>
            Show them
          </button>
        </>
      ) : null}
    </>
  );
};

/** Now, unless whoever reads holds the page still. */
const useStillNow = (): number => {
  const now = useNow();
  const last = useRef(now);
  if (!useLive().isPaused) last.current = now;
  return last.current;
};

/** How often it is looked whether something stands in columns that were empty, ms. */
const lookAgainMs = 3000;

interface ColumnsKept {
  readonly key: string;
  /** When it was looked, ms. */
  readonly at: number;
  readonly columns: readonly Column[];
  readonly error: unknown;
}

/** Columns stay as they are while somebody points at the rows. */
const useColumns = (
  { columns: text }: FleetView,
  { checks, passing, isWhole }: FleetShown,
  isHeld: boolean,
): { readonly columns: readonly Column[]; readonly error: unknown } => {
  const last = useRef<ColumnsKept>({ key: '', at: 0, columns: [], error: undefined });
  return useMemo(() => {
    const { current } = last;
    const key = JSON.stringify([text, checks.length, isWhole, passing.length > 0]);
    const isGood = isHeld || performance.now() - current.at < lookAgainMs;
    if (current.key === key && isGood) return current;
    let found: readonly Column[];
    let error: unknown;
    try {
      found = columnsShown(text, checks, passing);
    } catch (refused) {
      [found, error] = [columnsShown(undefined, checks, passing), refused];
    }
    const isSame =
      current.columns.length === found.length &&
      current.columns.every((one, i) => one === found[i] || one.id === found[i]!.id);
    const columns = isSame && current.key === key ? current.columns : found;
    last.current = { key, at: performance.now(), columns, error };
    return last.current;
  }, [text, checks, passing, isHeld, isWhole]);
};
