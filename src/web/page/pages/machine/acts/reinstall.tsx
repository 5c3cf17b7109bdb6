/** Starting a machine anew from the network, and giving it back. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import type { OrderOptions, PlanOptions } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import { whyNoObm } from '../known.ts';
import type { MachineAct } from './act.ts';

interface Wording {
  readonly verb: 'reinstall' | 'release';
  readonly button: string;
  readonly says: string;
}

const dialogOf = ({ verb, button, says }: Wording): MachineAct['Dialog'] => {
  const Dialog: MachineAct['Dialog'] = ({ machine: { fqdn }, close }): JSX.Element => {
    const [isForced, setForced] = useState(false);
    const [typed, setTyped] = useState('');
    const force = isForced ? true : undefined;
    const call = verb === 'reinstall' ? station.reinstallHost : station.releaseHost;
    const send = <O extends OrderOptions | PlanOptions>(options: O) =>
      call(fqdn, {}, { ...options, force });
    return (
      <OrderDialog
        title={`${button}: ${fqdn}`}
        verb={button}
        danger
        hosts={[fqdn]}
        chosen={String(isForced)}
        unless={typed.trim() === fqdn ? undefined : `Type ${fqdn} to see what would be done.`}
        plan={(_, options) => send(options)}
        order={(_, options) => send(options)}
        command={() => ['halctl', 'node', verb, fqdn, ...(isForced ? ['--force'] : [])]}
        close={close}
      >
        <p>{says}</p>
        <label>
          Its name
          <input
            value={typed}
            autofocus
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <label>
          <input
            type="checkbox"
            checked={isForced}
            onChange={({ currentTarget }) => setForced(currentTarget.checked)}
          />
          Although quorum is lost, somebody else works on it, or something runs that only its owner
          ends
        </label>
      </OrderDialog>
    );
  };
  return Dialog;
};

export const reinstall: MachineAct = {
  title: 'Reinstall it…',
  action: 'operate',
  danger: true,
  unless: whyNoObm,
  Dialog: dialogOf({
    verb: 'reinstall',
    button: 'Reinstall it',
    says:
      'Its processes are stopped, it starts from the network once, and runs again what it ran. ' +
      'What is on its disks may be gone.',
  }),
};

export const release: MachineAct = {
  title: 'Give it back…',
  action: 'operate',
  ofOwners: true,
  danger: true,
  unless: whyNoObm,
  Dialog: dialogOf({
    verb: 'release',
    button: 'Give it back',
    says: 'Its processes are stopped and removed, it is switched off and taken from its project.',
  }),
};
