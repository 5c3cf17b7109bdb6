/** That something has happened: how often the log has grown, for what is read anew then. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventReply } from '../../../client/types.ts';
import { liveNow, onLive } from './live.ts';
import { useMoment } from './moment.ts';
import { station } from './station.ts';
import { useStream } from './stream.ts';

/** However much happens, ms. */
const atMostEveryMs = 1000;

/**
 * A number that grows when events have come, once a second at most, and not while whoever reads holds the page still.
 * What the past was never changes.
 *
 * @param name of the stream, for the banner
 * @param types only events of these types; absent: all
 * @param concerns which of these count; absent: all
 */
export const useChanges = (
  name: string,
  types?: readonly string[],
  concerns: (event: EventReply) => boolean = () => true,
): number => {
  const counts = useRef(concerns);
  counts.current = concerns;
  const [round, setRound] = useState(0);
  const isPast = useMoment() !== undefined;
  const last = useRef<{ revision?: number; timer?: ReturnType<typeof setTimeout>; isDue: boolean }>(
    {
      isDue: false,
    },
  );
  const tell = (): void => {
    const state = last.current;
    state.isDue = true;
    if (state.timer !== undefined || liveNow().isPaused) return;
    state.timer = setTimeout(() => {
      delete state.timer;
      if (liveNow().isPaused || !state.isDue) return;
      state.isDue = false;
      setRound((before) => before + 1);
    }, atMostEveryMs);
  };
  useEffect(() => onLive(() => (last.current.isDue ? tell() : undefined)), []);
  useEffect(() => () => clearTimeout(last.current.timer), []);
  useStream(name, isPast ? null : (types ?? []).join(), async (followed) => {
    const { revision: from } = last.current;
    for await (const event of station.followEvents({ ...followed, types, from })) {
      last.current.revision = revisionOf(event);
      if (counts.current(event)) tell();
    }
  });
  return round;
};

/** The revision of the commit that an event is part of. */
export const revisionOf = ({ id }: EventReply): number => Number(id.split('.')[0]);
