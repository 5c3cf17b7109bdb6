/** What an order would do, as the station answers a dry run: its stages, its waves, and what it writes to the log. */

import type { JSX } from 'preact';
import type { CampaignPlan, DryRun, MachinesPlan, ProcedurePlan } from '../../../client/types.ts';
import { briefly, counted } from '../../../client/view/words.ts';
import { formatSeconds } from '../../../checks/view/quantities.ts';

/** What `dryRun` answers, of whatever order. */
export type Plan = DryRun | ProcedurePlan | CampaignPlan | MachinesPlan;

export const PlanShown = ({ plan }: { readonly plan: Plan }): JSX.Element => (
  <>
    {'stages' in plan ? <Stages stages={plan.stages} /> : null}
    {'waves' in plan ? <Waves plan={plan} /> : null}
    {'refused' in plan ? <Refused machines={plan.refused ?? []} /> : null}
    <Events events={plan.events} isAll={!('stages' in plan) && !('waves' in plan)} />
  </>
);

const Stages = ({ stages }: Pick<ProcedurePlan, 'stages'>): JSX.Element => (
  <ol class="stages" aria-label="What it does, one after the other">
    {stages.map(({ name, text, seconds, skipped }) => (
      <li key={name} class={skipped === null ? undefined : 'faint'}>
        <strong>{name}</strong>: {text}{' '}
        <span class="quiet">
          {skipped === null ? `(${formatSeconds(seconds)} at most)` : `– skipped: ${skipped}`}
        </span>
      </li>
    ))}
  </ol>
);

const Waves = ({ plan }: { readonly plan: CampaignPlan }): JSX.Element => {
  const { waves, waves_total: total, machines, left_out: leftOut } = plan;
  return (
    <>
      <p>
        {counted(machines, 'machine')} in {counted(total, 'wave')}:
      </p>
      <ol class="waves">
        {waves.map((nodes) => (
          <li key={nodes}>{nodes}</li>
        ))}
      </ol>
      {total > waves.length ? <p>… and {total - waves.length} more.</p> : null}
      {leftOut.length === 0 ? null : (
        <ul>
          {leftOut.map(({ host, reason }) => (
            <li key={host}>
              Left out {host}: {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  );
};

const Refused = ({
  machines,
}: {
  readonly machines: NonNullable<MachinesPlan['refused']>;
}): JSX.Element | null =>
  machines.length === 0 ? null : (
    <>
      <p>Nothing would be done to {counted(machines.length, 'machine')}:</p>
      <ul>
        {machines.map(({ host, detail }) => (
          <li key={host}>
            {host}: {detail}
          </li>
        ))}
      </ul>
    </>
  );

/** So many events say what there is to know; of more the first. */
const shown = 50;

const Events = ({
  events,
  isAll,
}: {
  readonly events: DryRun['events'];
  readonly isAll: boolean;
}): JSX.Element | null => {
  if (events.length === 0) return isAll ? <p>Nothing would change: it is so already.</p> : null;
  return (
    <details open={isAll}>
      <summary>It writes {counted(events.length, 'event')} to the log</summary>
      <ul>
        {events.slice(0, shown).map(({ type, data }, index) => (
          <li key={`${index} ${type}`}>
            {type} <span class="quiet">{briefly(data)}</span>
          </li>
        ))}
      </ul>
      {events.length > shown ? <p>… and {events.length - shown} more.</p> : null}
    </details>
  );
};
