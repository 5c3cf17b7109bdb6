/** Lighting the lamp that identifies a machine. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import { whyNoObm } from '../known.ts';
import type { MachineAct } from './act.ts';

const choices = [
  { said: '60', words: 'For a minute' },
  { said: '240', words: 'For four minutes' },
  { said: 'on', words: 'On, until somebody switches it off' },
  { said: 'off', words: 'Off' },
] as const;

const lightOf = (said: string): number | 'on' | 'off' =>
  said === 'on' || said === 'off' ? said : Number(said);

const Dialog: MachineAct['Dialog'] = ({ machine: { fqdn }, close }): JSX.Element => {
  const [said, setSaid] = useState<string>('60');
  const light = lightOf(said);
  return (
    <OrderDialog
      title={`Light of ${fqdn}`}
      verb="Say so"
      hosts={[fqdn]}
      chosen={said}
      plan={(_, options) => station.setLight(fqdn, { light }, options)}
      order={(_, options) => station.setLight(fqdn, { light }, options)}
      command={() => ['halctl', 'obm', 'identify', fqdn, '--light', said]}
      close={close}
    >
      <label>
        The lamp that identifies it
        <select
          value={said}
          autofocus
          onChange={({ currentTarget }) => setSaid(currentTarget.value)}
        >
          {choices.map((one) => (
            <option key={one.said} value={one.said}>
              {one.words}
            </option>
          ))}
        </select>
      </label>
    </OrderDialog>
  );
};

export const light: MachineAct = {
  title: 'Light its lamp…',
  action: 'operate',
  unless: whyNoObm,
  Dialog,
};
