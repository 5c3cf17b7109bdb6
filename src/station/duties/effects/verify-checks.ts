/** Whether a machine that was rebooted is well, by what checks have seen since. What nobody has looked at is not well. */

import type { Observation } from '../../../checks/observation.ts';
import { scheduler } from '../../../checks/catalogue/scheduler.ts';
import type { Checks } from '../checks.ts';
import type { Observations } from '../../observations/observations.ts';
import type { Ended } from './effect.ts';
import type { Doing } from './stage-acts.ts';
import { waitFor } from './waiting.ts';

export interface ChecksSite {
  readonly observations: Pick<Observations, 'of' | 'allOf' | 'changed'>;
  readonly checks: Pick<Checks, 'ask' | 'catalogue' | 'lackOf'>;
}

/** It is to be told how it is before the stage has failed for its time, ms. */
export const endingMs = 15_000;
/** Named in a message. */
const shown = 5;

const isBad = ({ verdict }: Observation): boolean => verdict === 'fail';

const named = (observations: readonly Observation[], tell: (one: Observation) => string): string =>
  observations.slice(0, shown).map(tell).join('; ') +
  (observations.length > shown ? `; and ${observations.length - shown} more` : '');

/** What is known of a machine since it started anew. What the scheduler says is a stage of its own. */
const knownSince = (
  { observations }: ChecksSite,
  machine: string,
  since: number,
): { readonly fresh: Observation[]; readonly stale: Observation[] } => {
  const all = observations.allOf(machine).filter(({ check }) => check !== scheduler.id);
  return {
    fresh: all.filter(({ observedAt }) => observedAt >= since),
    stale: all.filter(({ observedAt }) => observedAt < since),
  };
};

/**
 * Asks what was bad before once more, and waits until all that was looked at is well.
 *
 * @throws the reason of the signal
 */
export const verifyChecks = async (
  site: ChecksSite,
  { course, context: { time, signal } }: Doing,
): Promise<Ended> => {
  const begun = course();
  if (!begun) return { outcome: 'interrupted', detail: '' };
  const { host, stages } = begun.row;
  const since = stages.find(({ name }) => name === 'boot')?.ended ?? begun.note.since;
  const isAsked = ({ check }: Observation): boolean => {
    const known = site.checks.catalogue.find(check);
    return known !== undefined && site.checks.lackOf(known) === null;
  };
  const again = knownSince(site, host, since).stale.filter(isAsked);
  if (again.length > 0)
    site.checks.ask(
      host,
      again.map(({ check }) => check),
    );
  /** What nobody looks at again is not waited for. */
  const end = (isLast: boolean): Ended | undefined => {
    if (!course()) return { outcome: 'interrupted', detail: '' };
    const { fresh, stale } = knownSince(site, host, since);
    const bad = fresh.filter(isBad);
    const isPending = bad.length > 0 || stale.some(isAsked);
    if (isPending && !isLast) return undefined;
    if (bad.length > 0)
      return { outcome: 'failed', detail: named(bad, ({ check, text }) => `${check}: ${text}`) };
    const unseen = stale.filter(isBad);
    const which = named(unseen, ({ check }) => check).replaceAll(';', ',');
    if (unseen.length > 0)
      return { outcome: 'done', detail: `unknown: nobody has looked since the boot at ${which}` };
    return fresh.length > 0
      ? { outcome: 'done', detail: '' }
      : { outcome: 'done', detail: 'unknown: no check has looked at it since the boot' };
  };
  const found = await waitFor({
    ...{ time, signal, until: begun.note.until - endingMs },
    look: () => end(false),
    changes: (listener) => site.observations.changed(listener),
  });
  return found ?? end(true)!;
};
