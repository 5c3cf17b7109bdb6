/** Taking back what was ordered and has not ended. */

import type { JSX } from 'preact';
import type { Operation } from '../../../client/types.ts';
import { isOfMachine, isUnderWay } from '../../../client/view/operation-words.ts';
import { Act } from '../parts/act.tsx';
import { useOpenDialog } from '../parts/opened-dialog.tsx';
import { station } from '../state/station.ts';
import { OrderDialog } from './order-dialog.tsx';

/** A button, where there is something to take back. */
export const CancelOperation = ({
  operation,
}: {
  readonly operation: Operation;
}): JSX.Element | null => {
  const open = useOpenDialog();
  const { id, kind, subject } = operation;
  const canBe = kind === 'campaign' || isOfMachine(operation);
  if (!canBe || !isUnderWay(operation)) return null;
  return (
    <Act
      right={{ action: 'operate', hosts: kind === 'campaign' ? undefined : subject }}
      onPress={() => open((close) => <CancelDialog id={id} close={close} />)}
    >
      Cancel operation {id}…
    </Act>
  );
};

const CancelDialog = ({
  id,
  close,
}: {
  readonly id: number;
  readonly close: () => void;
}): JSX.Element => (
  <OrderDialog
    title={`Cancel operation ${id}`}
    verb="Cancel the operation"
    danger
    plan={(_, options) => station.cancelOperation(id, options)}
    order={(_, options) => station.cancelOperation(id, options)}
    command={() => ['halctl', 'operation', 'cancel', String(id)]}
    close={close}
  >
    <p>
      What waits is taken back. What was sent to a machine cannot be; of many machines no more are
      begun.
    </p>
  </OrderDialog>
);
