/** Which events are about whom: what a field of the page leaves of them. */

import type { EventReply } from '../../../../client/types.ts';

/** Whether a machine is named in what an event says, wherever it is. */
const names = (value: unknown, word: string): boolean => {
  if (typeof value === 'string') return value === word || value.startsWith(`${word}.`);
  if (Array.isArray(value)) return value.some((one) => names(one, word));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, one]) => key === word || names(one, word));
};

/**
 * @param machine its name, or the first parts of it; empty: any
 * @param actor of whoever did it, or what set it off; a part of it is enough; empty: anybody
 */
export const isChosen = (event: EventReply, machine: string, actor: string): boolean =>
  (actor === '' || event.actor.includes(actor) || (event.rule ?? '').includes(actor)) &&
  (machine === '' || names(event.data, machine));
