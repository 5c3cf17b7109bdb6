/**
 * The shapes in which rows go out. None is the one that is kept: each is made of the same observations, and they can be
 * had back from each (`observationsIn`).
 */

import type { Cause, Observation, Value, Verdict } from '../observation.ts';
import { expandNodeset, foldNodeset } from '../../nodeset/nodeset.ts';
import type { InMaintenance, LastNote, SchedulerState, FleetRow, ViewedCheck } from './row.ts';
import { isProblem } from './state.ts';

/** `nodes`: a machine each. `table`: rows of cells. `check`: by check and what it found. `value`: what is alike once. */
export const shapes = ['nodes', 'table', 'check', 'value'] as const;
export type Shape = (typeof shapes)[number];

/** An observation where machine and check are known by its place. Times are ms since the epoch. */
export interface ShownObservation {
  readonly verdict: Verdict;
  readonly value: Value;
  readonly text: string;
  readonly cause?: Cause;
  readonly soft?: true;
  readonly flapping?: true;
  readonly at: number;
  readonly ms: number;
}

export interface ShownMachine {
  readonly name: string;
  readonly state: FleetRow['state'];
  readonly reason: string;
  readonly since: number | null;
  readonly verdict: Verdict;
  readonly problem: boolean;
  readonly failing: readonly string[];
  readonly agent: string;
  /** Why its agent is silent; absent where it is not. */
  readonly agent_reason?: string;
  readonly node: string | null;
  readonly roles: readonly string[];
  readonly project: string | null;
  readonly enclosure: string | null;
  readonly maintenance: InMaintenance | null;
  readonly scheduler: SchedulerState | null;
  readonly note: LastNote | null;
  readonly checks: Readonly<Record<string, ShownObservation>>;
}

/** What was found alike on several machines; `at` and `ms` are in the order in which the nodeset expands. */
export interface AlikeObservation extends Omit<ShownObservation, 'at' | 'ms'> {
  readonly at: readonly number[];
  readonly ms: readonly number[];
}

export const shownObservation = (one: Observation): ShownObservation => ({
  ...foundBy(one),
  at: one.observedAt,
  ms: one.durationMs,
});

const foundBy = (one: Observation): Omit<ShownObservation, 'at' | 'ms'> => ({
  verdict: one.verdict,
  value: one.value,
  text: one.text,
  ...(one.cause ? { cause: one.cause } : {}),
  ...(one.soft ? { soft: one.soft } : {}),
  ...(one.flapping ? { flapping: one.flapping } : {}),
});

/** @param wanted ids of the checks that are shown; undefined: all */
export const shownMachine = (row: FleetRow, wanted?: ReadonlySet<string>): ShownMachine => ({
  name: row.machine,
  state: row.state,
  reason: row.reason,
  since: row.since,
  verdict: row.verdict,
  problem: isProblem(row),
  failing: row.failing,
  agent: row.host,
  ...(row.hostReason === '' ? {} : { agent_reason: row.hostReason }),
  node: row.node,
  roles: row.roles,
  project: row.project,
  enclosure: row.enclosure,
  maintenance: row.maintenance,
  scheduler: row.scheduler,
  note: row.note,
  checks: Object.fromEntries(
    row.checks
      .filter(({ check }) => !wanted || wanted.has(check))
      .map((one) => [one.check, shownObservation(one)]),
  ),
});

/** The row that was shown so: what pages and `halctl` make their tables of. */
export const rowShown = ({
  name,
  agent,
  agent_reason: hostReason = '',
  problem: _problem,
  ...shown
}: ShownMachine): FleetRow => ({
  ...shown,
  machine: name,
  host: agent,
  hostReason,
  hostSince: shown.since,
  checks: Object.entries(shown.checks).map(([check, { at, ms, ...found }]) => ({
    ...{ machine: name, check, ...found },
    ...{ observedAt: at, durationMs: ms },
  })),
});

/** An observation in a table: `[verdict, value, text, at, ms, cause, soft, flapping]`, without what is missing at its end. */
export type TableCell =
  readonly [] | readonly [Verdict, Value, string, number, number, (Cause | 0)?, (0 | 1)?, 1?];

