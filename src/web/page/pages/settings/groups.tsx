/** Groups of machines and the sources that have them: how old each is, and what is wrong with it. */

import type { JSX } from 'preact';
import type { Group, GroupSourceState } from '../../../../client/types.ts';
import { Ago } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useEvery } from '../../state/every.ts';
import { station } from '../../state/station.ts';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

const everyMs = 15_000;

export const Groups = (): JSX.Element => {
  const round = useEvery(everyMs);
  const answered = useAnswer('groups', (signal) => station.listGroups({ signal }), round);
  return (
    <>
      <p class="buttons">
        <CopyCommand command={['halctl', 'group', 'list']} />
      </p>
      <Shown answered={answered} what="the groups">
        {({ items, more, sources }) => (
          <>
            <h2>Sources</h2>
            <Sources sources={sources} />
            <h2>Groups</h2>
            {more ? <p>There are more than {items.length}: these are the first.</p> : null}
            <Table
              label="groups"
              rows={items}
              columns={columns}
              keyOf={({ source, name }) => `${source}:${name}`}
              empty="No source has any."
            />
          </>
        )}
      </Shown>
    </>
  );
};

const Sources = ({ sources }: { readonly sources: readonly GroupSourceState[] }): JSX.Element => (
  <ShortTable label="Sources of groups" titles={['Source', 'Kind', 'Groups', 'Read', 'State']}>
    {sources.map(({ name, kind, groups, read_at: readAt, error, warnings }) => (
      <tr key={name}>
        <th scope="row">{name}</th>
        <td>{kind}</td>
        <td>{groups}</td>
        <td>{readAt === null ? 'never' : <Ago at={readAt} />}</td>
        <td>
          {error === null ? (
            <State sign="✓" word="ok" tone="good" />
          ) : (
            <>
              <State sign="✗" word="could not be read" tone="bad" />: {error}
            </>
          )}
          {warnings.map((warning) => (
            <span key={warning} class="item busy">
              Warning: {warning}
            </span>
          ))}
        </td>
      </tr>
    ))}
  </ShortTable>
);

const columns: readonly TableColumn<Group>[] = [
  { id: 'name', title: 'GROUP', value: ({ name }) => name, cell: ({ name }) => `@${name}` },
  { id: 'source', title: 'SOURCE', value: ({ source }) => source, cell: ({ source }) => source },
  {
    id: 'count',
    title: 'MACHINES',
    value: ({ count }) => count,
    cell: ({ count }) => count,
    width: '7rem',
    align: 'end',
  },
  {
    id: 'who',
    title: 'WHO',
    cell: ({ nodeset, error }) =>
      error === null ? <span title={nodeset}>{nodeset}</span> : `not known: ${error}`,
    width: 'minmax(16rem, 3fr)',
  },
  {
    id: 'shadowed',
    title: 'MEANT BY @NAME',
    value: ({ shadowed_by: by }) => by,
    cell: ({ shadowed_by: by }) => by ?? 'this one',
  },
];
