/** How likely something helps: what rules suppose, and what came of it at this site. */

import type { Action } from './actions.ts';
import type { Attempt } from './symptoms.ts';

/** So many attempts is what a rule's word is worth. */
export const priorWeight = 4;
/** So many attempts it takes before anything is all but certain. */
const modestUntil = 20;
const modestMost = 0.95;
/** Fewer attempts on such hardware tell less than those on all of it. */
const enough = 3;

export interface Tally {
  readonly tried: number;
  readonly worked: number;
  /** When it worked last, ms since the epoch; null: never. */
  readonly lastWorked: number | null;
}

export const noTally: Tally = { tried: 0, worked: 0, lastWorked: null };

/** What came of all that was tried. */
export interface Experience {
  /** Of what was done about a symptom, on such hardware where there was enough of it. */
  tallyOf(symptom: string, action: Action, hardware: string): Tally;
}

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/** Takes what has come of attempts together; those of which nobody can know yet do not count. */
export const experienceOf = (attempts: Iterable<Attempt>): Experience => {
  const tallies = new Map<string, Tally>();
  for (const { symptom, action, hardware, outcome, at } of attempts) {
    if (outcome === 'pending') continue;
    for (const key of [keyOf(symptom, action, hardware), keyOf(symptom, action)]) {
      const before = tallies.get(key) ?? noTally;
      tallies.set(key, {
        tried: before.tried + 1,
        worked: before.worked + (outcome === 'worked' ? 1 : 0),
        lastWorked: outcome === 'worked' ? Math.max(before.lastWorked ?? 0, at) : before.lastWorked,
      });
    }
  }
  return {
    tallyOf: (symptom, action, hardware) => {
      const near = tallies.get(keyOf(symptom, action, hardware)) ?? noTally;
      return near.tried >= enough ? near : (tallies.get(keyOf(symptom, action)) ?? noTally);
    },
  };
};

/**
 * Mean of a Beta distribution that the rule's word began and attempts have moved, less what speaks against it.
 *
 * @param prior 0 to 1
 * @param against weights, 0 to 1 each
 * @returns 0 to 1, in hundredths
 */
export const confidenceOf = (
  prior: number,
  { tried, worked }: Tally,
  against: readonly number[],
): number => {
  const mean = (worked + prior * priorWeight) / (tried + priorWeight);
  const modest = tried < modestUntil ? Math.min(mean, modestMost) : mean;
  const left = against.reduce((confidence, weight) => confidence * (1 - weight), modest);
  return Math.round(left * 100) / 100;
};
