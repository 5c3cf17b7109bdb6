/** Saying that somebody works on a machine, and that nobody does any more. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import type { MachineAct } from './act.ts';

const durations = [
  { said: '', words: 'Until somebody ends it' },
  { said: '1h', words: '1 hour', seconds: 3600 },
  { said: '4h', words: '4 hours', seconds: 4 * 3600 },
  { said: '24h', words: 'A day', seconds: 86_400 },
  { said: '168h', words: 'A week', seconds: 7 * 86_400 },
] as const;

const Begin: MachineAct['Dialog'] = ({ machine: { fqdn }, close }): JSX.Element => {
  const [said, setSaid] = useState<string>('');
  const chosen = durations.find((one) => one.said === said);
  const seconds = chosen && 'seconds' in chosen ? chosen.seconds : undefined;
  const bodyOf = (reason: string) => ({
    reason,
    ...(seconds === undefined ? {} : { ends_in: seconds }),
  });
  return (
    <OrderDialog
      title={`Maintenance of ${fqdn}`}
      verb="Begin maintenance"
      reason="needed"
      chosen={said}
      plan={(reason, options) => station.beginMaintenance(fqdn, bodyOf(reason), options)}
      order={(reason, options) => station.beginMaintenance(fqdn, bodyOf(reason), options)}
      command={(reason) => [
        ...['halctl', 'maintenance', 'begin', fqdn, '--reason', reason],
        ...(said === '' ? [] : ['--for', said]),
      ]}
      told={() => `${fqdn} is in maintenance.`}
      close={close}
    >
      <p>Nothing recovers or reboots it by itself from then on. What runs there goes on.</p>
      <label>
        For
        <select value={said} onChange={({ currentTarget }) => setSaid(currentTarget.value)}>
          {durations.map((one) => (
            <option key={one.said} value={one.said}>
              {one.words}
            </option>
          ))}
        </select>
      </label>
    </OrderDialog>
  );
};

export const beginMaintenance: MachineAct = {
  title: 'Begin maintenance…',
  action: 'operate',
  ofOwners: true,
  isThere: ({ row }) => row.maintenance === null,
  Dialog: Begin,
};

export const endMaintenance: MachineAct = {
  title: 'End maintenance…',
  action: 'operate',
  ofOwners: true,
  isThere: ({ row }) => row.maintenance !== null,
  Dialog: ({ machine: { fqdn }, close }) => (
    <OrderDialog
      title={`End the maintenance of ${fqdn}`}
      verb="End maintenance"
      plan={(_, options) => station.endMaintenance(fqdn, options)}
      order={(_, options) => station.endMaintenance(fqdn, options)}
      command={() => ['halctl', 'maintenance', 'end', fqdn]}
      told={() => `${fqdn} is not in maintenance any more.`}
      close={close}
    >
      <p>It is recovered again where it is lost.</p>
    </OrderDialog>
  ),
};
