/** The log as a page shows it: the newest events, those that come, and older ones as they are asked for. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { EventReply } from '../../../../client/types.ts';
import { liveNow, onLive } from '../../state/live.ts';
import { revisionOf } from '../../state/changes.ts';
import { useAgainLater } from '../../state/passing.ts';
import { isExpired, station } from '../../state/station.ts';
import { useStream } from '../../state/stream.ts';
import { useSession } from '../../state/who.ts';

/** Commits that are looked at for one more piece. */
const pieceCommits = 500;
/** Events that the page keeps; what is older is let go of while new ones come. */
export const keptMax = 5000;
/** However fast they come, ms. */
const drawMs = 250;

export interface Log {
  /** Newest first. */
  readonly events: readonly EventReply[];
  /** All events after this revision were looked at; null: none yet. */
  readonly since: number | null;
  /** Events that came while the page is held still. */
  readonly held: number;
  readonly error: unknown;
  readonly isLoading: boolean;
  /** Looks at older ones. */
  readonly older: () => void;
}

/** @param at the revision up to which it goes; undefined: to its end, and on */
export const useLog = (types: readonly string[], at: number | undefined): Log => {
  const kept = useRef<EventReply[]>([]);
  const waiting = useRef<EventReply[]>([]);
  const [, draw] = useState(0);
  const [since, setSince] = useState<number | null>(null);
  const [error, setError] = useState<unknown>();
  const [isLoading, setLoading] = useState(true);
  const key = JSON.stringify([types, at]);
  const head = useRef<number | undefined>(undefined);
  const reading = useRef(new AbortController());
  const [round, setRound] = useState(0);
  const { signedIn } = useSession();
  const again = useCallback(() => setRound((last) => last + 1), []);
  // What fails later is an older piece, which is asked for by hand.
  useAgainLater(since === null ? error : undefined, again);

  const told = useRef(0);
  const take = (): void => {
    if (liveNow().isPaused) {
      if (told.current !== waiting.current.length) draw((last) => last + 1);
      told.current = waiting.current.length;
      return;
    }
    if (waiting.current.length === 0) return;
    kept.current = [...waiting.current.reverse(), ...kept.current].slice(0, keptMax);
    waiting.current = [];
    draw((last) => last + 1);
  };

  /** What happened after `from`, up to `to`. */
  const read = async (from: number, to: number, signal?: AbortSignal): Promise<EventReply[]> => {
    const found: EventReply[] = [];
    for (let next: number | null = from; next !== null && next < to;) {
      const page = await station.listEvents({ from: next, limit: 1000, types, signal });
      found.push(...page.events.filter((event) => revisionOf(event) <= to));
      next = page.next;
    }
    return found.reverse();
  };

  useEffect(() => {
    const giveUp = (reading.current = new AbortController());
    kept.current = [];
    waiting.current = [];
    head.current = undefined;
    setSince(null);
    setError(undefined);
    setLoading(true);
    const begin = async (): Promise<void> => {
      const { signal } = giveUp;
      const end = at ?? (await station.listEvents({ limit: 1, signal })).revision;
      const from = Math.max(0, end - pieceCommits);
      kept.current = await read(from, end, signal);
      head.current = end;
      setSince(from);
    };
    begin()
      .catch((failed: unknown) => giveUp.signal.aborted || isExpired(failed) || setError(failed))
      .finally(() => giveUp.signal.aborted || setLoading(false));
    return () => giveUp.abort();
  }, [key, round, signedIn]);

  useEffect(() => {
    const timer = setInterval(take, drawMs);
    const stop = onLive(take);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, []);

  useStream('events', at === undefined && since !== null ? key : null, async (followed) => {
    const from = head.current;
    for await (const event of station.followEvents({ ...followed, types, from })) {
      head.current = revisionOf(event);
      waiting.current.push(event);
      // Held still, the page shows nothing new, and need not keep more than it ever shows.
      if (waiting.current.length > 2 * keptMax) waiting.current.splice(0, keptMax);
    }
  });

  const older = useCallback(() => {
    if (since === null || since === 0) return;
    const from = Math.max(0, since - pieceCommits);
    const { signal } = reading.current;
    setError(undefined);
    setLoading(true);
    read(from, since, signal)
      .then((found) => {
        if (signal.aborted) return;
        kept.current = [...kept.current, ...found];
        setSince(from);
      })
      .catch((failed: unknown) => signal.aborted || isExpired(failed) || setError(failed))
      .finally(() => signal.aborted || setLoading(false));
  }, [since, key]);

  return {
    events: kept.current,
    held: liveNow().isPaused ? waiting.current.length : 0,
    ...{ since, error, isLoading, older },
  };
};
