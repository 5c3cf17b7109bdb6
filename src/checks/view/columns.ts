/** The columns of the fleet's table, each declared once: for the terminal, CSV, the API and pages alike. */

import type { ValueType } from '../check.ts';
import type { Observation, Value, Verdict } from '../observation.ts';
import {
  formatBytes,
  formatCount,
  formatMoment,
  formatRatio,
  formatSeconds,
} from './quantities.ts';
import { observationOf } from './row.ts';
import type { FleetRow, ViewedCheck } from './row.ts';

export type { ValueType } from '../check.ts';

/** `age`: seconds before now. `time`: ms since the epoch. `list`: words. `check`: an observation, by its verdict. */
export type ColumnType = ValueType | 'age' | 'time' | 'list' | 'check' | 'name';

/** What a cell is about, said by colour beside its words and symbols. */
export type Tone = 'good' | 'bad' | 'busy' | 'faint' | 'plain';

export type CellValue = Value | readonly string[];

export interface Column {
  /** As it is asked for: `machine`, `df/tmp`, `ssh.age`. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly type: ColumnType;
  /** For machines, and for what sorts and filters; null: it is not known, or there is none. */
  readonly value: (row: FleetRow, now: number) => CellValue;
  /** For people. Holds what machines printed, as it is: whoever shows it makes it harmless. */
  readonly text: (row: FleetRow, now: number) => string;
  readonly tone?: (row: FleetRow) => Tone;
  /** A sign that says what the colour says. */
  readonly symbol?: (row: FleetRow) => string;
  /** Where there is little room, columns with higher numbers go first; 0: it stays. */
  readonly drop: number;
  readonly observation?: (row: FleetRow) => Observation | undefined;
}

const symbols: Readonly<Record<Verdict, string>> = {
  ok: '✓',
  warn: '!',
  fail: '✗',
  unknown: '?',
  skipped: '-',
};

const tones: Readonly<Record<Verdict, Tone>> = {
  ok: 'good',
  warn: 'busy',
  fail: 'bad',
  unknown: 'faint',
  skipped: 'faint',
};

/** What a state comes to, by the same signs as verdicts. */
const verdictOfState = ({ state, maintenance }: FleetRow): Verdict => {
  if (state === 'up') return 'ok';
  if (state === 'unknown') return 'unknown';
  return maintenance ? 'warn' : 'fail';
};

/** A value in the unit that people read. */
export const formatValue = (value: Value, type: ValueType): string => {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (type === 'bytes') return formatBytes(value);
  if (type === 'seconds') return formatSeconds(value);
  if (type === 'ratio') return formatRatio(value);
  return formatCount(value);
};

const valueText = (value: CellValue, type: ColumnType): string => {
  if (value === null) return '';
  if (typeof value === 'object') return value.join(' ');
  if (typeof value === 'number' && type === 'age') return formatSeconds(value);
  if (typeof value === 'number' && type === 'time') return formatMoment(value);
  return formatValue(value, type as ValueType);
};

type Plain = Omit<Column, 'text'> & Partial<Pick<Column, 'text'>>;

const column = (said: Plain): Column => ({
  text: (row, now) => valueText(said.value(row, now), said.type),
  ...said,
});

const secondsSince = (then: number | null | undefined, now: number): number | null =>
  typeof then === 'number' ? Math.max(0, Math.floor((now - then) / 1000)) : null;

const maintenanceText = ({ maintenance }: FleetRow): string =>
  maintenance ? `${maintenance.reason} (${maintenance.by})` : '';

/** Of every fleet, in the order in which they are shown where all are. */
export const machineColumns: readonly Column[] = [
  column({
    id: 'machine',
    title: 'MACHINE',
    description: 'Its name in the cluster.',
    type: 'name',
    value: ({ machine }) => machine,
    drop: 0,
  }),
  column({
    id: 'state',
    title: 'STATE',
    description:
      'How far it answers: up, ssh (which lets nobody in), ping, on (and silent), off, bmc, dark, unknown.',
    type: 'enum',
    value: ({ state }) => state,
    tone: (row) => tones[verdictOfState(row)],
    symbol: (row) => symbols[verdictOfState(row)],
    drop: 0,
  }),
  column({
    id: 'age',
    title: 'SINCE',
    description: 'For how long the cluster has had it up or down.',
    type: 'age',
    value: ({ since }, now) => secondsSince(since, now),
    drop: 30,
  }),
  column({
    id: 'verdict',
    title: 'CHECKS',
    description: 'The worst of its checks that counts: ok, warn, fail, unknown.',
    type: 'enum',
    value: ({ verdict }) => verdict,
    tone: ({ verdict }) => tones[verdict],
    symbol: ({ verdict }) => symbols[verdict],
    drop: 20,
  }),
  column({
    id: 'failing',
    title: 'FAILING',
    description: 'The checks that fail or warn.',
    type: 'list',
    value: ({ failing }) => failing,
    tone: ({ verdict }) => tones[verdict],
    drop: 40,
  }),
  column({
    id: 'scheduler',
    title: 'SCHEDULER',
    description: 'The state that the batch system has it in.',
    type: 'enum',
    value: ({ scheduler }) => scheduler?.state ?? null,
    drop: 50,
  }),
  column({
    id: 'maintenance',
    title: 'MAINTENANCE',
    description: 'That somebody works on it, why and who.',
    type: 'text',
    value: (row) => maintenanceText(row) || null,
    tone: () => 'busy',
    drop: 60,
  }),
  column({
    id: 'reason',
    title: 'REASON',
    description: 'Why it is not simply up, else what the batch system gives as reason.',
    type: 'text',
    value: ({ reason, scheduler }) => reason || scheduler?.reason || null,
    drop: 10,
  }),
];

