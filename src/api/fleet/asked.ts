/** What a request asks of the fleet, read whole before anything is done: a slip must not widen what it is about. */

import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/fleet.ts';
import type { ViewedCheck } from '../../checks/view/row.ts';
import { allColumns } from '../../checks/view/columns.ts';
import type { Column } from '../../checks/view/columns.ts';
import { dependsOnTime } from '../../checks/view/filter.ts';
import type { RowTest } from '../../checks/view/filter.ts';
import { FilterError, parseFilter } from '../../checks/view/filter-grammar.ts';
import type { Orient } from '../../checks/view/orients.ts';
import {
  checksNamed,
  columnsNamed,
  filterNamed,
  orderNamed,
  ViewError,
} from '../../checks/view/request.ts';
import type { Shape } from '../../checks/view/shapes.ts';
import type { SortKey } from '../../checks/view/sort.ts';
import { isProblem } from '../../checks/view/state.ts';
import { nearest } from '../../core/values/nearest.ts';
import { NodesetError, UnknownGroupError } from '../../nodeset/nodeset.ts';
import { ApiError } from '../errors.ts';

type FleetQuery = QueryOf<typeof contract.fleet>;
export type FleetSelection = Pick<FleetQuery, 'groups' | 'nodes' | 'filter' | 'problems'>;

/** What is known of machines and groups at the moment that is asked about. */
export interface FleetSurroundings {
  readonly checks: readonly ViewedCheck[];
  readonly hasMachine: (fqdn: string) => boolean;
  readonly machines: () => Iterable<string>;
  /** Names that a nodeset means. @throws {NodesetError} */
  readonly nodeset: (text: string) => Iterable<string>;
  /** Throws an `ApiError` that says which group was meant. */
  readonly group: (name: string) => ReadonlySet<string>;
}

export interface Selected {
  /** Machines of the groups and nodes that are named; undefined: all. */
  readonly among: ReadonlySet<string> | undefined;
  readonly test: RowTest;
  /** Whether time alone changes what passes. */
  readonly ages: boolean;
}

export const formats = ['json', 'ndjson', 'csv', 'tsv', 'text', 'events'] as const;
export type Format = (typeof formats)[number];

export interface Asked extends Selected {
  readonly checks: readonly ViewedCheck[];
  /** Ids of the checks; undefined: all. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly columns: readonly Column[];
  readonly hasColumns: boolean;
  readonly order: readonly SortKey[];
  readonly shape: Shape;
  readonly orient: Orient | undefined;
  readonly isColoured: boolean;
}

const inList = (given: string | readonly string[] | undefined): readonly string[] | undefined =>
  given === undefined ? undefined : typeof given === 'string' ? [given] : given;

const joined = (given: string | readonly string[] | undefined): string | undefined =>
  inList(given)?.join(',');

/** What is wrong with the words of a view, as a refusal that names the parameter. */
const refusing = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof ViewError)
      throw new ApiError('invalid-request', error.message, { field: error.field });
    if (error instanceof FilterError)
      throw new ApiError('invalid-request', error.message, { field: 'filter' });
    if (error instanceof UnknownGroupError)
      throw new ApiError('unknown-group', error.message, { field: 'nodes' });
    if (error instanceof NodesetError)
      throw new ApiError('invalid-request', error.message, { field: 'nodes' });
    throw error;
  }
};

/** Which machines pass. @throws {ApiError} what is none, or is not there */
export const selectionOf = (
  { groups, nodes, filter, problems }: FleetSelection,
  around: FleetSurroundings,
): Selected =>
  refusing(() => {
    const parsed = filter === undefined ? null : parseFilter(filter);
    const { checks, group } = around;
    const passes = filterNamed(filter, { columns: allColumns(checks), group });
    const among = machinesIn(groups, nodes, around);
    return {
      among,
      test: (row, now) =>
        (!among || among.has(row.machine)) && (!problems || isProblem(row)) && passes(row, now),
      ages: parsed !== null && dependsOnTime(parsed),
    };
  });

/** The machines of groups, and of those the ones that are named; undefined: all. */
const machinesIn = (
  groups: FleetSelection['groups'] | undefined,
  nodes: FleetSelection['nodes'] | undefined,
  around: FleetSurroundings,
): ReadonlySet<string> | undefined => {
  const named = joined(nodes);
  const machines = named === undefined ? undefined : new Set(around.nodeset(named));
  const unknown = machines && [...machines].find((one) => !around.hasMachine(one));
  if (unknown !== undefined)
    throw new ApiError('unknown-host', `there is no host ${unknown}${meant(unknown, around)}`, {
      field: 'nodes',
    });
  const names = joined(groups)
    ?.split(',')
    .map((name) => name.trim());
  if (names?.includes(''))
    throw new ViewError('groups', `there is an empty place in groups=${names.join(',')}`);
  if (!names || names.includes('all')) return machines;
  const members = new Set(names.flatMap((name) => [...around.group(name)]));
  return machines ? machines.intersection(members) : members;
};

/** Machines that a nodeset names, each once. @throws {ApiError} one of them is not there */
export const machinesNamed = (nodes: string, around: FleetSurroundings): readonly string[] =>
  refusing(() => [...(machinesIn(undefined, nodes, around) ?? [])]);

const meant = (name: string, { machines }: FleetSurroundings): string => {
  const near = nearest(name, machines());
  return near === undefined ? '' : `; did you mean "${near}"?`;
};

/** All that a request asks for. @throws {ApiError} */
export const askedOf = (query: FleetQuery, around: FleetSurroundings): Asked => {
  const selected = selectionOf(query, around);
  return refusing(() => {
    const { columns, sort, shape = 'nodes', orient } = query;
    if (orient !== undefined && query.shape !== undefined)
      throw new ViewError('orient', 'orient takes the place of shape: give one of them');
    const checks = checksNamed(joined(query.checks), around.checks);
    const given = joined(columns);
    // What is asked for by name may be of any check, whichever are shown besides.
    const shown = columnsNamed(given, given === undefined ? checks : around.checks);
    return {
      ...selected,
      checks,
      wanted: checks === around.checks ? undefined : new Set(checks.map(({ id }) => id)),
      columns: shown,
      hasColumns: given !== undefined,
      order: orderNamed(sort, around.checks),
      shape: orient === undefined && given !== undefined ? (query.shape ?? 'table') : shape,
      orient,
      isColoured: query.color === true,
    };
  });
};
