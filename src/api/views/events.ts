/**
 * Events as the API shows them: in the present version of their type, whatever version the log has,
 * and each with the metadata that its commit keeps once.
 */

import type { EventReply } from '../../contract/events.ts';
import type { Commit, EventRecord } from '../../core/events/commit.ts';
import { presentRecord } from '../../core/events/reading.ts';

const eventView = (commit: Commit, index: number): EventReply => {
  const event = presentRecord(commit.events[index]!);
  const { type, v, cause, rule } = event;
  return {
    id: `${commit.revision}.${index}`,
    type,
    v,
    data: shownData(event),
    at: commit.at,
    actor: commit.actor,
    correlation: commit.correlation,
    causation: cause === undefined ? commit.command : `${commit.revision}.${cause}`,
    rule: rule ?? null,
  };
};

/** Whoever may read the log need not read the hashes of tokens. */
export const shownData = ({ type, data }: EventRecord): unknown => {
  if (type !== 'CredentialIssued' && type !== 'ObmEnabled') return data;
  const { hash: _, ...rest } = data as { hash?: string };
  return rest;
};

/** Some events of a commit (default: all), in order. */
export const eventViews = (commit: Commit, indexes?: readonly number[]): EventReply[] =>
  (indexes ?? commit.events.map((_, index) => index)).map((index) => eventView(commit, index));
