/** The observations in an answer, whichever shape it has: what pages and programs that compare answers go by. */

import { expandNodeset } from '../../nodeset/nodeset.ts';
import type { Observation } from '../observation.ts';
import { partNames } from './orients.ts';
import type { FlatTable, Orient } from './orients.ts';
import type {
  AlikeObservation,
  CheckGroup,
  ShownMachine,
  ShownObservation,
  TableCell,
  ValueGroup,
} from './shapes.ts';

const observation = (
  machine: string,
  check: string,
  { at, ms, ...found }: ShownObservation,
): Observation => ({ machine, check, ...found, observedAt: at, durationMs: ms });

/** Of `shape=nodes`. */
export const inNodes = (nodes: readonly ShownMachine[]): Observation[] =>
  nodes.flatMap(({ name, checks }) =>
    Object.entries(checks).map(([check, one]) => observation(name, check, one)),
  );

/** Of `shape=table`, whose columns of checks are those with a `check`. */
export const inTable = (
  columns: readonly { readonly id: string; readonly type: string }[],
  rows: readonly (readonly unknown[])[],
): Observation[] => {
  const name = columns.findIndex(({ id }) => id === 'machine');
  return rows.flatMap((cells) =>
    columns.flatMap(({ id, type }, i): Observation[] => {
      const cell = cells[i] as TableCell;
      if (type !== 'check' || cell.length === 0) return [];
      const [verdict, value, text, observedAt, durationMs, cause, soft, flapping] = cell;
      return [
        {
          machine: String(cells[name]),
          check: id,
          verdict,
          value,
          text,
          ...(cause ? { cause } : {}),
          observedAt,
          durationMs,
          ...(soft ? { soft: true } : {}),
          ...(flapping ? { flapping: true } : {}),
        },
      ];
    }),
  );
};

const alike = (nodes: string, check: string, found: AlikeObservation): Observation[] =>
  expandNodeset(nodes).map((machine, i) => {
    const { at, ms, ...same } = found;
    return observation(machine, check, { ...same, at: at[i]!, ms: ms[i]! });
  });

/** Of `shape=check`. */
export const inChecks = (checks: Readonly<Record<string, readonly CheckGroup[]>>): Observation[] =>
  Object.entries(checks).flatMap(([check, groups]) =>
    groups.flatMap(({ nodes, count: _count, ...found }) => alike(nodes, check, found)),
  );

/** Of `shape=value`. */
export const inValues = (groups: readonly ValueGroup[]): Observation[] =>
  groups.flatMap(({ nodes, checks }) =>
    Object.entries(checks).flatMap(([check, found]) => alike(nodes, check, found)),
  );

type Fields = Readonly<Record<string, unknown>>;

/** Of an answer by `orient`. */
export const inOriented = (document: unknown, orient: Orient): Observation[] => {
  const [machines, cell] = cellsOf(document, orient);
  const ids = [
    ...new Set(
      cell.columns.filter((one) => one.endsWith('.verdict')).map((one) => one.slice(0, -8)),
    ),
  ];
  return machines.flatMap((machine, i) =>
    ids.flatMap((check) => {
      const [verdict, value, text, cause, at, ms, soft, flapping] = partNames.map((part) =>
        cell.at(i, `${check}.${part}`),
      );
      if (verdict === null || verdict === undefined) return [];
      return [
        {
          machine,
          check,
          verdict,
          value,
          text,
          ...(cause ? { cause } : {}),
          observedAt: at,
          durationMs: ms,
          ...(soft ? { soft: true } : {}),
          ...(flapping ? { flapping: true } : {}),
        } as Observation,
      ];
    }),
  );
};

interface Cells {
  readonly columns: readonly string[];
  readonly at: (row: number, column: string) => unknown;
}

const cellsOf = (document: unknown, orient: Orient): [readonly string[], Cells] => {
  switch (orient) {
    case 'split': {
      const { index, columns, data } = document as FlatTable;
      const places = new Map(columns.map((column, i) => [column, i]));
      return [index, { columns, at: (row, column) => data[row]?.[places.get(column) ?? -1] }];
    }
    case 'index':
      return ofRecords(Object.entries(document as Record<string, Fields>));
    case 'records':
      return ofRecords(
        (document as Fields[]).map((record) => [String(record['machine']), record] as const),
      );
    case 'list': {
      const { machine = [], ...columns } = document as Record<string, readonly unknown[]>;
      return [
        machine.map(String),
        { columns: Object.keys(columns), at: (row, column) => columns[column]?.[row] },
      ];
    }
    case 'dict':
    case 'series': {
      const columns = document as Record<string, Fields>;
      const machines = Object.keys(Object.values(columns)[0] ?? {});
      return [
        machines,
        { columns: Object.keys(columns), at: (row, column) => columns[column]?.[machines[row]!] },
      ];
    }
  }
};

const ofRecords = (records: readonly (readonly [string, Fields])[]): [readonly string[], Cells] => [
  records.map(([machine]) => machine),
  {
    columns: Object.keys(records[0]?.[1] ?? {}),
    at: (row, column) => records[row]?.[1][column],
  },
];
