/** Having a machine looked at again by its OBM. */

import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import { whyNoObm } from '../known.ts';
import type { MachineAct } from './act.ts';

export const look: MachineAct = {
  title: 'Have its OBM look again…',
  action: 'operate',
  unless: whyNoObm,
  Dialog: ({ machine: { fqdn }, close }) => (
    <OrderDialog
      title={`Look again at ${fqdn}`}
      verb="Look again"
      hosts={[fqdn]}
      plan={(_, options) => station.refreshObm(fqdn, {}, options)}
      order={(_, options) => station.refreshObm(fqdn, {}, options)}
      command={() => ['halctl', 'obm', 'refresh', fqdn]}
      close={close}
    >
      <p>Its power and its identity are read. Nothing of the machine changes.</p>
    </OrderDialog>
  ),
};
