/** That the station that serves the page follows another one. */

import type { JSX } from 'preact';
import { followingText } from '../../../client/view/stations.ts';
import { useAnswer } from '../state/answer.ts';
import { useEvery } from '../state/every.ts';
import { station } from '../state/station.ts';
import { useSession } from '../state/who.ts';

/** How often it is asked, ms: as long as a takeover takes. */
const everyMs = 20_000;

/** Tokens of these do not see the station, and are told nothing. */
const strangers: readonly string[] = ['member', 'agent', 'process'];

export const FollowerBanner = (): JSX.Element | null => {
  const round = useEvery(everyMs);
  const key = strangers.includes(useSession().who.role) ? null : 'standing';
  const { data } = useAnswer(key, (signal) => station.station({ signal }), round);
  const text = data && followingText(data);
  if (!data || !text) return null;
  const url = data.leader?.url;
  return (
    <p class="banner">
      <span role="status">{text}</span>{' '}
      {url === undefined ? null : <a href={url}>Go to the one that leads</a>}
    </p>
  );
};
