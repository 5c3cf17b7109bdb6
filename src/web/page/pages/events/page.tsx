/** The log, live: what happened, to whom, by whom, and by which rule. */

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { briefly } from '../../../../client/view/words.ts';
import type { EventReply } from '../../../../client/types.ts';
import { Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { TextField } from '../../parts/fields.tsx';
import { Link } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useMoment } from '../../state/moment.ts';
import { goTo, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { isChosen } from './chosen.ts';
import { keptMax, useLog } from './log.ts';

const columns: readonly TableColumn<EventReply>[] = [
  {
    id: 'id',
    title: 'ID',
    cell: ({ id }) => <Link to={`/events/${id}`}>{id}</Link>,
    width: '7rem',
  },
  { id: 'at', title: 'TIME', cell: ({ at }) => <Moment at={at} />, width: '12rem' },
  { id: 'type', title: 'TYPE', cell: ({ type }) => <strong>{type}</strong>, width: '13rem' },
  { id: 'actor', title: 'ACTOR', cell: ({ actor }) => actor, width: 'minmax(8rem, 1fr)' },
  { id: 'rule', title: 'RULE', cell: ({ rule }) => rule ?? '–', width: 'minmax(8rem, 1fr)' },
  { id: 'data', title: 'DATA', cell: ({ data }) => briefly(data), width: 'minmax(16rem, 4fr)' },
];

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  const at = useMoment();
  const isTime = at !== undefined && !/^\d{1,12}$/.test(at);
  // A time has to be found in the log first.
  const { data, error, again } = useAnswer(isTime ? `revision at ${at}` : null, (signal) =>
    station.status({ signal, at }),
  );
  const revision = isTime ? data?.revision : at === undefined ? undefined : Number(at);
  if (isTime && revision === undefined)
    return (
      <>
        <PageTitle title="Events" />
        {error ? <Problem {...{ error, again }} /> : <p class="quiet">Finding that moment…</p>}
      </>
    );
  return <Events types={query.get('type')?.split(',') ?? []} at={revision} />;
};

interface EventsProps {
  readonly types: readonly string[];
  readonly at: number | undefined;
}

const Events = ({ types, at }: EventsProps): JSX.Element => {
  const { query } = usePlace();
  const machine = query.get('host') ?? '';
  const actor = query.get('actor') ?? '';
  const { events, since, held, error, isLoading, older } = useLog(types, at);
  const shown = useMemo(
    () => events.filter((event) => isChosen(event, machine, actor)),
    [events, machine, actor],
  );
  const known = useMemo(() => [...new Set(events.map(({ type }) => type))].sort(), [events]);
  const flags = types.flatMap((type) => ['--type', type]);
  return (
    <>
      <PageTitle title="Events">
        <CopyCommand command={['halctl', 'events', '--follow', ...flags]} />
      </PageTitle>
      <div class="bar" role="search">
        <TextField name="type" label="Types, with commas" isFirst suggestions={known} />
        <TextField name="host" label="Machine" />
        <TextField name="actor" label="Actor or rule" />
      </div>
      <Problem error={error} />
      {held > 0 ? <p class="quiet">{held} more have come meanwhile.</p> : null}
      <Table
        label="events"
        rows={shown}
        columns={columns}
        keyOf={({ id }) => id}
        open={({ id }) => goTo(`/events/${id}`)}
        empty={isLoading ? 'Loading…' : 'No such event so far.'}
      />
      <p class="buttons">
        {since !== null && since > 0 && events.length < keptMax ? (
          <button type="button" disabled={isLoading} onClick={older}>
            {isLoading ? 'Looking…' : 'Look at older ones'}
          </button>
        ) : null}
        {since === null ? null : (
          <span class="quiet">
            {since === 0 ? 'The whole log was looked at.' : `Looked at since revision ${since}.`}
          </span>
        )}
      </p>
    </>
  );
};
