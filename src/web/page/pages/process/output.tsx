/** What a managed process writes, followed while it is looked at. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { OutputBroken } from '../../../../client/output.ts';
import type { Process } from '../../../../client/types.ts';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { isExpired, station } from '../../state/station.ts';
import { liveNow, useLive } from '../../state/live.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { useSession } from '../../state/who.ts';
import { OutputLines } from './output-lines.ts';
import type { OutputLine } from './output-lines.ts';

/** Lines of each stream that it begins with. */
const begunWith = 200;
/** What comes is drawn no more often, ms. */
const drawnEveryMs = 100;

export const Output = ({ process }: { readonly process: Process }): JSX.Element => {
  const { fid, host, ownership } = process;
  const isShown = usePlace().query.get('output') === 'on';
  return (
    <section aria-labelledby="output">
      <h2 id="output">Output</h2>
      <div class="bar">
        {isShown ? (
          <button type="button" onClick={() => changeQuery({ output: null })}>
            Hide its output
          </button>
        ) : (
          <Act
            right={{ action: 'operate', hosts: host }}
            onPress={() => changeQuery({ output: 'on' })}
            unless={
              ownership === 'managed'
                ? undefined
                : 'It is independent: what it writes is with whoever started it.'
            }
          >
            Follow its output
          </Act>
        )}
        <CopyCommand command={['halctl', 'cluster', 'process', 'logs', fid, '--follow']} />
      </div>
      {isShown ? <Followed fid={fid} /> : null}
    </section>
  );
};

interface Now {
  readonly lines: readonly OutputLine[];
  readonly dropped: number;
  readonly isOver: boolean;
  readonly error?: unknown;
}

const nothing: Now = { lines: [], dropped: 0, isOver: false };

const useOutput = (fid: string, round: number): Now => {
  const [now, setNow] = useState<Now>(nothing);
  const { signedIn } = useSession();
  useEffect(() => {
    const left = new AbortController();
    const kept = new OutputLines();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = (end: Partial<Now> = {}): void => {
      clearTimeout(timer);
      timer = undefined;
      setNow({ lines: kept.lines, dropped: kept.dropped, isOver: false, ...end });
    };
    const follow = async (): Promise<void> => {
      try {
        const options = { follow: true, lines: begunWith, signal: left.signal };
        for await (const piece of station.readOutput(fid, options)) {
          kept.take(piece);
          if (!liveNow().isPaused) timer ??= setTimeout(draw, drawnEveryMs);
        }
        draw({ isOver: true });
      } catch (error) {
        if (!left.signal.aborted && !isExpired(error)) draw({ isOver: true, error });
      }
    };
    setNow(nothing);
    void follow();
    return () => {
      left.abort();
      clearTimeout(timer);
    };
  }, [fid, round, signedIn]);
  return now;
};

const Followed = ({ fid }: { readonly fid: string }): JSX.Element => {
  const [round, setRound] = useState(0);
  const { isPaused } = useLive();
  const { lines, dropped, isOver, error } = useOutput(fid, round);
  const element = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const shown = element.current;
    if (shown && isAtEnd.current) shown.scrollTop = shown.scrollHeight;
  }, [lines]);
  const again = (): void => setRound((last) => last + 1);
  return (
    <>
      <pre
        ref={element}
        class="output"
        tabindex={0}
        role="log"
        aria-label="Output of the process"
        aria-live="off"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {lines.length === 0 ? <span class="quiet">Nothing yet.</span> : null}
        {lines.map(({ number, stream, text }) => (
          <span key={number} class={`line ${stream}`}>
            {stream === 'stdout' ? '' : <span class="quiet">{stream}: </span>}
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
      {dropped > 0 ? (
        <p class="quiet">{dropped} lines before these are not kept here; halctl has them.</p>
      ) : null}
      {isPaused ? <p class="quiet">Held still: what comes is shown when it goes on.</p> : null}
      {isOver && error === undefined ? (
        <p>
          It has ended.{' '}
          <button type="button" onClick={again}>
            Read it again
          </button>
        </p>
      ) : null}
      <Problem error={brokenOff(error)} again={again} />
    </>
  );
};

const brokenOff = (error: unknown): unknown =>
  error instanceof OutputBroken ? new Error(`What it writes broke off: ${error.message}`) : error;
