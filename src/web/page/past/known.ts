/** What a moment of the address is: its revision as well as its time. */

import { useAnswer } from '../state/answer.ts';
import type { Answered } from '../state/answer.ts';
import { revisionOf } from '../state/changes.ts';
import { station } from '../state/station.ts';
import { isRevision } from './moment-text.ts';
import type { KnownMoment } from './span.ts';

/** Whoever sees part of the cluster only need not be told of a commit; then its time is not known. */
const ofRevision = async (revision: number, signal: AbortSignal): Promise<KnownMoment> => {
  const { events } = await station.listEvents({
    from: Math.max(0, revision - 1),
    limit: 1,
    signal,
  });
  const first = events.find((event) => revisionOf(event) === revision);
  return { revision, time: first?.at };
};

const ofTime = async (time: number, signal: AbortSignal): Promise<KnownMoment> => {
  const { steps } = await station.logMoments({ since: time, until: time, steps: 1, signal });
  return { revision: steps.at(-1)?.revision, time };
};

/** @param at as in the address; undefined: now, of which there is nothing to know */
export const useKnownMoment = (at: string | undefined): Answered<KnownMoment> =>
  useAnswer(at === undefined ? null : `moment ${at}`, async (signal) => {
    if (isRevision(at!)) return ofRevision(Number(at), signal);
    const time = /^\d+$/.test(at!) ? Number(at) : Date.parse(at!);
    if (Number.isNaN(time)) throw new Error(`at=${at} is neither a revision nor a time.`);
    return ofTime(time, signal);
  });
