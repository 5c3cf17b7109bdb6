/** What the events of users change in the graph. */

import type { userEvents } from '../../events/users.ts';
import { made } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { UserRow } from '../rows/users.ts';

const change = (
  graph: Graph,
  name: string,
  changed: Partial<UserRow>,
  { revision }: Position,
): void => {
  const row = graph.get('user', name);
  if (row) graph.put('user', { ...row, ...changed, changed: revision });
};

const fresh = { disabled: false, password: false, second_factor: false };
const unlocked = { failures: 0, locked: 0 };

/** Somebody was let in: what was wrong before counts no more. */
export const wasRight = (graph: Graph, name: string, position: Position): void => {
  if (graph.get('user', name)?.failures) change(graph, name, unlocked, position);
};

export const userEvolvers: Evolvers<typeof userEvents> = {
  UserAdded: (graph, { name, role }, position) =>
    graph.put('user', { name, role, ...fresh, step: -1, ...unlocked, ...made(position) }),

  UserRoleChanged: (graph, { name, role }, position) => {
    change(graph, name, { role }, position);
    for (const row of [...graph.many('owns', name)])
      graph.put('credential', { ...row, role, changed: position.revision });
  },

  UserDisabled: (graph, { name }, position) => change(graph, name, { disabled: true }, position),
  UserEnabled: (graph, { name }, position) =>
    change(graph, name, { disabled: false, ...unlocked }, position),

  UserRemoved: (graph, { name }) => {
    graph.remove('user', name);
    const usage = graph.get('usage', `user/${name}`);
    if (usage) graph.remove('usage', usage.who);
  },

  UserPasswordSet: (graph, { name }, position) =>
    change(graph, name, { password: true, ...unlocked }, position),

  UserSecondFactorSet: (graph, { name, on }, position) =>
    change(graph, name, { second_factor: on }, position),

  SecondFactorUsed: (graph, { name, step }, position) =>
    change(graph, name, { ...(step === null ? {} : { step }), ...unlocked }, position),

  LoginRefused: (graph, { name }, position) => {
    const failures = (graph.get('user', name)?.failures ?? 0) + 1;
    change(graph, name, { failures }, position);
  },

  UserLocked: (graph, { name, until }, position) =>
    change(graph, name, { failures: 0, locked: until }, position),
};
