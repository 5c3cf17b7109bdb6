/** All that is known of one machine, as a page of text. */

import { allColumns } from '../../checks/view/columns.ts';
import { formatSeconds } from '../../checks/view/quantities.ts';
import { columnsNamed, machineFields } from '../../checks/view/request.ts';
import type { FleetRow, ViewedCheck } from '../../checks/view/row.ts';
import { rowShown } from '../../checks/view/shapes.ts';
import type { ShownMachine } from '../../checks/view/shapes.ts';
import { rebootCommands, suggestionWords } from '../../checks/view/suggestion-words.ts';
import type {
  Configuration,
  FleetAnswer,
  HistoryPage,
  NoteList,
  Obm,
  Page,
  Process,
  Suggestion,
} from '../../client/types.ts';
import { printable } from '../../terminal/lines.ts';
import { cellOf } from './cells.ts';
import { htmlOf } from './document.ts';
import type { Reader } from './document.ts';
import { h } from './element.ts';
import type { ComponentChildren, VNode } from './element.ts';
import { fleetAddress, machineAddress } from './fleet-view.ts';
import { sectionOf, tableOf, timeOf } from './parts.ts';
import type { Refused } from './refusal.ts';

/** What of the machine is looked at closer. */
export interface MachineView {
  /** Fid of the process whose configuration is shown. */
  readonly process?: string;
  /** Where its history goes on: `next` of the page before. */
  readonly history?: string;
}

export interface MachineParts {
  readonly fqdn: string;
  readonly view: MachineView;
  readonly reader: Reader;
  /** Of this machine alone. */
  readonly fleet: FleetAnswer;
  readonly processes: Page<Process> | Refused;
  /** Null: none was asked for. */
  readonly configuration: Configuration | Refused | null;
  readonly obm: Obm | Refused;
  readonly suggestion: Suggestion | Refused;
  readonly notes: NoteList | Refused;
  readonly history: HistoryPage | Refused;
}

const up = '../';

/** The address of a view of a machine, from its own page. */
const addressOf = (fqdn: string, view: MachineView): string => {
  const said = new URLSearchParams({ ...view });
  return `${up}${machineAddress(fqdn)}${said.size === 0 ? '' : `?${said.toString()}`}`;
};

export const machinePage = (parts: MachineParts): string => {
  const { fqdn, reader, fleet, suggestion, notes } = parts;
  const row = rowShown(fleet.nodes![0] as unknown as ShownMachine);
  const body = [
    stateOf(row, fleet),
    sectionOf('checks', 'Checks', fleet, (given) => checksOf(row, given)),
    sectionOf('suggestion', 'What to do', suggestion, (given) => suggestionOf(fqdn, given)),
    sectionOf('power', 'Power', parts.obm, (given) => powerOf(given, fleet.meta.at)),
    processesOf(parts),
    sectionOf('notes', 'Notes', notes, notesOf),
    sectionOf('history', 'What happened', parts.history, (given) => historyOf(parts, given)),
  ];
  return htmlOf({ title: fqdn, up, reader, body });
};

/** Its state in one word and why, and what it belongs to. */
const stateOf = (row: FleetRow, { meta }: FleetAnswer): ComponentChildren => {
  const [state, ...fields] = columnsNamed(machineFields, meta.checks as readonly ViewedCheck[]);
  const said = fields
    .map((column) => [column, printable(column.text(row, meta.at))] as const)
    .filter(([, text]) => text !== '');
  return [
    h(
      'p',
      { class: state!.tone?.(row) },
      h('strong', { id: 'state' }, `${state!.symbol!(row)} ${row.state}`),
      row.reason === '' ? null : `: ${printable(row.reason)}`,
    ),
    h(
      'dl',
      null,
      ...said.flatMap(([{ title }, text]) => [h('dt', null, title), h('dd', null, text)]),
    ),
    h(
      'p',
      { class: 'quiet' },
      'As of ',
      timeOf(meta.at),
      '. ',
      h('a', { href: addressOf(row.machine, {}) }, 'Look again'),
      ', ',
      h('a', { href: up + fleetAddress({ nodes: row.machine }) }, 'see it in the fleet'),
      '.',
    ),
  ];
};

/** Each with its verdict, value, words and age. */
const checksOf = (row: FleetRow, { meta }: FleetAnswer): ComponentChildren => {
  if (row.checks.length === 0) return h('p', null, 'Nothing was found out about it yet.');
  const all = allColumns(meta.checks as readonly ViewedCheck[]);
  const cell = (check: string, part: string): VNode =>
    cellOf(all.get(`${check}.${part}`)!, row, meta.at, up);
  const titles = ['CHECK', 'VERDICT', 'VALUE', 'IN WORDS', 'AGE'];
  return h(
    'div',
    { class: 'table', role: 'region', 'aria-label': 'Checks', tabindex: 0 },
    h(
      'table',
      { id: 'found' },
      h('caption', null, 'What each check found last, and how long ago'),
      h('thead', null, h('tr', null, ...titles.map((one) => h('th', { scope: 'col' }, one)))),
      h(
        'tbody',
        null,
        ...row.checks
          .filter(({ check }) => all.has(`${check}.verdict`))
          .map(({ check }) =>
            h(
              'tr',
              null,
              h('th', { scope: 'row' }, check),
              verdictOf(row, check, all),
              ...['value', 'text', 'age'].map((part) => cell(check, part)),
            ),
          ),
      ),
    ),
  );
};

