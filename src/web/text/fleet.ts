/** The fleet as a page of text: counts, a form that narrows it, and the table of `halctl status`. */

import { h } from './element.ts';
import type { ComponentChildren, VNode } from './element.ts';
import { allColumns } from '../../checks/view/columns.ts';
import type { Column } from '../../checks/view/columns.ts';
import { formatMoment, formatSeconds } from '../../checks/view/quantities.ts';
import { rowShown } from '../../checks/view/shapes.ts';
import type { ShownMachine } from '../../checks/view/shapes.ts';
import { statesWorstFirst } from '../../checks/view/state.ts';
import type { ViewedCheck } from '../../checks/view/row.ts';
import type { FleetAnswer, FleetSummary } from '../../client/types.ts';
import { cellOf } from './cells.ts';
import { htmlOf } from './document.ts';
import type { Reader } from './document.ts';
import { changed, fleetAddress, pageRows, placeOf } from './fleet-view.ts';
import type { FleetView, ViewField } from './fleet-view.ts';
import { refusalOf } from './refusal.ts';
import type { Refused } from './refusal.ts';

export interface FleetParts {
  readonly view: FleetView;
  readonly reader: Reader;
  /** A page of machines in the shape `nodes`, or why there is none. */
  readonly found: FleetAnswer | Refused;
  /** Of the machines among which the filter chooses; null: not known. */
  readonly summary: FleetSummary | null;
}

export const fleetPage = ({ view, reader, found, summary }: FleetParts): string => {
  const refused = 'problem' in found ? found : null;
  const body: ComponentChildren[] = [
    summary && countsOf(summary, view),
    formOf(view, refused),
    refused && refusalOf(refused),
    refused && view.cursor !== undefined
      ? h('p', null, h('a', { href: changed(view, {}) }, 'First page'))
      : null,
    'problem' in found ? null : machinesOf(found, view),
    summary && agesOf(summary),
  ];
  return htmlOf({ title: 'Fleet', up: '', reader, body });
};

/** How many are in which state; each a link to those. */
const countsOf = (summary: FleetSummary, view: FleetView): VNode => {
  const { filter, problems } = view;
  const link = (words: string, change: Parameters<typeof changed>[1], isShown: boolean): VNode =>
    h(
      'li',
      null,
      h(
        'a',
        { href: changed(view, change), ...(isShown ? { 'aria-current': 'true' } : {}) },
        words,
      ),
    );
  const { states, total } = summary;
  const narrowed = filter !== undefined || problems !== undefined;
  return h(
    'nav',
    { 'aria-label': 'States' },
    h(
      'ul',
      { class: 'row' },
      link(`${total} in all`, { filter: null, problems: null }, !narrowed),
      link(
        `${summary.problems} to look at`,
        { filter: null, problems: 'true' },
        problems !== undefined && filter === undefined,
      ),
      ...statesWorstFirst
        .filter((state) => state in states)
        .map((state) => {
          const asked = `state:${state}`;
          const change = { filter: asked, problems: null };
          return link(`${states[state]!} ${state}`, change, filter === asked);
        }),
    ),
  );
};

const labels: Readonly<Record<ViewField, string>> = {
  filter: 'Filter, such as ssh:down and age>1h',
  groups: 'Groups, separated by commas',
  nodes: 'Machines, such as n[1-100].savio3',
  problems: 'Only what somebody should look at',
  columns: 'Columns, separated by commas',
  sort: 'Sort by, such as -age,machine',
};

/** What fits a terminal or a telephone. */
const fewColumns = 'machine,state,age,reason';

