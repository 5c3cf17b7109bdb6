/** How many processes are in which state, in a line: `3 online, 1 failed`. */

import { processStates } from '../../../../client/view/states.ts';

export const stateWords = (counts: Readonly<Record<string, number>>): string =>
  processStates
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${counts[state]!.toLocaleString('en')} ${state}`)
    .join(', ');