/** With the sign that the fleet's table has. What has a column of the machine itself has no sign of its own. */
const verdictOf = (row: FleetRow, check: string, all: ReturnType<typeof allColumns>): VNode => {
  const column = all.get(check)!;
  const found = row.checks.find((one) => one.check === check)!;
  const sign = column.observation ? column.symbol?.(row) : undefined;
  return h(
    'td',
    { class: column.tone?.(row) },
    sign ? h('span', { class: 'sign' }, sign) : null,
    sign ? ' ' : null,
    found.verdict,
  );
};

const suggestionOf = (fqdn: string, suggestion: Suggestion): ComponentChildren => {
  const { told, reasons, ending } = suggestionWords(suggestion);
  const commands = rebootCommands(fqdn, suggestion);
  return [
    h('p', null, suggestion.says),
    ...told.map((line) => h('p', null, line)),
    commands.length === 0
      ? null
      : [
          h('p', null, 'Nothing is ordered from this page. Whoever may do it copies this:'),
          ...commands.map((line) => h('pre', null, h('code', null, line))),
        ],
    ...reasons.map(({ title, items }) => [
      h('p', null, title),
      h('ul', null, ...items.map((item) => h('li', null, item))),
    ]),
    ...ending.map((line) => h('p', { class: 'quiet' }, line)),
  ];
};

/** As its OBM daemon told it last: nothing is sent to look at a page. */
const powerOf = ({ state, power, trouble }: Obm, now: number): ComponentChildren => {
  const age = (then: number): string =>
    `${formatSeconds(Math.max(0, Math.floor((now - then) / 1000)))} ago`;
  return [
    h(
      'p',
      { id: 'power-seen' },
      power === null
        ? 'Its power is not known, which is never off.'
        : [`Its power was ${power.state}, seen ${age(power.since)} (`, timeOf(power.since), ').'],
    ),
    trouble &&
      h(
        'p',
        { class: 'bad' },
        `! Its OBM cannot be reached: ${trouble.reason}, since ${age(trouble.since)}.`,
      ),
    h('p', { class: 'quiet' }, `Its OBM is ${state}.`),
  ];
};

const processesOf = ({ fqdn, processes, configuration, view }: MachineParts): VNode =>
  sectionOf('processes', 'Processes', processes, ({ items, next }: Page<Process>) =>
    items.length === 0
      ? h('p', null, 'It has none.')
      : [
          tableOf(
            'processes-of-it',
            `Its processes${next === null ? '' : '; there are more than these'}`,
            ['FID', 'STATE', 'NAME', 'ROLE', 'OWNERSHIP', 'ENDPOINT', 'REASON', 'SERVICES'],
            items.map((one) => [
              h(
                'a',
                { href: `${addressOf(fqdn, { ...view, process: one.fid })}#configuration` },
                one.fid,
              ),
              ...[one.state, one.name, one.role, one.ownership, one.endpoint, one.reason],
              one.services.map(({ type, state }) => `${type} ${state}`).join(', '),
            ]),
          ),
          configuration && configurationOf(configuration),
        ],
  );

const configurationOf = (configuration: Configuration | Refused): VNode =>
  sectionOf('configuration', 'Configuration', configuration, (given: Configuration) => [
    h('p', null, `Of ${given.name}, ${given.fid}, unit ${given.unit}, endpoint ${given.endpoint}.`),
    tableOf(
      'environment',
      'Its environment',
      ['VARIABLE', 'VALUE'],
      Object.entries(given.environment),
    ),
  ]);

const notesOf = ({ notes }: NoteList): VNode =>
  notes.length === 0
    ? h('p', null, 'Nobody has written anything down about it.')
    : tableOf(
        'noted',
        'What people wrote down, newest first',
        ['WHEN', 'BY', 'NOTE'],
        notes.map(({ at, by, text }) => [timeOf(at), by, text]),
      );

const historyOf = (
  { fqdn, view }: MachineParts,
  { entries, next }: HistoryPage,
): ComponentChildren => {
  const { history, ...others } = view;
  const link = (words: string, to: MachineView, rel?: string): VNode =>
    h('li', null, h('a', { rel, href: `${addressOf(fqdn, to)}#history` }, words));
  return [
    entries.length === 0
      ? h('p', null, 'Nothing is known of that.')
      : tableOf(
          'happened',
          'Newest first, by the clock of the station',
          ['WHEN', 'KIND', 'BY', 'WHAT'],
          entries.map(({ at, kind, by, text }) => [timeOf(at), kind, by, text]),
        ),
    h(
      'ul',
      { class: 'row' },
      history === undefined ? null : link('Newest', others),
      next === null ? null : link('Older', { ...others, history: next }, 'next'),
    ),
  ];
};
