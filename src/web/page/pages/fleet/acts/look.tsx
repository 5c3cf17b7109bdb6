/** Looking at machines that were picked once more, now. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CheckRun } from '../../../../../client/types.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { CopyCommand } from '../../../parts/copy.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { isExpired, station } from '../../../state/station.ts';
import type { ActProps } from './act-props.ts';

/** How long an answer is held back until the run has ended, s. */
const waitSeconds = 10;

export const LookDialog = ({ hosts, nodeset, close }: ActProps): JSX.Element => {
  const [run, setRun] = useState<CheckRun | undefined>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const giveUp = useRef(new AbortController());
  useEffect(() => () => giveUp.current.abort(), []);
  const look = async (): Promise<void> => {
    const { signal } = giveUp.current;
    setBusy(true);
    setError(undefined);
    try {
      let now = await station.startCheckRun({ nodes: nodeset }, { signal });
      setRun(now);
      while (now.state === 'running') {
        now = await station.checkRun(now.id, { signal, wait: waitSeconds });
        setRun(now);
      }
    } catch (failed) {
      if (!signal.aborted && !isExpired(failed)) setError(failed);
    } finally {
      setBusy(false);
    }
  };
  const title = `Check ${hosts.length === 1 ? nodeset : `${hosts.length} machines`} again`;
  return (
    <Dialog title={title} close={close}>
      <p class="nodeset">{nodeset}</p>
      <p>
        All checks that run by themselves are run once now. What is found stands in the table, also
        when this is closed.
      </p>
      <Problem error={error} />
      {run ? (
        <p role="status">
          <progress max={run.total} value={run.done} aria-label="Looks that are done" /> {run.done}{' '}
          of {run.total} looks
          {run.state === 'ended' ? ': done. ' : '. '}
          {Object.entries(run.counts)
            .map(([verdict, count]) => `${count} ${verdict}`)
            .join(', ')}
        </p>
      ) : null}
      <p class="buttons">
        {run ? null : (
          <button type="button" class="main" disabled={isBusy} onClick={() => void look()}>
            {isBusy ? 'Sending…' : 'Check again'}
          </button>
        )}
        <button type="button" onClick={close}>
          Close
        </button>
        <CopyCommand command={['halctl', 'check', 'run', nodeset]} />
      </p>
    </Dialog>
  );
};
