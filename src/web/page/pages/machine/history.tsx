/** All that happened to it: boots, checks, power, console, processes, what people asked for and wrote down. */

import type { JSX } from 'preact';
import type { HistoryEntry, HistoryKind, HistoryPage } from '../../../../client/types.ts';
import { historyKinds, kindWords } from '../../../../client/view/history-kinds.ts';
import { Moment } from '../../parts/age.tsx';
import { stationNow } from '../../state/clock.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link, machinePath } from '../../parts/link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { atBefore, kindsIn, kindsWith, pickedIn, withPicked } from './history-view.ts';
import { useHeld } from './held.ts';
import { Ribbon } from './ribbon.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

interface HistoryProps {
  readonly fqdn: string;
  /** Grows where more has happened. */
  readonly round: number;
}

const rowsMax = 100;

export const History = ({ fqdn, round }: HistoryProps): JSX.Element => {
  const at = useMoment();
  const { query } = usePlace();
  const kinds = kindsIn(query.get('kinds'));
  const older = query.get('before') ?? undefined;
  const isNewest = older === undefined;
  const key = `history ${fqdn} ${at ?? ''} ${kinds.join()} ${older ?? ''}`;
  const { data, error, again } = useAnswer(
    key,
    (signal) =>
      station.machineHistory(fqdn, {
        ...{ limit: rowsMax, signal, ...atBefore(at, older) },
        ...(kinds.length === 0 ? {} : { kind: [...kinds] }),
      }),
    // What is older stays as it is.
    isNewest ? round : 0,
  );
  const held = useHeld(data, `${key} ${data === undefined}`);
  const { shown } = held;
  return (
    <section aria-labelledby="history">
      <h2 id="history">What happened</h2>
      <Kinds chosen={kinds} />
      <Problem error={error} again={again} />
      {shown ? (
        <>
          <Ribbon
            entries={shown.entries}
            until={isNewest && at === undefined ? stationNow() : undefined}
          />
          <Compare fqdn={fqdn} picked={pickedIn(query.get('pick'))} />
          <p role="status">
            {held.isBehind ? (
              <>
                More has happened; the list holds still while you are in it.{' '}
                <button type="button" onClick={held.catchUp}>
                  Show it
                </button>
              </>
            ) : null}
          </p>
          <div {...held.handlers}>
            <Entries fqdn={fqdn} entries={shown.entries} />
          </div>
          <Pages page={shown} isNewest={isNewest} />
        </>
      ) : null}
      <p>
        <CopyCommand
          command={[
            ...['halctl', 'status', 'history', fqdn],
            ...kinds.flatMap((kind) => ['--kind', kind]),
          ]}
        />
      </p>
    </section>
  );
};

const Kinds = ({ chosen }: { readonly chosen: readonly HistoryKind[] }): JSX.Element => (
  <fieldset class="kinds">
    <legend>Only of these kinds; none is all</legend>
    {historyKinds.map((kind) => (
      <label key={kind}>
        <input
          type="checkbox"
          checked={chosen.includes(kind)}
          onChange={() => changeQuery({ kinds: kindsWith(chosen, kind), before: null })}
        />
        {kindWords[kind]}
      </label>
    ))}
  </fieldset>
);

interface CompareProps {
  readonly fqdn: string;
  readonly picked: readonly number[];
}

const Compare = ({ fqdn, picked }: CompareProps): JSX.Element => {
  const [from, to] = picked.toSorted((one, other) => one - other);
  const path = `${machinePath(fqdn)}/compare`;
  if (from === undefined)
    return <p class="quiet">Mark one or two moments below to compare them.</p>;
  return (
    <p>
      {to === undefined ? (
        <>
          Revision {from} is marked:{' '}
          <Link to={`${path}?from=${from}`}>compare it with how it is now</Link>, or mark another.
        </>
      ) : (
        <Link to={`${path}?from=${from}&to=${to}`}>
          Compare revisions {from} and {to}
        </Link>
      )}
    </p>
  );
};

const titles = ['COMPARE', 'WHEN', 'KIND', 'BY', 'WHAT', 'MORE'];

const Entries = ({
  fqdn,
  entries,
}: {
  readonly fqdn: string;
  readonly entries: readonly HistoryEntry[];
}): JSX.Element => {
  const picked = pickedIn(usePlace().query.get('pick'));
  if (entries.length === 0) return <p>Nothing is known of that.</p>;
  return (
    <ShortTable label="What happened, newest first" titles={titles}>
      {entries.map(({ id, revision, at, kind, by, by_name, text, operation, process }) => (
        <tr key={id}>
          <td>
            <input
              type="checkbox"
              aria-label={`Compare revision ${revision}`}
              checked={picked.includes(revision)}
              onChange={() =>
                changeQuery({ pick: withPicked(picked, revision) }, { replace: true })
              }
            />
          </td>
          <td>
            <Moment at={at} />
          </td>
          <td>{kind}</td>
          <td title={by}>{by_name ?? by}</td>
          <td>{text}</td>
          <td class="links">
            <Link to={`/events/${id}`}>why</Link>{' '}
            <Link to={`${machinePath(fqdn)}?at=${revision}`}>as it was</Link>{' '}
            {operation === null ? null : (
              <Link to={`/operations/${operation}`}>operation {operation}</Link>
            )}{' '}
            {process === null ? null : (
              <Link to={`/processes/${encodeURIComponent(process)}`}>{process}</Link>
            )}
          </td>
        </tr>
      ))}
    </ShortTable>
  );
};

const Pages = ({
  page: { next },
  isNewest,
}: {
  readonly page: HistoryPage;
  readonly isNewest: boolean;
}): JSX.Element => (
  <p class="bar">
    {isNewest ? null : (
      <button type="button" onClick={() => changeQuery({ before: null })}>
        Newest
      </button>
    )}
    {next === null ? null : (
      <button type="button" onClick={() => changeQuery({ before: next })}>
        Older
      </button>
    )}
  </p>
);
