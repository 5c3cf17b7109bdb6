/** The log of a console: scrolled back as far as it is kept, with what happened to the machine between its lines. */

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatMoment } from '../../../../checks/view/quantities.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useKeys } from '../../state/keys.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { useRows } from '../../state/rows.ts';
import { isExpired, station } from '../../state/station.ts';
import { useSession } from '../../state/who.ts';
import {
  entryOf,
  eventRow,
  rowAt,
  rowsOf,
  wholeLines,
  withNewer,
  withOlder,
} from './log-entries.ts';
import type { LogEntry, LogRow } from './log-entries.ts';
import { readLog } from './log-reading.ts';
import type { LogQuery } from './log-reading.ts';
import { momentIn, playedAround, saidIn } from './stretch.ts';

/** Bytes of the log that are read at once, and lines that come of them at most. */
const bytesAtOnce = 64 * 1024;
const linesAtOnce = '5000';
const lineHeight = 22;
/** Kinds of the machine's history that stand in the log. */
const eventKinds = ['boot', 'power', 'operation', 'recovery', 'maintenance', 'note'] as const;

interface LogProps {
  readonly fqdn: string;
}

interface Asked {
  readonly query: LogQuery;
  /** Where what it answers goes. */
  readonly to: 'all' | 'before' | 'behind';
  /** Whether it begins where a line does. */
  readonly isWhole: boolean;
  readonly round: number;
}

export const Log = ({ fqdn }: LogProps): JSX.Element => {
  const { query } = usePlace();
  const since = momentIn(query.get('since'));
  const grep = query.get('grep') ?? '';
  const scroller = useRef<HTMLDivElement>(null);
  const [entries, setEntries] = useState<readonly LogEntry[]>([]);
  const [asked, ask] = useState<Asked | null>(null);
  const [isReading, setReading] = useState(true);
  const [error, setError] = useState<unknown>();
  const [current, setCurrent] = useState(-1);
  const { signedIn } = useSession();

  const begin = (): Asked => ({
    query: {
      limit: linesAtOnce,
      ...(since === undefined ? { back: String(bytesAtOnce) } : { since: String(since) }),
      ...(grep === '' ? {} : { grep, ignore_case: 'true', back: String(Number.MAX_SAFE_INTEGER) }),
    },
    to: 'all',
    isWhole: since !== undefined || grep !== '',
    round: (asked?.round ?? 0) + 1,
  });
  useEffect(() => ask(begin()), [since, grep, fqdn]);

  useEffect(() => {
    if (!asked) return undefined;
    const giveUp = new AbortController();
    const read = async (): Promise<void> => {
      const first = asked.to === 'before' ? (entries[0]?.position ?? Infinity) : Infinity;
      const found: LogEntry[] = [];
      for await (const line of readLog(fqdn, { format: 'json', ...asked.query }, giveUp.signal)) {
        const entry = entryOf(line);
        if (entry && entry.position >= first) break;
        if (entry) found.push(entry);
      }
      const read = wholeLines(found, asked.isWhole);
      setEntries((before) => {
        if (asked.to === 'all') return read;
        return asked.to === 'before' ? withOlder(read, before) : withNewer(before, read);
      });
      setError(undefined);
    };
    setReading(true);
    read()
      .catch((failed: unknown) => {
        if (!giveUp.signal.aborted && !isExpired(failed)) setError(failed);
      })
      .finally(() => !giveUp.signal.aborted && setReading(false));
    return () => giveUp.abort();
  }, [asked, signedIn]);

  const [from, to] = [entries[0]?.at, entries.at(-1)?.at];
  const history = useAnswer(from === undefined ? null : `${fqdn} ${from} ${to}`, (signal) =>
    station.machineHistory(fqdn, {
      ...{ signal, since: from!, kind: [...eventKinds], limit: 500 },
      // Of the newest, also what happened since the machine wrote its last line.
      ...(since === undefined ? {} : { until: to! }),
    }),
  );
  const rows = useMemo(
    () => rowsOf(entries, grep === '' ? (history.data?.entries ?? []) : []),
    [entries, history.data, grep],
  );
  const { items, height, scrollTo } = useRows(scroller, rows.length, lineHeight);
  // What is newest stands in sight at first; where a moment was asked for, that does.
  const shown = useRef(-1);
  useEffect(() => {
    if (rows.length === 0 || !asked || asked.to !== 'all' || shown.current === asked.round) return;
    shown.current = asked.round;
    scrollTo(since === undefined ? rows.length - 1 : rowAt(rows, since));
  }, [rows]);

  const go = (step: 1 | -1) => (): void => {
    const start = current >= 0 ? current : step > 0 ? -1 : rows.length;
    const found = eventRow(rows, start, step);
    if (found < 0) return;
    setCurrent(found);
    scrollTo(found);
  };
  const older = (): void => {
    const first = entries[0]?.position ?? 0;
    const cursor = Math.max(0, first - bytesAtOnce);
    const query = { cursor: String(cursor), limit: linesAtOnce };
    ask((last) => ({ query, to: 'before', isWhole: cursor === 0, round: (last?.round ?? 0) + 1 }));
  };
  const newer = (): void => {
    const last = entries.findLast((entry) => 'line' in entry);
    if (!last) return ask(begin());
    const query = { cursor: String(last.position), limit: linesAtOnce };
    ask((before) => ({ query, to: 'behind', isWhole: true, round: (before?.round ?? 0) + 1 }));
  };
  useKeys([
    { keys: ']', what: 'The next event in the log', run: go(1) },
    { keys: '[', what: 'The event before', run: go(-1) },
  ]);
  const isAtBeginning = entries.length > 0 && entries[0]!.position === 0;
  return (
    <section aria-label={`The log of the console of ${fqdn}`}>
      <LogForm since={since} grep={grep} />
      <div class="bar">
        <button
          type="button"
          onClick={older}
          disabled={isReading || isAtBeginning || grep !== '' || entries.length === 0}
        >
          Older
        </button>
        <button type="button" onClick={newer} disabled={isReading || grep !== ''}>
          Newer
        </button>
        <button type="button" onClick={go(-1)} disabled={grep !== ''}>
          Event before
        </button>
        <button type="button" onClick={go(1)} disabled={grep !== ''}>
          Next event
        </button>
        <CopyCommand
          command={[
            ...['halctl', 'obm', 'log', fqdn],
            ...(since === undefined ? [] : ['--since', new Date(since).toISOString()]),
            ...(grep === '' ? [] : ['--grep', grep]),
          ]}
        />
        <span role="status" class="quiet">
          {isReading ? 'reading…' : wordsOf(entries, rows.length)}
        </span>
      </div>
      <Problem error={error} again={() => ask(begin())} />
      <Problem error={history.error} again={history.again} />
      <div
        class="console-log"
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Log"
      >
        <div style={{ height: `${height}px`, position: 'relative' }}>
          {items.map(({ index, start }) => (
            <Row
              key={rows[index]!.key}
              row={rows[index]!}
              top={start}
              isCurrent={index === current}
            />
          ))}
        </div>
      </div>
      <p class="quiet">
        Times of lines are by the clock of the OBM daemon, those of events by the clock of the
        station.
      </p>
    </section>
  );
};