/** Those that are shown only when they are asked for. */
const moreColumns: readonly Column[] = [
  column({
    id: 'since',
    title: 'SINCE (UTC)',
    description: 'When the cluster last had it go up or down.',
    type: 'time',
    value: ({ since }) => since,
    drop: 30,
  }),
  column({
    id: 'host',
    title: 'HOST',
    description: 'What the cluster has it for: up while its agent reports, down, unknown.',
    type: 'enum',
    value: ({ host }) => host,
    drop: 50,
  }),
  column({
    id: 'scheduler.reason',
    title: 'SCHEDULER REASON',
    description: 'Why the batch system does not use it.',
    type: 'text',
    value: ({ scheduler }) => scheduler?.reason || null,
    drop: 51,
  }),
  column({
    id: 'scheduler.by',
    title: 'REASON BY',
    description: 'Who gave that reason.',
    type: 'enum',
    value: ({ scheduler }) => scheduler?.by ?? null,
    drop: 52,
  }),
  column({
    id: 'scheduler.age',
    title: 'REASON AGE',
    description: 'How old that reason is.',
    type: 'age',
    value: ({ scheduler }, now) => secondsSince(scheduler?.since, now),
    drop: 53,
  }),
  column({
    id: 'partitions',
    title: 'PARTITIONS',
    description: 'The partitions of the batch system that it is in.',
    type: 'list',
    value: ({ scheduler }) => scheduler?.partitions ?? [],
    drop: 54,
  }),
  column({
    id: 'roles',
    title: 'ROLES',
    description: 'The roles that facts give it.',
    type: 'list',
    value: ({ roles }) => roles,
    drop: 70,
  }),
  column({
    id: 'project',
    title: 'PROJECT',
    description: 'Whom it is lent to.',
    type: 'enum',
    value: ({ project }) => project,
    drop: 71,
  }),
  column({
    id: 'enclosure',
    title: 'ENCLOSURE',
    description: 'The enclosure that it stands in.',
    type: 'enum',
    value: ({ enclosure }) => enclosure,
    drop: 72,
  }),
  column({
    id: 'node',
    title: 'NODE',
    description: 'The fid of its node.',
    type: 'enum',
    value: ({ node }) => node,
    drop: 73,
  }),
  column({
    id: 'note',
    title: 'NOTE',
    description: 'What somebody last wrote down about it.',
    type: 'text',
    value: ({ note }) => note?.text ?? null,
    drop: 74,
  }),
];

const checkText = ({ verdict, value, text, cause }: Observation, type: ValueType): string => {
  if (verdict === 'ok') return formatValue(value, type) || text || 'ok';
  const shown = formatValue(value, type);
  const why = text || cause || '';
  return [verdict, [shown, why === shown ? '' : why].filter(Boolean).join(' ')]
    .filter(Boolean)
    .join(': ');
};

/** A verdict that is not confirmed yet, or that keeps changing, is shown as such. */
const symbolOf = ({ verdict, soft, flapping }: Observation): string =>
  `${symbols[verdict]}${flapping ? '≈' : soft ? '~' : ''}`;

/** The columns of a check: what it found, and by `.` all parts of that. */
export const checkColumns = ({ id, title, description, type }: ViewedCheck): Column[] => {
  const of = (row: FleetRow): Observation | undefined => observationOf(row, id);
  const part = (
    name: string,
    of: string,
    type: ColumnType,
    value: (one: Observation, now: number) => Value,
  ): Column =>
    column({
      id: `${id}.${name}`,
      title: `${id} ${name}`.toUpperCase(),
      description: `${of} of “${title}”.`,
      type,
      value: (row, now) => {
        const one = observationOf(row, id);
        return one === undefined ? null : value(one, now);
      },
      drop: 90,
    });
  return [
    {
      id,
      title: id.toUpperCase(),
      description,
      type: 'check',
      value: (row) => of(row)?.verdict ?? null,
      text: (row) => {
        const one = of(row);
        return one === undefined ? '' : checkText(one, type);
      },
      tone: (row) => tones[of(row)?.verdict ?? 'skipped'],
      symbol: (row) => {
        const one = of(row);
        return one === undefined ? '' : symbolOf(one);
      },
      observation: of,
      drop: 80,
    },
    part('value', 'The value', type, ({ value }) => value),
    part('verdict', 'The verdict', 'enum', ({ verdict }) => verdict),
    part('text', 'What was found, in words,', 'text', ({ text }) => text),
    part('cause', 'Why there is no better answer', 'enum', ({ cause }) => cause ?? null),
    part('age', 'How long ago it was the turn', 'age', ({ observedAt }, now) =>
      secondsSince(observedAt, now),
    ),
    part('at', 'When it was the turn', 'time', ({ observedAt }) => observedAt),
    part('ms', 'The duration in ms', 'count', ({ durationMs }) => durationMs),
  ];
};

/**
 * All that there are, by id, in order. What a machine has a column for already, such as the state of the batch system,
 * is there once.
 */
export const allColumns = (checks: readonly ViewedCheck[]): ReadonlyMap<string, Column> => {
  const ofMachines = [...machineColumns, ...moreColumns];
  const all = new Map(ofMachines.map((one) => [one.id, one]));
  for (const one of checks.flatMap(checkColumns)) if (!all.has(one.id)) all.set(one.id, one);
  return all;
};