/** Its fields make the address, and nothing is sent otherwise. */
const formOf = (view: FleetView, refused: Refused | null): VNode => {
  const about = refused?.problem.field;
  const field = (name: Exclude<ViewField, 'problems'>): VNode =>
    h(
      'p',
      null,
      h('label', { for: name }, labels[name]),
      h('input', {
        ...{ id: name, name, value: view[name] ?? '', size: 28, spellcheck: 'false' },
        ...(about === name ? { 'aria-invalid': 'true' } : {}),
      }),
    );
  return h(
    'form',
    { class: 'fields', method: 'get', action: 'fleet', role: 'search' },
    ...(['filter', 'groups', 'nodes', 'columns', 'sort'] as const).map(field),
    h(
      'p',
      null,
      h('input', {
        ...{ type: 'checkbox', id: 'problems', name: 'problems', value: 'true' },
        checked: view.problems !== undefined,
      }),
      ' ',
      h('label', { for: 'problems' }, labels.problems),
    ),
    h('p', null, h('button', { type: 'submit' }, 'Show'), ' ', h('a', { href: 'fleet' }, 'All')),
    h(
      'p',
      null,
      view.columns === undefined
        ? h('a', { href: changed(view, { columns: fewColumns }) }, 'Few columns')
        : h('a', { href: changed(view, { columns: null }) }, 'All columns'),
    ),
  );
};

const machinesOf = ({ meta, nodes = [] }: FleetAnswer, view: FleetView): ComponentChildren => {
  const { at, total, next } = meta;
  const from = placeOf(view);
  const told =
    total === 0
      ? 'No machine passes'
      : `Machines ${from + 1} to ${from + nodes.length} of ${total}`;
  const all = allColumns(meta.checks as readonly ViewedCheck[]);
  const columns = meta.columns.flatMap(({ id }) => all.get(id) ?? []);
  const rows = nodes.map((one) => rowShown(one as unknown as ShownMachine));
  const moment = formatMoment(at);
  return [
    h(
      'div',
      { class: 'table', role: 'region', 'aria-label': 'Machines', tabindex: 0 },
      h(
        'table',
        { id: 'fleet' },
        h('caption', null, `${told}, as of `, h('time', { datetime: moment }, moment)),
        h('thead', null, h('tr', null, ...columns.map((column) => titleOf(column, view)))),
        h(
          'tbody',
          null,
          ...rows.map((row) => h('tr', null, ...columns.map((one) => cellOf(one, row, at, '')))),
        ),
      ),
    ),
    h(
      'ul',
      { class: 'row' },
      from > 0 ? h('li', null, h('a', { href: changed(view, {}) }, 'First page')) : null,
      next === null
        ? null
        : h(
            'li',
            null,
            h(
              'a',
              { rel: 'next', href: fleetAddress({ ...view, cursor: next }) },
              nextWords(total - from - nodes.length),
            ),
          ),
    ),
  ];
};

const nextWords = (left: number): string => `Next ${Math.min(left, pageRows)}`;

/** A title sorts by its column, and turned round where it does so already. */
const titleOf = (column: Column, view: FleetView): VNode => {
  const { id, title, description } = column;
  const isUp = view.sort === id;
  const isDown = view.sort === `-${id}`;
  const sorted = isUp ? 'ascending' : isDown ? 'descending' : undefined;
  return h(
    'th',
    {
      ...{ scope: 'col', title: description, 'data-column': id },
      ...(sorted ? { 'aria-sort': sorted } : {}),
    },
    h('a', { href: changed(view, { sort: isUp ? `-${id}` : id }) }, title),
    isUp ? ' ↑' : isDown ? ' ↓' : null,
  );
};

/** When what each check found is of: what is old is shown as such, not as it might be now. */
const agesOf = ({ at, checks }: FleetSummary): VNode | null => {
  const age = (then: number | null): string =>
    then === null ? 'never' : `${formatSeconds(Math.max(0, Math.floor((at - then) / 1000)))} ago`;
  const found = Object.entries(checks);
  if (found.length === 0) return null;
  return h(
    'details',
    null,
    h('summary', null, 'How old the answers are'),
    h(
      'table',
      { id: 'ages' },
      h('caption', null, 'By check: its newest and its oldest answer'),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          ...['CHECK', 'NEWEST', 'OLDEST'].map((one) => h('th', { scope: 'col' }, one)),
        ),
      ),
      h(
        'tbody',
        null,
        ...found.map(([id, { newest, oldest }]) =>
          h(
            'tr',
            null,
            h('th', { scope: 'row' }, id),
            h('td', null, age(newest)),
            h('td', null, age(oldest)),
          ),
        ),
      ),
    ),
  );
};
