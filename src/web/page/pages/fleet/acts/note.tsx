/** Writing something down about machines that were picked. */

import type { JSX } from 'preact';
import { noteCommand } from '../../../acting/note-command.ts';
import type { Plan } from '../../../acting/plan.tsx';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { eachMachine } from '../../../fleet/each-machine.ts';
import type { Outcome } from '../../../fleet/each-machine.ts';
import { station } from '../../../state/station.ts';
import type { ActProps } from './act-props.ts';
import { useProgress } from './progress.tsx';

export const NoteDialog = ({ hosts, nodeset, close, tell }: ActProps): JSX.Element => {
  const { progress, shown } = useProgress(hosts.length);
  const title = `Note about ${hosts.length === 1 ? nodeset : `${hosts.length} machines`}`;
  return (
    <OrderDialog<Outcome, Plan>
      title={title}
      verb="Write it down"
      reason="needed"
      reasonLabel="What is to be known; whoever sees the machine sees it"
      plan={(text, options) => station.addNote(hosts[0]!, { text }, options)}
      showPlan={() => (
        <p>It stands in the history of {hosts.length === 1 ? 'the machine' : 'each machine'}.</p>
      )}
      order={(text, { idempotencyKey, stop }) =>
        eachMachine(
          hosts,
          idempotencyKey,
          (host, key) => station.addNote(host, { text }, { idempotencyKey: key }),
          progress,
          stop,
        )
      }
      isStepwise={hosts.length > 1}
      told={({ done }) => `Written down about ${done.length}.`}
      done={(outcome) => (outcome.failed.length > 0 ? tell(title, outcome) : undefined)}
      command={hosts.length === 1 ? (text) => noteCommand(nodeset, text) : undefined}
      close={close}
    >
      <p class="nodeset">{nodeset}</p>
      {shown}
    </OrderDialog>
  );
};
