/** Switching machines that were picked on or off, or cycling their power, at once. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import type { Plan } from '../../../acting/plan.tsx';
import { station } from '../../../state/station.ts';
import type { ActProps } from './act-props.ts';

/** As many the station takes in one order. */
const machinesMax = 100;

const actions = [
  { action: 'on', words: 'on' },
  { action: 'off', words: 'off, at once' },
  { action: 'cycle', words: 'off and on again' },
] as const;

type PowerAction = (typeof actions)[number]['action'];

export const PowerDialog = ({ hosts, nodeset, close, tell }: ActProps): JSX.Element => {
  const [action, setAction] = useState<PowerAction | ''>('');
  const title = `Power of ${hosts.length === 1 ? nodeset : `${hosts.length} machines`}`;
  const missing =
    hosts.length > machinesMax
      ? `At most ${machinesMax} machines are switched in one order: pick fewer, or reboot them by a campaign.`
      : action === ''
        ? 'Choose what is to be done.'
        : undefined;
  return (
    <OrderDialog<Awaited<ReturnType<typeof sent>>, Plan>
      title={title}
      verb="Switch"
      danger
      hosts={hosts}
      count={hosts.length}
      chosen={action}
      unless={missing}
      plan={(_reason, options) =>
        station.powerMachines(action as PowerAction, {}, { ...options, nodes: nodeset })
      }
      order={(_reason, { idempotencyKey }) => sent(action as PowerAction, nodeset, idempotencyKey)}
      done={(reply) => {
        if (!('operations' in reply)) return;
        const { operations, refused } = reply;
        const not = new Set(refused.map(({ host }) => host));
        const done = hosts.filter((host) => !not.has(host));
        const failed = refused.map(({ host, detail }) => ({ host, why: detail }));
        tell(
          title,
          { done, failed },
          operations.map(({ id }) => id),
        );
      }}
      told={() => 'The orders were taken.'}
      command={() => ['halctl', 'obm', 'power', action, nodeset]}
      close={close}
    >
      <p class="nodeset">{nodeset}</p>
      <fieldset>
        <legend>Switch them</legend>
        {actions.map((one) => (
          <label key={one.action}>
            <input
              type="radio"
              name="action"
              checked={action === one.action}
              onChange={() => setAction(one.action)}
            />
            {one.words}
          </label>
        ))}
      </fieldset>
    </OrderDialog>
  );
};

const sent = (action: PowerAction, nodes: string, idempotencyKey: string) =>
  station.powerMachines(action, {}, { nodes, idempotencyKey });