const wordsOf = (entries: readonly LogEntry[], rows: number): string => {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return 'nothing is in the log here';
  return `${rows.toLocaleString('en')} lines, ${formatMoment(first.at)} to ${formatMoment(last.at)}`;
};

interface RowProps {
  readonly row: LogRow;
  readonly top: number;
  readonly isCurrent: boolean;
}

const Row = ({ row, top, isCurrent }: RowProps): JSX.Element => (
  <div
    class={`log-row ${row.kind} ${isCurrent ? 'current' : ''}`}
    style={{ transform: `translateY(${top}px)` }}
  >
    <time dateTime={new Date(row.at).toISOString()}>{clockOf(row.at)}</time>
    {row.kind === 'event' ? (
      <>
        <strong>
          ◆ {row.of}: {row.text}
        </strong>{' '}
        <button type="button" class="plain" onClick={() => changeQuery(playedAround(row.at))}>
          Play from here
        </button>
      </>
    ) : (
      <span class="text">
        {row.kind === 'mark' ? '-- ' : ''}
        {row.text}
      </span>
    )}
  </div>
);

const clockOf = (at: number): string => new Date(at).toISOString().slice(5, 19).replace('T', ' ');

interface LogFormProps {
  readonly since: number | undefined;
  readonly grep: string;
}

const LogForm = ({ since, grep }: LogFormProps): JSX.Element => (
  <form
    class="bar"
    onSubmit={(event) => {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      const at = momentIn(`${saidIn(data, 'since')}Z`);
      changeQuery({
        since: at === undefined ? null : new Date(at).toISOString(),
        grep: saidIn(data, 'grep'),
      });
    }}
  >
    <label>
      From (UTC){' '}
      <input
        type="datetime-local"
        name="since"
        step="1"
        defaultValue={since === undefined ? '' : new Date(since).toISOString().slice(0, 19)}
      />
    </label>
    <label>
      Lines with <input name="grep" defaultValue={grep} maxLength={200} />
    </label>
    <button type="submit">Show</button>
    {since === undefined && grep === '' ? null : (
      <button type="button" onClick={() => changeQuery({ since: null, grep: null })}>
        The newest
      </button>
    )}
  </form>
);
