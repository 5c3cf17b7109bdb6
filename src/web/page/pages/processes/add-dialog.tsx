/** Giving a host the processes of a role: what would be allocated first, and their configuration once they are there. */

import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { counted } from '../../../../client/view/words.ts';
import type { Added } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { PlanShown } from '../../acting/plan.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ProcessLink } from '../../parts/link.tsx';
import { station } from '../../state/station.ts';
import { plannedProcesses } from './allocation.ts';
import type { PlannedProcess } from './allocation.ts';
import { HostField, RoleField } from './fields.tsx';
import { settingsOf, VariablesField } from './variables-field.tsx';

interface AddDialogProps {
  readonly host?: string | undefined;
  readonly role?: string | undefined;
  readonly close: () => void;
}

export const AddDialog = ({ host: given, role: first, close }: AddDialogProps): JSX.Element => {
  const [host, setHost] = useState(given ?? '');
  const [role, setRole] = useState(first ?? '');
  const [text, setText] = useState('');
  const [added, setAdded] = useState<Added | undefined>();
  const isDone = useRef(false);
  if (added) return <AddedDialog added={added} host={host} close={close} />;
  const { overrides, words, wrong } = settingsOf(role, text);
  const body = { host, role, overrides };
  const unless = host === '' || role === '' ? 'Say which role of which host.' : wrong;
  return (
    <OrderDialog
      title="Add processes"
      verb="Add"
      unless={unless}
      chosen={JSON.stringify(body)}
      plan={(_, options) => station.addProcess(body, options)}
      showPlan={(plan) => (
        <>
          <Allocation processes={plannedProcesses(plan)} />
          <PlanShown plan={plan} />
        </>
      )}
      order={(_, options) => station.addProcess(body, options)}
      told={({ processes }) => `${counted(processes.length, 'process')} added to ${host}.`}
      command={() => [
        ...['halctl', 'cluster', 'process', 'add', '--host', host, '--role', role],
        ...words,
      ]}
      done={(reply) => {
        isDone.current = true;
        setAdded(reply);
      }}
      // What was added is shown instead.
      close={() => (isDone.current ? undefined : close())}
    >
      <HostField value={host} change={setHost} />
      <RoleField value={role} change={setRole} />
      <VariablesField value={text} change={setText} />
    </OrderDialog>
  );
};

/** What each of them is given; fids are those that come next. */
const Allocation = ({
  processes,
}: {
  readonly processes: readonly PlannedProcess[];
}): JSX.Element | null =>
  processes.length === 0 ? null : (
    <div class="scrolled" tabindex={0} role="region" aria-label="What would be added">
      <table>
        <thead>
          <tr>
            <th>Fid</th>
            <th>Role</th>
            <th>Endpoint</th>
            <th>Ranges</th>
          </tr>
        </thead>
        <tbody>
          {processes.slice(0, shownMax).map(({ fid, role, endpoint, ranges }) => (
            <tr key={fid}>
              <td>{fid}</td>
              <td>{role}</td>
              <td>{endpoint}</td>
              <td>
                {Object.entries(ranges)
                  .map(([name, value]) => `${name}=${value}`)
                  .join(' ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {processes.length > shownMax ? <p>… and {processes.length - shownMax} more.</p> : null}
    </div>
  );

const shownMax = 100;

interface AddedDialogProps {
  readonly added: Added;
  readonly host: string;
  readonly close: () => void;
}

/** The configuration after. */
const AddedDialog = ({ added, host, close }: AddedDialogProps): JSX.Element => {
  const { processes, revision } = added;
  return (
    <Dialog title="Added" close={close}>
      <p role="status">
        {counted(processes.length, 'process')} added to {host}; revision {revision}. Adding starts
        nothing.
      </p>
      {processes.slice(0, shownMax).map(({ fid, name, environment }, index) => (
        <details key={fid} open={index === processes.length - 1}>
          <summary>
            <ProcessLink fid={fid} /> {name}
          </summary>
          <pre tabindex={0} aria-label={`Configuration of ${fid}`}>
            {Object.entries(environment)
              .map(([key, value]) => `${key}=${value}`)
              .join('\n')}
          </pre>
        </details>
      ))}
      <p class="buttons">
        <button type="button" onClick={close}>
          Close
        </button>
      </p>
    </Dialog>
  );
};
