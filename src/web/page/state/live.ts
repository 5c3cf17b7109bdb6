/**
 * Whether what is shown keeps up with the cluster. Every stream of the page says here how it does; the bar at the top
 * tells when one of them is broken, and whoever reads can have all of them wait.
 */

import { useEffect, useState } from 'preact/hooks';
import { stationNow } from './clock.ts';

export interface Live {
  /** Streams that are broken now, by name: why, and since when (ms, the station's clock). */
  readonly broken: ReadonlyMap<string, { readonly why: string; readonly since: number }>;
  /** Whoever reads wants nothing to move. */
  readonly isPaused: boolean;
}

let live: Live = { broken: new Map(), isPaused: false };
const listeners = new Set<() => void>();

const change = (next: Partial<Live>): void => {
  live = { ...live, ...next };
  for (const listener of listeners) listener();
};

export const streamBroke = (name: string, why: string): void => {
  const since = live.broken.get(name)?.since ?? stationNow();
  change({ broken: new Map(live.broken).set(name, { why, since }) });
};

/** It works, or nobody wants it any more. */
export const streamWorks = (name: string): void => {
  if (!live.broken.has(name)) return;
  const broken = new Map(live.broken);
  broken.delete(name);
  change({ broken });
};

export const setPaused = (isPaused: boolean): void => change({ isPaused });
export const liveNow = (): Live => live;

export const onLive = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useLive = (): Live => {
  const [now, setNow] = useState(live);
  useEffect(() => {
    setNow(live);
    return onLive(() => setNow(live));
  }, []);
  return now;
};
