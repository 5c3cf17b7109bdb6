/** A campaign: one thing done with many machines, a few at a time; each of them, and how it is with it. */

import type { JSX } from 'preact';
import type { Campaign, CampaignMachine } from '../../../../client/types.ts';
import { counted } from '../../../../client/view/words.ts';
import type { Page as PageOf } from '../../page.ts';
import { Ago, Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Choice } from '../../parts/fields.tsx';
import { Link, MachineLink } from '../../parts/link.tsx';
import { CancelOperation } from '../../acting/cancel-operation.tsx';
import { useOperation } from '../../acting/use-operation.ts';
import { OperationState } from '../../acting/operation-state-shown.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';

/** Machines of one answer. */
const pageRows = 1000;

const columns: readonly TableColumn<CampaignMachine>[] = [
  {
    id: 'host',
    title: 'MACHINE',
    value: ({ host }) => host,
    cell: ({ host }) => <MachineLink fqdn={host} />,
    width: 'minmax(10rem, 1fr)',
  },
  {
    id: 'state',
    title: 'STATE',
    value: ({ state }) => state,
    cell: ({ state }) => <OperationState state={state} />,
    width: '8rem',
  },
  {
    id: 'operation',
    title: 'OPERATION',
    value: ({ operation }) => operation,
    cell: ({ operation }) =>
      operation === null ? null : <Link to={`/operations/${operation}`}>{operation}</Link>,
    width: '8rem',
  },
  {
    id: 'begun',
    title: 'BEGUN',
    value: ({ begun }) => begun,
    cell: ({ begun }) => <Ago at={begun} />,
    width: '8rem',
  },
  {
    id: 'ended',
    title: 'ENDED',
    value: ({ ended }) => ended,
    cell: ({ ended }) => <Ago at={ended} />,
    width: '8rem',
  },
  { id: 'detail', title: 'NOTE', cell: ({ detail }) => detail, width: 'minmax(12rem, 3fr)' },
];

/** All machines of a campaign, page by page. */
const wholeOf = async (
  id: number,
  signal: AbortSignal,
): Promise<Campaign & { readonly items: readonly CampaignMachine[] }> => {
  const first = await station.getCampaign(id, { signal, limit: pageRows });
  const items = [...first.items];
  for (let { next } = first; next !== null;) {
    const page = await station.getCampaign(id, { signal, limit: pageRows, cursor: next });
    items.push(...page.items);
    next = page.next;
  }
  return { ...first, items };
};

export const Page: PageOf = ({ parameters }) => {
  const id = Number(parameters.id);
  const round = useChanges('the campaign');
  const { data, error, again } = useAnswer(
    `campaign ${id}`,
    (signal) => wholeOf(id, signal),
    round,
  );
  const { operation } = useOperation(id);
  const wanted = usePlace().query.get('state');
  const rows = data?.items.filter(({ state }) => wanted === null || state === wanted) ?? [];
  return (
    <>
      <PageTitle title={`Campaign ${parameters.id}`}>
        {data ? <OperationState state={data.state} /> : null}
        <CopyCommand command={['halctl', 'operation', 'machines', String(id)]} />
      </PageTitle>
      <Problem error={error} again={again} />
      {data ? (
        <>
          <About campaign={data} />
          <div class="bar">
            <Choice
              name="state"
              label="State"
              choices={['waiting', 'running', 'done', 'failed', 'cancelled', 'left-out']}
            />
            {operation ? <CancelOperation operation={operation} /> : null}
          </div>
          <Table label="machines" rows={rows} columns={columns} keyOf={({ host }) => host} />
        </>
      ) : null}
    </>
  );
};

const About = ({ campaign }: { readonly campaign: Campaign }): JSX.Element => {
  const { what, counts, policy, actor, reason, at, ended, stopped, override } = campaign;
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const over = total - counts.waiting - counts.running;
  return (
    <>
      <p>
        <progress max={total} value={over} aria-label="Machines that are over" /> {over} of{' '}
        {counted(total, 'machine')} over:{' '}
        {Object.entries(counts)
          .filter(([, count]) => count > 0)
          .map(([word, count]) => `${count} ${word.replace('_', ' ')}`)
          .join(', ')}
      </p>
      {stopped === null ? null : <p class="bad">Nothing more of it is begun: {stopped}</p>}
      <dl>
        <dt>What</dt>
        <dd>{what}</dd>
        <dt>Ordered</dt>
        <dd>
          <Moment at={at} /> by {actor ?? 'somebody'}
          {reason === null ? '' : `: ${reason}`}
          {override ? ' (although something forbade it)' : ''}
        </dd>
        {ended === null ? null : (
          <>
            <dt>Ended</dt>
            <dd>
              <Moment at={ended} />
            </dd>
          </>
        )}
        <dt>How</dt>
        <dd>
          {policy.canary ? 'the first alone, then ' : ''}
          {policy.max_parallel} at a time, {policy.per_chassis} of one enclosure
          {policy.stagger > 0 ? `, ${policy.stagger} s apart` : ''}; stops after{' '}
          {counted(policy.stop_after, 'failure')}
        </dd>
      </dl>
    </>
  );
};