export const tableCell = (one: Observation | undefined): TableCell => {
  if (one === undefined) return [];
  const { verdict, value, text, observedAt, durationMs, cause, soft, flapping } = one;
  const head = [verdict, value, text, observedAt, durationMs] as const;
  if (flapping) return [...head, cause ?? 0, soft ? 1 : 0, 1];
  if (soft) return [...head, cause ?? 0, 1];
  return cause ? [...head, cause] : head;
};

export interface CheckGroup extends AlikeObservation {
  readonly nodes: string;
  readonly count: number;
}

/** By check: what it found, and on which machines; the most first. */
export const byCheck = (
  rows: readonly FleetRow[],
  checks: readonly ViewedCheck[],
): Record<string, CheckGroup[]> =>
  Object.fromEntries(
    checks.map(({ id }) => {
      const groups = new Map<string, Observation[]>();
      for (const { checks: found } of rows)
        for (const one of found)
          if (one.check === id) push(groups, JSON.stringify(foundBy(one)), one);
      return [id, [...groups.values()].map(checkGroup).sort((a, b) => b.count - a.count)];
    }),
  );

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
};

const checkGroup = (alike: readonly Observation[]): CheckGroup => {
  const { nodes, order } = folded(alike.map(({ machine }) => machine));
  const sorted = order.map((index) => alike[index]!);
  return {
    nodes,
    count: alike.length,
    ...foundBy(alike[0]!),
    at: sorted.map(({ observedAt }) => observedAt),
    ms: sorted.map(({ durationMs }) => durationMs),
  };
};

/** A nodeset, and where in the list that it was made of each machine stands that it expands to. */
const folded = (machines: readonly string[]): { nodes: string; order: readonly number[] } => {
  const nodes = foldNodeset(machines);
  const places = new Map(machines.map((machine, index) => [machine, index]));
  return { nodes, order: expandNodeset(nodes).map((machine) => places.get(machine)!) };
};

export interface ValueGroup {
  readonly nodes: string;
  readonly count: number;
  readonly state: FleetRow['state'];
  readonly reason: string;
  readonly verdict: Verdict;
  readonly checks: Readonly<Record<string, AlikeObservation>>;
}

/**
 * Machines that are alike in state, reason and all that was found, once; in the order of their first. Where it yields,
 * others may have a turn.
 */
export function* byValue(
  rows: readonly FleetRow[],
  checks: readonly ViewedCheck[],
): Generator<undefined, ValueGroup[]> {
  const wanted = new Set(checks.map(({ id }) => id));
  const groups = new Map<string, FleetRow[]>();
  for (const row of rows) {
    yield;
    const found = row.checks.filter(({ check }) => wanted.has(check));
    const alike = found.map((one) => [one.check, foundBy(one)]);
    push(groups, JSON.stringify([row.state, row.reason, row.verdict, alike]), row);
  }
  const found: ValueGroup[] = [];
  for (const alike of groups.values()) {
    yield;
    found.push(valueGroup(alike, wanted));
  }
  return found;
}

const valueGroup = (alike: readonly FleetRow[], wanted: ReadonlySet<string>): ValueGroup => {
  const { nodes, order } = folded(alike.map(({ machine }) => machine));
  const sorted = order.map((index) => alike[index]!);
  const first = alike[0]!;
  const observed = first.checks.flatMap((one, index): [string, AlikeObservation][] => {
    if (!wanted.has(one.check)) return [];
    // Rows that are alike have the same checks; those that are not wanted may differ, and with them the places.
    const of = sorted.map(({ checks }) =>
      checks[index]?.check === one.check
        ? checks[index]
        : checks.find(({ check }) => check === one.check)!,
    );
    const [at, ms] = [of.map((same) => same.observedAt), of.map((same) => same.durationMs)];
    return [[one.check, { ...foundBy(one), at, ms }]];
  });
  const { state, reason, verdict } = first;
  return {
    nodes,
    count: alike.length,
    state,
    reason,
    verdict,
    checks: Object.fromEntries(observed),
  };
};
