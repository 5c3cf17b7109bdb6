/** Rebooting a machine: as is suggested; or although nothing suggests it, with a reason. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RebootBody } from '../../../../../client/types.ts';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import { underWay, whyNoObm } from '../known.ts';
import type { MachineAct } from './act.ts';

interface RebootDialogProps {
  readonly fqdn: string;
  /** On its button. */
  readonly verb: string;
  /** Although nothing suggests it, or something forbids it. */
  readonly override?: boolean;
  readonly close: () => void;
}

type How = '' | NonNullable<RebootBody['how']>;
type Drain = '' | 'yes' | 'no';

export const RebootDialog = ({
  fqdn,
  verb,
  override = false,
  close,
}: RebootDialogProps): JSX.Element => {
  const [how, setHow] = useState<How>('');
  const [drain, setDrain] = useState<Drain>('');
  const bodyOf = (reason: string): RebootBody => ({
    ...(reason === '' ? {} : { reason }),
    ...(override ? { override } : {}),
    ...(how === '' ? {} : { how }),
    ...(drain === '' ? {} : { drain: drain === 'yes' }),
  });
  return (
    <OrderDialog
      title={`${verb}: ${fqdn}`}
      verb={verb}
      danger
      hosts={[fqdn]}
      reason={override ? 'needed' : 'welcome'}
      chosen={`${how} ${drain}`}
      plan={(reason, options) => station.rebootHost(fqdn, bodyOf(reason), options)}
      order={(reason, options) => station.rebootHost(fqdn, bodyOf(reason), options)}
      command={(reason) => [
        ...['halctl', 'reboot', fqdn],
        ...(override ? ['--override'] : []),
        ...(how === '' ? [] : [`--${how}`]),
        ...(drain === 'yes' ? ['--drain'] : []),
        ...(reason === '' ? [] : ['--reason', reason]),
      ]}
      close={close}
    >
      <label>
        How
        <select value={how} onChange={({ currentTarget }) => setHow(currentTarget.value as How)}>
          <option value="">As is suggested</option>
          <option value="gentle">Its system is asked first, and only then its power</option>
          <option value="hard">Its power is cycled at once</option>
        </select>
      </label>
      <label>
        Its jobs
        <select
          value={drain}
          onChange={({ currentTarget }) => setDrain(currentTarget.value as Drain)}
        >
          <option value="">As is suggested</option>
          <option value="yes">End first: the scheduler drains it, and resumes it afterwards</option>
          <option value="no">Are not waited for</option>
        </select>
      </label>
    </OrderDialog>
  );
};

export const rebootAnyway: MachineAct = {
  title: 'Reboot it although nothing suggests it…',
  action: 'power',
  danger: true,
  unless: (machine) => underWay(machine) ?? whyNoObm(machine),
  Dialog: ({ machine: { fqdn }, close }) => (
    <RebootDialog fqdn={fqdn} verb="Reboot it" override close={close} />
  ),
};
