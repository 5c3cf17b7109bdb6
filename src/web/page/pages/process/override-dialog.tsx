/** Setting the state of a process by hand: for who knows better, with a reason that is kept. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { processStates } from '../../../../client/view/states.ts';
import type { Process } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { station } from '../../state/station.ts';

interface OverrideDialogProps {
  readonly process: Process;
  readonly done: () => void;
  readonly close: () => void;
}

export const OverrideDialog = ({ process, done, close }: OverrideDialogProps): JSX.Element => {
  const { fid, name, host, state: now } = process;
  const [state, setState] = useState<Process['state']>(now === 'offline' ? 'failed' : 'offline');
  return (
    <OrderDialog
      title={`Set the state of ${name} on ${host}`}
      verb="Set it"
      danger
      reason="needed"
      chosen={state}
      plan={(reason, options) => station.overrideState(fid, { state, reason }, options)}
      order={(reason, options) => station.overrideState(fid, { state, reason }, options)}
      told={() => `${name} counts as ${state} now.`}
      done={done}
      close={close}
    >
      <p>
        It is {now}. Nothing is started or stopped by this: the cluster only takes it for what you
        say, until somebody reports otherwise.
      </p>
      <label>
        It is
        <select
          value={state}
          onChange={({ currentTarget }) => setState(currentTarget.value as Process['state'])}
        >
          {processStates.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </OrderDialog>
  );
};
