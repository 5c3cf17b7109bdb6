/** How somebody wants to see a console, as the query of its URL says. */

import type { VisitRequest } from '../access/visits.ts';
import { consoleModes } from '../catalogue/events.ts';
import type { ConsoleMode } from '../catalogue/events.ts';
import type { OfObm } from './callers.ts';
import { Refusal } from './refusals.ts';

export interface ConsoleView extends Pick<VisitRequest, 'from' | 'readOnly'> {
  /** undefined: as is usual for the way in which it is shown. */
  readonly onSlow: VisitRequest['onSlow'] | undefined;
}

/** What is shown of what was before, unless said, bytes. */
const usualBack = 16 * 1024;
const wholeNumber = /^\d{1,16}$/;

/** @throws {Refusal} that names the parameter */
export const viewOfQuery = ({ mode, from, back, slow }: OfObm['Querystring']): ConsoleView => {
  const wrong = (name: string): Refusal =>
    new Refusal(400, 'invalid-request', `${name} is not one of those that there are`, name);
  const numberOf = (name: string, value: unknown): number => {
    if (typeof value === 'string' && wholeNumber.test(value)) return Number(value);
    throw new Refusal(400, 'invalid-request', `${name} is no whole number`, name);
  };
  if (mode !== undefined && !consoleModes.includes(mode as ConsoleMode)) throw wrong('mode');
  if (slow !== undefined && slow !== 'cut' && slow !== 'skip') throw wrong('slow');
  return {
    readOnly: mode === 'read-only',
    onSlow: slow,
    from:
      from === undefined
        ? { back: back === undefined ? usualBack : numberOf('back', back) }
        : { position: numberOf('from', from) },
  };
};
