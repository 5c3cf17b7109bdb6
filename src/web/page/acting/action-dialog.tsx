/** Starting, stopping, restarting and removing what runs: planned first, and followed to its end. */

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Action } from '../../../client/client.ts';
import { station } from '../state/station.ts';
import { OrderDialog } from './order-dialog.tsx';

interface ActionDialogProps {
  readonly title: string;
  readonly verb: string;
  readonly action: Action;
  readonly danger?: boolean | undefined;
  /** What forcing it overrules, as the end of “Do it although …”; absent: it is not forced. */
  readonly although?: string | undefined;
  /** Machines that it is about; more than one are counted by whoever orders it. */
  readonly count?: number | undefined;
  /** The same, as it is typed. */
  readonly command: readonly string[];
  readonly done?: (() => void) | undefined;
  readonly close: () => void;
  readonly children?: ComponentChildren;
}

export const ActionDialog = ({
  title,
  verb,
  action,
  danger,
  although,
  count,
  command,
  done,
  close,
  children,
}: ActionDialogProps): JSX.Element => {
  const [isForced, setForced] = useState(false);
  return (
    <OrderDialog
      title={title}
      verb={verb}
      danger={danger}
      count={count}
      chosen={String(isForced)}
      plan={(_, options) => station.act(action, { ...options, force: isForced })}
      order={(_, options) => station.act(action, { ...options, force: isForced })}
      command={() => [...command, ...(isForced ? ['--force'] : [])]}
      done={done}
      close={close}
    >
      {children}
      {although === undefined ? null : <Forced {...{ although, isForced, setForced }} />}
    </OrderDialog>
  );
};

interface ForcedProps {
  readonly although: string;
  readonly isForced: boolean;
  readonly setForced: (isForced: boolean) => void;
}

/** What the station refuses otherwise. */
export const Forced = ({ although, isForced, setForced }: ForcedProps): JSX.Element => (
  <label class="choice">
    <input
      type="checkbox"
      checked={isForced}
      onChange={({ currentTarget }) => setForced(currentTarget.checked)}
    />{' '}
    Do it although {although}
  </label>
);
