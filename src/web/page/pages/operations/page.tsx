/** Operations: long work that was ordered, how far it is, and how it ended. */

import type { JSX } from 'preact';
import type { OperationItem } from '../../../../client/types.ts';
import { ofKind } from '../../../../client/view/operation-words.ts';
import { Ago } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Choice, TextField } from '../../parts/fields.tsx';
import { Link } from '../../parts/link.tsx';
import { OperationState } from '../../acting/operation-state-shown.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { changeQuery, goTo, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';

/** Operations of a page. */
const pageRows = 200;

const states = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;
const kinds = [
  ...(['start', 'stop', 'remove', 'reboot', 'reinstall', 'release', 'campaign'] as const),
  ...(['power-on', 'power-off', 'power-soft', 'power-cycle', 'power-reset'] as const),
  ...(['boot-device', 'light', 'refresh'] as const),
] as const;

const pathOf = ({ id, kind }: OperationItem): string =>
  kind === 'campaign' ? `/campaigns/${id}` : `/operations/${id}`;

const columns: readonly TableColumn<OperationItem>[] = [
  {
    id: 'id',
    title: 'ID',
    value: ({ id }) => id,
    cell: (one) => <Link to={pathOf(one)}>{one.id}</Link>,
    width: '6rem',
  },
  {
    id: 'state',
    title: 'STATE',
    value: ({ state }) => state,
    cell: ({ state }) => <OperationState state={state} />,
    width: '9rem',
  },
  {
    id: 'kind',
    title: 'KIND',
    value: ({ kind }) => kind,
    cell: ({ kind }) => <span title={ofKind(kind).ing}>{kind}</span>,
    width: '8rem',
  },
  {
    id: 'subject',
    title: 'ABOUT',
    value: ({ subject }) => subject,
    cell: ({ subject }) => subject,
    width: 'minmax(10rem, 1.5fr)',
  },
  {
    id: 'done',
    title: 'DONE',
    value: ({ done, total }) => (total === 0 ? 0 : done / total),
    cell: ({ done, total }) => `${done} of ${total}`,
    width: '7rem',
  },
  {
    id: 'at',
    title: 'ORDERED',
    value: ({ at }) => at,
    cell: ({ at }) => <Ago at={at} />,
    width: '8rem',
  },
  { id: 'actor', title: 'BY', value: ({ actor }) => actor, cell: ({ actor }) => actor },
  {
    id: 'stage',
    title: 'HOW FAR',
    cell: ({ problem, stage }) => problem ?? stage,
    width: 'minmax(12rem, 2fr)',
  },
];

const chosen = <T extends string>(all: readonly T[], said: string | null): T | undefined =>
  all.find((one) => one === said);

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  const state = chosen(states, query.get('state'));
  const kind = chosen(kinds, query.get('kind'));
  const host = query.get('host') ?? undefined;
  const actor = query.get('actor') ?? undefined;
  const cursor = query.get('cursor') ?? undefined;
  const round = useChanges('operations');
  const key = JSON.stringify([state, kind, host, actor, cursor]);
  const { data, error, again } = useAnswer(
    key,
    (signal) =>
      station.listOperations({ ...{ signal, limit: pageRows }, state, kind, host, actor, cursor }),
    round,
  );
  const flags = Object.entries({ state, kind, host, actor }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  return (
    <>
      <PageTitle title="Operations">
        <CopyCommand command={['halctl', 'operation', 'list', ...flags]} />
      </PageTitle>
      <div class="bar" role="search">
        <Choice name="state" label="State" choices={states} />
        <Choice name="kind" label="Kind" choices={kinds} />
        <TextField name="host" label="Machine" isFirst />
        <TextField name="actor" label="By" placeholder="token:…" />
      </div>
      <Problem error={error} again={again} />
      {data ? (
        <Table
          label="operations"
          rows={data.items}
          columns={columns}
          keyOf={({ id }) => String(id)}
          open={(one) => goTo(pathOf(one))}
          empty="Nothing of this kind was ordered."
        />
      ) : null}
      <p class="buttons">
        {cursor === undefined ? null : (
          <button type="button" onClick={() => changeQuery({ cursor: null })}>
            Newest
          </button>
        )}
        {data?.next ? (
          <button type="button" onClick={() => changeQuery({ cursor: String(data.next) })}>
            Older
          </button>
        ) : null}
      </p>
    </>
  );
};
