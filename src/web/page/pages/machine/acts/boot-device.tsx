/** Saying what a machine starts from. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { BootDeviceBody } from '../../../../../client/types.ts';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import { whyNoObm } from '../known.ts';
import type { MachineAct } from './act.ts';

type Device = BootDeviceBody['device'];

const devices: readonly { readonly device: Device; readonly words: string }[] = [
  { device: 'none', words: 'What it would start from by itself' },
  { device: 'pxe', words: 'The network' },
  { device: 'disk', words: 'Its disk' },
  { device: 'cdrom', words: 'A CD' },
  { device: 'bios', words: 'The setup of its firmware' },
];

const Dialog: MachineAct['Dialog'] = ({ machine: { fqdn }, close }): JSX.Element => {
  const [device, setDevice] = useState<Device>('pxe');
  const [isPersistent, setPersistent] = useState(false);
  const body: BootDeviceBody = { device, persistent: isPersistent };
  return (
    <OrderDialog
      title={`What ${fqdn} starts from`}
      verb="Say so"
      hosts={[fqdn]}
      chosen={JSON.stringify(body)}
      plan={(_, options) => station.setBootDevice(fqdn, body, options)}
      order={(_, options) => station.setBootDevice(fqdn, body, options)}
      command={() => [
        ...['halctl', 'obm', 'bootdev', fqdn, '--device', device],
        ...(isPersistent ? ['--persistent'] : []),
      ]}
      close={close}
    >
      <label>
        It starts from
        <select
          value={device}
          autofocus
          onChange={({ currentTarget }) => setDevice(currentTarget.value as Device)}
        >
          {devices.map((one) => (
            <option key={one.device} value={one.device}>
              {one.words} ({one.device})
            </option>
          ))}
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={isPersistent}
          onChange={({ currentTarget }) => setPersistent(currentTarget.checked)}
        />
        At every start, and not at the next only
      </label>
    </OrderDialog>
  );
};

export const bootDevice: MachineAct = {
  title: 'What it starts from…',
  action: 'operate',
  unless: whyNoObm,
  Dialog,
};
