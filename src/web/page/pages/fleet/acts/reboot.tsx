/** Rebooting machines that were picked: one, or many by a campaign of the station. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type {
  CampaignPlan,
  Operation,
  RebootBody,
  RebootManyBody,
} from '../../../../../client/types.ts';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import type { Plan } from '../../../acting/plan.tsx';
import { station } from '../../../state/station.ts';
import type { ActProps } from './act-props.ts';

const atOnceMax = 256;

export const RebootDialog = ({ hosts, nodeset, close }: ActProps): JSX.Element => {
  const [how, setHow] = useState<'' | 'gentle' | 'hard'>('');
  const [isDraining, setDraining] = useState(false);
  const [isOverriding, setOverriding] = useState(false);
  const [isPartial, setPartial] = useState(false);
  const [atOnce, setAtOnce] = useState(1);
  const [only = ''] = hosts;
  const isOne = hosts.length === 1;
  const body = (reason: string): RebootBody => ({
    ...(reason === '' ? {} : { reason }),
    ...(how === '' ? {} : { how }),
    ...(isDraining ? { drain: true } : {}),
    ...(isOverriding ? { override: true } : {}),
  });
  const many = (reason: string): RebootManyBody => ({
    ...body(reason),
    ...{ nodes: nodeset, count: hosts.length, max_parallel: atOnce },
    ...(isPartial ? { partial: 'allow' } : {}),
  });
  return (
    <OrderDialog<Operation, Plan | CampaignPlan>
      title={isOne ? `Reboot ${only}` : `Reboot ${hosts.length} machines`}
      verb="Reboot"
      danger
      hosts={hosts}
      reason={isOverriding ? 'needed' : 'welcome'}
      count={hosts.length}
      chosen={JSON.stringify(many(''))}
      plan={(reason, options) =>
        isOne
          ? station.rebootHost(only, body(reason), options)
          : station.rebootMany(many(reason), options)
      }
      order={(reason, options) =>
        isOne
          ? station.rebootHost(only, body(reason), options)
          : station.rebootMany(many(reason), options)
      }
      command={(reason) => [
        ...['halctl', 'reboot', nodeset],
        ...(reason === '' ? [] : ['--reason', reason]),
        ...(how === '' ? [] : [`--${how}`]),
        ...(isDraining ? ['--drain'] : []),
        ...(isOverriding ? ['--override'] : []),
        ...(isOne ? [] : ['--max-parallel', String(atOnce), '--count', String(hosts.length)]),
        ...(isPartial && !isOne ? ['--partial'] : []),
      ]}
      close={close}
    >
      <p class="nodeset">{nodeset}</p>
      <label>
        How
        <select
          value={how}
          onChange={({ currentTarget: { value } }) => setHow(value as typeof how)}
        >
          <option value="">As it is usual</option>
          <option value="gentle">Ask its system first</option>
          <option value="hard">Cycle its power at once</option>
        </select>
      </label>
      <Choice isOn={isDraining} set={setDraining}>
        Have the scheduler end its jobs first
      </Choice>
      <Choice isOn={isOverriding} set={setOverriding}>
        Although nothing suggests it, or something forbids it
      </Choice>
      {isOne ? null : (
        <>
          <Choice isOn={isPartial} set={setPartial}>
            Leave out those that may not be rebooted, instead of refusing all
          </Choice>
          <label>
            Machines at a time, after the first alone
            <input
              type="number"
              min={1}
              max={atOnceMax}
              value={atOnce}
              onChange={({ currentTarget: { valueAsNumber } }) =>
                setAtOnce(Math.max(1, Math.min(atOnceMax, Math.round(valueAsNumber) || 1)))
              }
            />
          </label>
        </>
      )}
    </OrderDialog>
  );
};

interface ChoiceProps {
  readonly isOn: boolean;
  readonly set: (isOn: boolean) => void;
  readonly children: string;
}

const Choice = ({ isOn, set, children }: ChoiceProps): JSX.Element => (
  <label>
    <input
      type="checkbox"
      checked={isOn}
      onChange={({ currentTarget: { checked } }) => set(checked)}
    />
    {children}
  </label>
);
