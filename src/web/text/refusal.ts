/** What was refused, and what to do about it. */

import { h } from './element.ts';
import type { VNode } from './element.ts';
import type { ProblemDetails } from '../../client/types.ts';
import { htmlOf } from './document.ts';
import type { Reader } from './document.ts';

/** Seconds after which it may be asked again, where that helps. */
export interface Refused {
  readonly problem: ProblemDetails;
  readonly retryAfter?: string | undefined;
}

const advice: Readonly<Record<number, string>> = {
  400: 'Mend what is named above, and send it again.',
  401: 'Mend it or fill in what is missing, and sign in again.',
  403: 'Ask an administrator for the right, or sign out and sign in as somebody who has it.',
  404: 'Look for it in the fleet: it may be spelt otherwise, be gone, or not be yours to see.',
  410: 'Begin again with the first page.',
  415: 'Send it by the form of the page.',
  422: 'Mend what is named above, and send it again.',
};

const whatToDo = ({ problem: { status }, retryAfter }: Refused): string => {
  if (retryAfter !== undefined) return `Try again in ${retryAfter} s.`;
  if (status >= 500) return 'Try again in a moment; the log of the station says more.';
  return advice[status] ?? 'Go back and look at what was asked.';
};

/** In words, with the code by which the documentation has it. */
export const refusalOf = (refused: Refused): VNode => {
  const { title, detail, code } = refused.problem;
  return h(
    'div',
    { class: 'refusal', role: 'alert' },
    h('p', null, h('strong', null, `${title}: `), detail, ` (${code})`),
    h('p', null, whatToDo(refused)),
  );
};

export const refusalPage = (refused: Refused, up: string, reader: Reader | null): string =>
  htmlOf({
    title: refused.problem.title,
    up,
    reader,
    body: [refusalOf(refused), h('p', null, h('a', { href: `${up}fleet` }, 'To the fleet'))],
  });
