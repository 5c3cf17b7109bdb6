/** Of what those that pass are, and how many: each adds a term to the filter. */

import type { FleetRow } from '../../../checks/view/row.ts';
import { filterValue } from './view.ts';

export interface FacetValue {
  readonly words: string;
  readonly count: number;
  /** Of a filter: exactly those that are counted pass it. */
  readonly term: string;
}

export interface Facet {
  readonly title: string;
  readonly values: readonly FacetValue[];
}

/** Values of a facet that are told, the most first. */
const valuesMax = 12;
/** Rows in one go, between two looks at whether the browser wants its turn. */
const rowsAtOnce = 100;

interface Kind {
  readonly title: string;
  readonly column: string;
  readonly of: (row: FleetRow) => readonly string[];
}

const kinds: readonly Kind[] = [
  { title: 'State', column: 'state', of: ({ state }) => [state] },
  { title: 'Checks', column: 'verdict', of: ({ verdict }) => [verdict] },
  {
    title: 'Scheduler',
    column: 'scheduler',
    of: ({ scheduler }) => (scheduler ? [scheduler.state] : []),
  },
  {
    title: 'Partition',
    column: 'partitions',
    of: ({ scheduler }) => scheduler?.partitions ?? [],
  },
  { title: 'Role', column: 'roles', of: ({ roles }) => roles },
  { title: 'Project', column: 'project', of: ({ project }) => (project === null ? [] : [project]) },
];

type Counts = Map<string, number>;

const add = (counts: Counts, word: string): void =>
  void counts.set(word, (counts.get(word) ?? 0) + 1);

/** Where it yields, others may have a turn. */
export function* facetsOf(rows: readonly FleetRow[]): Generator<undefined, readonly Facet[]> {
  const counted = kinds.map((): Counts => new Map());
  /** By check: what it found. */
  const checks = new Map<string, Counts>();
  for (const [i, row] of rows.entries()) {
    if (i % rowsAtOnce === 0) yield;
    for (const [place, { of }] of kinds.entries())
      for (const word of new Set(of(row))) add(counted[place]!, word);
    for (const { check, verdict } of row.checks) {
      let found = checks.get(check);
      if (!found) checks.set(check, (found = new Map<string, number>()));
      add(found, verdict);
    }
  }
  const facets = kinds.map(({ title, column }, place) =>
    facetOf(title, counted[place]!, (word) => `${column}=${filterValue(word)}`),
  );
  const ofChecks = [...checks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([check, found]) => facetOf(check, found, (verdict) => `${check}=${verdict}`));
  return [...facets, ...ofChecks].filter(({ values }) => values.length > 0);
}

const facetOf = (title: string, counts: Counts, termOf: (word: string) => string): Facet => ({
  title,
  values: [...counts]
    .sort(([a, most], [b, least]) => least - most || (a < b ? -1 : 1))
    .slice(0, valuesMax)
    .map(([words, count]) => ({ words, count, term: termOf(words) })),
});
