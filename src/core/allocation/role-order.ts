/** In which order the roles that somebody asks for are added. */

import type { Graph } from '../graph/graph.ts';
import type { DeclaredRole } from '../values/facts.ts';

/**
 * The roles as they were listed, except that one which another of them requires comes before it.
 * Otherwise it would be added twice: first because it is required, then because it is listed.
 */
export const requiredFirst = (
  graph: Graph,
  listed: readonly DeclaredRole[],
): readonly DeclaredRole[] => {
  const placed = new Set<number>();
  const indexes = listed.keys().toArray();
  for (const index of indexes) {
    for (const name of requirements(graph, listed[index]!.name))
      for (const other of indexes) if (listed[other]!.name === name) placed.add(other);
    placed.add(index);
  }
  return Array.from(placed, (index) => listed[index]!);
};

/**
 * Names of the roles that a role requires, directly or not, each after those that it requires
 * itself.
 */
const requirements = (graph: Graph, role: string): readonly string[] => {
  const seen = new Set([role]);
  const ordered: string[] = [];
  const visit = (asker: string): void => {
    for (const required of graph.get('role', asker)?.requires ?? []) {
      if (seen.has(required)) continue;
      seen.add(required);
      visit(required);
      ordered.push(required);
    }
  };
  visit(role);
  return ordered;
};
