/** The fleet on a terminal, or for whatever reads it instead. */

import type { Column, Tone } from '../../checks/view/columns.ts';
import { columnsNamed, machineFields, orderNamed } from '../../checks/view/request.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import { rowShown } from '../../checks/view/shapes.ts';
import type { ShownMachine } from '../../checks/view/shapes.ts';
import { orderBy } from '../../checks/view/sort.ts';
import { isFailing, isProblem, statesWorstFirst } from '../../checks/view/state.ts';
import { fleetTable } from '../../checks/view/table.ts';
import type { FleetAnswer, FleetMachine } from '../../client/types.ts';
import type { Shell } from '../shell.ts';
import type { Palette } from './colour.ts';
import { formatFields } from './table.ts';
import { counted, formatTime, printable } from './text.ts';

export interface FleetLook {
  readonly columns?: string | undefined;
  readonly sort?: string | undefined;
  readonly fold?: true | undefined;
  readonly wide?: true | undefined;
}

type Meta = FleetAnswer['meta'];

/** The machines of an answer as rows. */
export const rowsOf = (machines: Iterable<FleetMachine>): FleetRow[] =>
  Array.from(machines, (one) => rowShown(one as unknown as ShownMachine));

export const anyFails = (rows: readonly FleetRow[]): boolean => rows.some(isFailing);

const painter = (palette: Palette): ((tone: Tone, text: string) => string) => {
  const paints = { good: palette.good, bad: palette.bad, busy: palette.busy, faint: palette.faint };
  return (tone, text) => (tone === 'plain' ? text : paints[tone](text));
};

/** How many there are of what, worst first. */
const counts = (rows: readonly FleetRow[]): string => {
  const states = new Map<string, number>();
  for (const { state } of rows) states.set(state, (states.get(state) ?? 0) + 1);
  const told = statesWorstFirst
    .filter((state) => states.has(state))
    .map((state) => `${states.get(state)!} ${state}`);
  const problems = rows.filter(isProblem).length;
  return `${counted(rows.length, 'machine')}: ${told.join(', ')}; ${counted(problems, 'problem')}`;
};

/** What there was no room for, for people only. */
const leftOut = (dropped: readonly Column[]): string[] =>
  dropped.length === 0
    ? []
    : [`Not shown for want of room: ${dropped.map(({ id }) => id).join(', ')}. See --wide.`];

/** @param now by the clock of the station */
export const fleetLines = (
  shell: Shell,
  meta: Meta,
  rows: readonly FleetRow[],
  look: FleetLook,
  now: number,
): string[] => {
  const checks = meta.checks as Parameters<typeof columnsNamed>[1];
  const columns = columnsNamed(look.columns, checks);
  const isForPeople = shell.width !== undefined;
  const sorted = rows.toSorted(orderBy(orderNamed(look.sort, checks), now));
  const { lines, dropped } = fleetTable(columns, sorted, {
    now,
    width: look.wide ? undefined : shell.width,
    isFolded: look.fold === true,
    leavesEmptyOut: look.columns === undefined,
    ...(isForPeople ? { paint: painter(shell.palette) } : {}),
  });
  if (!isForPeople) return lines as string[];
  return [...lines, '', shell.palette.faint(counts(rows)), ...leftOut(dropped)];
};

/** All that is known of one machine. */
export function* machineLines(
  shell: Shell,
  row: FleetRow,
  meta: Meta,
  now: number,
): Generator<string> {
  const { palette } = shell;
  const checks = meta.checks as Parameters<typeof columnsNamed>[1];
  yield palette.strong(printable(row.machine));
  const fields = columnsNamed(machineFields, checks).map(
    (column) => [column.id, column.text(row, now) || undefined] as const,
  );
  yield* formatFields(fields);
  if (row.note)
    yield `note  ${printable(row.note.text)} (${row.note.by}, ${formatTime(row.note.at)})`;
  yield '';
  const width = Math.max(0, ...row.checks.map(({ check }) => check.length));
  for (const one of row.checks) {
    const [column] = columnsNamed(one.check, checks);
    const age = columnsNamed(`${one.check}.age`, checks)[0]!.text(row, now);
    const shown = `${column!.symbol?.(row) ?? ''} ${printable(column!.text(row, now))}`;
    const tone = column!.tone?.(row) ?? 'plain';
    const text = printable(one.text);
    const more = text === '' || shown.includes(text) ? '' : `  ${text}`;
    yield `${one.check.padEnd(width)}  ${painter(palette)(tone, shown)}${more}${palette.faint(`  ${age} ago`)}`;
  }
}
