/** Pieces that pages of text are made of. */

import { formatMoment } from '../../checks/view/quantities.ts';
import { h } from './element.ts';
import type { ComponentChildren, VNode } from './element.ts';
import type { Refused } from './refusal.ts';

/** A time as UTC. */
export const timeOf = (ms: number): VNode => {
  const moment = formatMoment(ms);
  return h('time', { datetime: moment }, moment);
};

export const tableOf = (
  id: string,
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly ComponentChildren[])[],
): VNode =>
  h(
    'div',
    { class: 'table', role: 'region', 'aria-label': caption, tabindex: 0 },
    h(
      'table',
      { id },
      h('caption', null, caption),
      h('thead', null, h('tr', null, ...titles.map((title) => h('th', { scope: 'col' }, title)))),
      h(
        'tbody',
        null,
        ...rows.map(([first, ...cells]) =>
          h(
            'tr',
            null,
            h('th', { scope: 'row' }, first),
            ...cells.map((cell) => h('td', { class: 'text' }, cell)),
          ),
        ),
      ),
    ),
  );

/** A part of a page under its title; where it was refused, why. */
export const sectionOf = <T extends object>(
  id: string,
  title: string,
  given: T | Refused,
  show: (given: T) => ComponentChildren,
): VNode =>
  h(
    'section',
    { 'aria-labelledby': id },
    h('h2', { id }, title),
    'problem' in given
      ? h('p', { class: 'quiet' }, `Not shown: ${given.problem.detail}`)
      : show(given),
  );
