/** Moments, and how long ago they were: by the clock of the station, as nobody's own clock need be right. */

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatMoment, formatSeconds } from '../../../checks/view/quantities.ts';
import { stationNow } from '../state/clock.ts';

const everyMs = 1000;

/** Now, again every second while it is shown and the page is looked at. */
export const useNow = (): number => {
  const [now, setNow] = useState(stationNow);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(stationNow());
    }, everyMs);
    return () => clearInterval(timer);
  }, []);
  return now;
};

export const Moment = ({ at }: { readonly at: number | null | undefined }): JSX.Element | null =>
  typeof at === 'number' ? (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
      {formatMoment(at)}
    </time>
  ) : null;

/** `3m ago`, with the moment itself as its title. */
export const Ago = ({ at }: { readonly at: number | null | undefined }): JSX.Element | null => {
  const now = useNow();
  if (typeof at !== 'number') return null;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
      {formatSeconds(Math.max(0, Math.floor((now - at) / 1000)))} ago
    </time>
  );
};
