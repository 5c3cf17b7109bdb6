/** The map: all machines on one screen, by what they stand together with, each with the shape of its state. */

import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FleetRow } from '../../../../checks/view/row.ts';
import { statesWorstFirst } from '../../../../checks/view/state.ts';
import { countsOf, signOfState, toneOfState } from '../../fleet/counts.ts';
import { useFleet } from '../../fleet/use-fleet.ts';
import { fleetPath, statusCommand, viewIn } from '../../fleet/view.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { Fold } from '../../parts/fold.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { changeQuery, goTo, usePlace } from '../../state/router.ts';
import { FilterBar } from '../fleet/filter-bar.tsx';
import { StateStrip } from '../fleet/state-strip.tsx';
import { drawMap, labelOf } from './draw.ts';
import { useGrouping } from './grouping.ts';
import { groupsOf, layoutOf, machineAt, neighbour } from './layout.ts';
import type { Direction, MapGroup, MapLayout } from './layout.ts';
import '../../fleet/fleet.css';
import './map.css';

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  // Places are those of names: what becomes a problem does not move.
  const view = useMemo(() => ({ sort: 'machine', ...viewIn(query) }), [query]);
  const chosen = view.by ?? 'enclosure';
  const fleet = useFleet(view, false);
  const { choices, nameOf, error } = useGrouping(chosen);
  const counts = useMemo(() => countsOf(fleet.all.values()), [fleet.version, fleet.all]);
  const groups = useMemo(() => groupsOf(fleet.rows, nameOf), [fleet.rows, chosen, nameOf]);
  return (
    <>
      <PageTitle title="Map">
        <label>
          Together by{' '}
          <select
            value={chosen}
            onChange={({ currentTarget: { value } }) => changeQuery({ by: value })}
          >
            {choices.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <CopyCommand command={statusCommand(viewIn(query))} />
        <Link to={fleetPath(viewIn(query))}>As a table of machines</Link>
      </PageTitle>
      <Problem error={fleet.error ?? error} again={fleet.error ? fleet.again : undefined} />
      <StateStrip counts={counts} view={viewIn(query)} page="map" />
      <FilterBar view={view} error={fleet.viewError} />
      <Canvas groups={groups} all={fleet.all} isWhole={fleet.isWhole} />
      <Fold name="map-counts" title="The same in numbers">
        <CountTable groups={groups} />
      </Fold>
    </>
  );
};

interface CanvasProps {
  readonly groups: readonly MapGroup[];
  readonly all: ReadonlyMap<string, FleetRow>;
  readonly isWhole: boolean;
}

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** What stands below the map on the screen, px. */
const below = 48;
const heightMin = 240;

const Canvas = ({ groups, all, isWhole }: CanvasProps): JSX.Element => {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [room, setRoom] = useState({ width: 0, height: heightMin });
  const [current, setCurrent] = useState<string | null>(null);
  const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const { width, height } = room;
  const layout: MapLayout = useMemo(() => layoutOf(groups, width, height), [groups, width, height]);
  useLayoutEffect(() => {
    const element = frame.current!;
    const measure = (): void => {
      const top = element.getBoundingClientRect().top + window.scrollY;
      setRoom({
        width: element.clientWidth,
        height: Math.max(heightMin, window.innerHeight - top - below),
      });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    window.addEventListener('resize', measure);
    measure();
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', measure);
    };
  }, []);
  useEffect(() => {
    if (canvas.current && width > 0) drawMap(canvas.current, layout, width, current);
  });
  const pointedAt = (event: MouseEvent): string | undefined => {
    const { left, top } = canvas.current!.getBoundingClientRect();
    return machineAt(layout, event.clientX - left, event.clientY - top)?.machine;
  };
  const row = current === null ? undefined : all.get(current);
  return (
    <>
      <p class="told" aria-live="polite">
        {row ? (
          <Machine row={row} />
        ) : (
          <>
            {total} machines{isWhole ? '' : ', and more are coming'}. Point at one, or go through
            them with the arrow keys; Enter opens it.
          </>
        )}
      </p>
      <div
        ref={frame}
        class="map"
        tabindex={0}
        role="application"
        aria-label={`Map of ${total} machines: arrow keys move, Enter opens`}
        onKeyDown={(event) => {
          const direction = directions[event.key];
          if (direction) {
            event.preventDefault();
            setCurrent(neighbour(layout, current ?? '', direction));
          } else if (event.key === 'Enter' && current !== null) goTo(machinePath(current));
        }}
        onFocus={() => setCurrent((last) => last ?? groups[0]?.rows[0]?.machine ?? null)}
        onPointerMove={(event) => setCurrent((last) => pointedAt(event) ?? last)}
        onClick={(event) => {
          const name = pointedAt(event);
          if (name !== undefined) goTo(machinePath(name));
        }}
      >
        <canvas ref={canvas} aria-hidden="true" />
      </div>
    </>
  );
};

const Machine = ({ row }: { readonly row: FleetRow }): JSX.Element => {
  const { machine, state, reason, maintenance, verdict } = row;
  return (
    <>
      <b>{machine}</b>: <State sign={signOfState[state]} word={state} tone={toneOfState(state)} />
      {verdict === 'ok' ? '' : `, checks: ${verdict}`}
      {reason === '' ? '' : `, ${reason}`}
      {maintenance ? `, in maintenance: ${maintenance.reason}` : ''}
    </>
  );
};

/** Groups that are told in numbers. */
const groupsMax = 200;

const CountTable = ({ groups }: { readonly groups: readonly MapGroup[] }): JSX.Element => {
  const counted = groups.slice(0, groupsMax).map((group) => ({
    label: group.label,
    total: group.rows.length,
    states: new Map(countsOf(group.rows).states),
  }));
  const states = statesWorstFirst.filter((state) =>
    counted.some(({ states: found }) => found.has(state)),
  );
  return (
    <div class="wide" role="region" aria-label="Machines by group and state" tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">GROUP</th>
            <th scope="col">ALL</th>
            {states.map((state) => (
              <th key={state} scope="col">
                <State sign={signOfState[state]} word={state} tone={toneOfState(state)} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counted.map(({ label, total, states: found }) => (
            <tr key={label}>
              <th scope="row">{labelOf(label)}</th>
              <td>{total}</td>
              {states.map((state) => (
                <td key={state}>{found.get(state) ?? 0}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {groups.length > groupsMax ? <p>… and {groups.length - groupsMax} more groups.</p> : null}
    </div>
  );
};
