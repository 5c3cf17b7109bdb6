/** Switching a machine on or off, or starting it again, by its OBM at once. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PowerBody } from '../../../../../client/types.ts';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import { whyNoObm } from '../known.ts';
import type { MachineAct } from './act.ts';

type PowerAction = PowerBody['action'];

const actions: readonly { readonly action: PowerAction; readonly words: string }[] = [
  { action: 'on', words: 'On' },
  { action: 'soft', words: 'Ask its system to shut down' },
  { action: 'off', words: 'Off, at once' },
  { action: 'cycle', words: 'Off and on again' },
  { action: 'reset', words: 'Start again without losing power' },
  { action: 'diagnostic-interrupt', words: 'Have its system dump its memory' },
];

const Dialog: MachineAct['Dialog'] = ({ machine: { fqdn, obm }, close }): JSX.Element => {
  const [action, setAction] = useState<PowerAction>(obm?.power?.state === 'on' ? 'cycle' : 'on');
  return (
    <OrderDialog
      title={`Power of ${fqdn}`}
      verb={`Power ${action}`}
      danger={action !== 'on'}
      hosts={[fqdn]}
      chosen={action}
      plan={(_, options) => station.powerObm(fqdn, { action }, options)}
      order={(_, options) => station.powerObm(fqdn, { action }, options)}
      command={() => ['halctl', 'obm', 'power', action, fqdn]}
      close={close}
    >
      <label>
        What is done
        <select
          value={action}
          autofocus
          onChange={({ currentTarget }) => setAction(currentTarget.value as PowerAction)}
        >
          {actions.map((one) => (
            <option key={one.action} value={one.action}>
              {one.words} ({one.action})
            </option>
          ))}
        </select>
      </label>
      <p class="quiet">
        Nobody asks what runs there, and no suggestion is looked at. A reboot goes through stages
        and looks first.
      </p>
    </OrderDialog>
  );
};

export const power: MachineAct = {
  title: 'Power…',
  action: 'operate',
  danger: true,
  unless: whyNoObm,
  Dialog,
};
