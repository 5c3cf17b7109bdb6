/** Letting the OBM of a machine be used, or nobody any more. */

import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import type { MachineAct } from './act.ts';

const unregistered: MachineAct['unless'] = ({ obm }) =>
  obm === null ? 'It has no OBM here: none is registered.' : undefined;

export const enableObm: MachineAct = {
  title: 'Enable its OBM…',
  action: 'operate',
  isThere: ({ obm }) => obm?.state !== 'enabled',
  unless: unregistered,
  Dialog: ({ machine: { fqdn }, close }) => (
    <OrderDialog
      title={`Enable the OBM of ${fqdn}`}
      verb="Enable it"
      plan={(_, options) => station.enableObm(fqdn, options)}
      order={() => station.enableObm(fqdn)}
      command={() => ['halctl', 'obm', 'enable', fqdn]}
      told={() => `The OBM of ${fqdn} is enabled.`}
      close={close}
    >
      <p>Whoever has the machine may use its OBM.</p>
    </OrderDialog>
  ),
};

export const disableObm: MachineAct = {
  title: 'Disable its OBM…',
  action: 'operate',
  danger: true,
  isThere: ({ obm }) => obm?.state === 'enabled' || obm?.state === 'enabling',
  Dialog: ({ machine: { fqdn }, close }) => (
    <OrderDialog
      title={`Disable the OBM of ${fqdn}`}
      verb="Disable it"
      danger
      plan={(_, options) => station.disableObm(fqdn, options)}
      order={() => station.disableObm(fqdn)}
      command={() => ['halctl', 'obm', 'disable', fqdn]}
      told={() => `The OBM of ${fqdn} is disabled.`}
      close={close}
    >
      <p>Nobody can use it any more; whoever looks at the console is cut off.</p>
    </OrderDialog>
  ),
};
