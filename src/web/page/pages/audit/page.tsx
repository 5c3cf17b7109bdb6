/** Who did what to which machine, when, and by which grant. */

import type { JSX } from 'preact';
import type { Deed } from '../../../../client/types.ts';
import { parseQuantity } from '../../../../checks/view/quantities.ts';
import { foldNodeset } from '../../../../nodeset/nodeset.ts';
import { Moment } from '../../parts/age.tsx';
import { stationNow } from '../../state/clock.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { TextField } from '../../parts/fields.tsx';
import { Link, MachineLink } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { changeQuery, goTo, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';

/** Deeds of a page. */
const pageRows = 500;

const whoOf = ({ user, name, actor }: Deed): string => user ?? name ?? actor;

const Machines = ({ hosts }: Deed): JSX.Element | null => {
  const [first] = hosts;
  if (first === undefined) return null;
  return hosts.length === 1 ? <MachineLink fqdn={first} /> : <>{foldNodeset(hosts)}</>;
};

const columns: readonly TableColumn<Deed>[] = [
  {
    id: 'at',
    title: 'TIME',
    value: ({ at }) => at,
    cell: ({ at }) => <Moment at={at} />,
    width: '12rem',
  },
  {
    id: 'who',
    title: 'WHO',
    value: whoOf,
    cell: (deed) => <span title={deed.actor}>{whoOf(deed)}</span>,
    width: 'minmax(8rem, 1fr)',
  },
  {
    id: 'what',
    title: 'WHAT',
    value: ({ type }) => type,
    cell: ({ id, type }) => <Link to={`/events/${id}`}>{type}</Link>,
    width: '14rem',
  },
  {
    id: 'machines',
    title: 'MACHINES',
    value: ({ hosts }) => hosts[0],
    cell: Machines,
    width: 'minmax(12rem, 2fr)',
  },
  {
    id: 'grant',
    title: 'GRANT',
    value: ({ grant }) => grant,
    cell: ({ grant }) => grant,
    width: '8rem',
  },
  {
    id: 'reason',
    title: 'REASON',
    value: ({ reason }) => reason,
    cell: ({ reason }) => reason,
    width: 'minmax(12rem, 2fr)',
  },
];

/** Seconds that somebody writes as `12h` or `7d`; undefined: they are none. */
const secondsIn = (text: string | null): number | undefined =>
  text === null ? undefined : parseQuantity(text, 'seconds');

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  const host = query.get('host') ?? undefined;
  const actor = query.get('actor') ?? undefined;
  const said = query.get('since');
  const seconds = secondsIn(said);
  const from = Number(query.get('from') ?? 0) || 0;
  const round = useChanges('audit');
  const { data, error, again } = useAnswer(
    JSON.stringify([host, actor, seconds, from]),
    (signal) => {
      const since =
        seconds === undefined ? undefined : Math.floor(stationNow() - Math.ceil(seconds) * 1000);
      return station.audit({ signal, host, actor, since, from, limit: pageRows });
    },
    round,
  );
  const flags = [
    ...(host === undefined ? [] : ['--host', host]),
    ...(actor === undefined ? [] : ['--actor', actor]),
    ...(seconds === undefined || said === null ? [] : ['--since', said]),
  ];
  return (
    <>
      <PageTitle title="Audit">
        <CopyCommand command={['halctl', 'audit', ...flags]} />
      </PageTitle>
      <div class="bar" role="search">
        <TextField name="host" label="Machine" isFirst />
        <TextField name="actor" label="Who (a name, or the id of a token)" />
        <TextField name="since" label="The last" placeholder="12h, 7d" />
      </div>
      <Problem error={error} again={again} />
      {said !== null && seconds === undefined ? (
        <p class="bad">“{said}” is no span of time: write it as 90m, 12h or 7d.</p>
      ) : null}
      {data ? (
        <Table
          label="deeds"
          rows={data.items}
          columns={columns}
          sort="-at"
          keyOf={({ id }) => id}
          open={({ id }) => goTo(`/events/${id}`)}
          empty="Nobody has done such a thing."
        />
      ) : null}
      <p class="buttons">
        {from > 0 ? (
          <button type="button" onClick={() => changeQuery({ from: null })}>
            From the beginning
          </button>
        ) : null}
        {data && data.next !== null ? (
          <button type="button" onClick={() => changeQuery({ from: String(data.next) })}>
            What came after
          </button>
        ) : null}
      </p>
    </>
  );
};
