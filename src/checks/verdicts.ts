/**
 * When a verdict is believed: after it was found in so many of the last looks. One bad look is a look, not a machine
 * that is bad. What is remembered of a machine and check is two numbers, as there are hundred thousands of them.
 */

import { verdicts } from './observation.ts';
import type { Verdict } from './observation.ts';

/** Looks that are remembered; none but these can count. */
export const looksKept = 10;

export interface Damping {
  /** So many of the last `of` looks must agree before a verdict is confirmed; from 1 on. */
  readonly needed: number;
  /** From `needed` to {@link looksKept}. */
  readonly of: number;
  /** From so many changes on among the last {@link looksKept} looks, a check flaps. */
  readonly flapsAt: number;
}

export const usualDamping: Damping = { needed: 2, of: 3, flapsAt: 4 };

/** What is remembered of the looks at a machine by a check. */
export interface Looks {
  readonly confirmed: Verdict | null;
  /** Three bits a look, the latest lowest; 0: none. */
  readonly history: number;
}

export const noLooks: Looks = { confirmed: null, history: 0 };

export interface Judged extends Looks {
  /** Whether the verdict that was just found is not confirmed yet. */
  readonly soft: boolean;
  readonly flapping: boolean;
  /** Whether the confirmed verdict is another one than before. */
  readonly changed: boolean;
}

const bits = 3;
const mask = (1 << bits) - 1;
const keptMask = 2 ** (bits * looksKept) - 1;

/** The verdicts that were found lately, the latest first. */
export const lately = ({ history }: Looks): Verdict[] => {
  const found: Verdict[] = [];
  for (let left = history; left > 0; left = Math.floor(left / (mask + 1)))
    found.push(verdicts[(left & mask) - 1]!);
  return found;
};

/**
 * Takes a look. The first one of all is believed at once where it finds nothing wrong; what is wrong has to be found
 * as often as at any other time.
 */
export const judged = (before: Looks, found: Verdict, damping: Damping = usualDamping): Judged => {
  const code = verdicts.indexOf(found) + 1;
  const history = (before.history * (mask + 1) + code) % (keptMask + 1);
  const recent = lately({ confirmed: null, history });
  const isFirst = before.confirmed === null && (found === 'ok' || found === 'skipped');
  const agreeing = recent.slice(0, damping.of).filter((verdict) => verdict === found).length;
  const confirmed = isFirst || agreeing >= damping.needed ? found : before.confirmed;
  let changes = 0;
  for (let i = 1; i < recent.length; i += 1) if (recent[i] !== recent[i - 1]) changes += 1;
  return {
    confirmed,
    history,
    soft: confirmed !== found,
    flapping: changes >= damping.flapsAt,
    changed: confirmed !== before.confirmed,
  };
};

/** What is confirmed already by what was written down: a station that starts believes what it knew. */
export const rememberedLooks = (confirmed: Verdict): Looks => ({
  confirmed,
  history: verdicts.indexOf(confirmed) + 1,
});
