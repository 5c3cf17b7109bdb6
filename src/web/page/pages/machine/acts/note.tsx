/** Writing something down about a machine. */

import { noteCommand } from '../../../acting/note-command.ts';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { station } from '../../../state/station.ts';
import type { MachineAct } from './act.ts';

export const note: MachineAct = {
  title: 'Write a note…',
  action: 'note',
  Dialog: ({ machine: { fqdn }, close }) => (
    <OrderDialog
      title={`A note about ${fqdn}`}
      verb="Write it down"
      reason="needed"
      reasonLabel="Note, in one line; whoever sees the machine sees it"
      order={(text, options) => station.addNote(fqdn, { text }, options)}
      command={(text) => noteCommand(fqdn, text)}
      told={() => 'It is written down.'}
      close={close}
    />
  ),
};
