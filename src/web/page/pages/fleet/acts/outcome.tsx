/** What came of an order to several machines, where it is more than one sentence. */

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { counted } from '../../../../../client/view/words.ts';
import { foldNodeset } from '../../../../../nodeset/nodeset.ts';
import { byReason } from '../../../fleet/each-machine.ts';
import type { Outcome } from '../../../fleet/each-machine.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { Link } from '../../../parts/link.tsx';

interface OutcomeDialogProps {
  readonly title: string;
  readonly outcome: Outcome;
  /** Ids of what goes on, where it does. */
  readonly operations?: readonly number[] | undefined;
  readonly close: () => void;
}

const operationsShown = 20;

export const OutcomeDialog = ({
  title,
  outcome,
  operations = [],
  close,
}: OutcomeDialogProps): JSX.Element => {
  const { done, failed } = outcome;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <Dialog title={title} close={close}>
      <p role="status">
        {done.length === 0 ? 'Nothing was done.' : `Done with ${counted(done.length, 'machine')}: `}
        {done.length === 0 ? null : <span class="nodeset">{foldNodeset(done)}</span>}
      </p>
      {failed.length === 0 ? null : (
        <>
          <h3>Not done with {counted(failed.length, 'machine')}</h3>
          <ul>
            {byReason(failed).map(({ hosts, why }) => (
              <li key={why}>
                <span class="nodeset">{foldNodeset(hosts)}</span>: {why}
              </li>
            ))}
          </ul>
        </>
      )}
      {operations.length === 0 ? null : (
        <p>
          It goes on:{' '}
          {operations.slice(0, operationsShown).map((id) => (
            <>
              <Link to={`/operations/${id}`}>operation {id}</Link>{' '}
            </>
          ))}
          {operations.length > operationsShown ? (
            <>
              and <Link to="/operations">{operations.length - operationsShown} more</Link>
            </>
          ) : null}
        </p>
      )}
      <p class="buttons">
        <button type="button" ref={button} onClick={close}>
          Close
        </button>
      </p>
    </Dialog>
  );
};
