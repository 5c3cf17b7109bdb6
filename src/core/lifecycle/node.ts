/** What has to be started and stopped on a node next, level by level. */

import type { Fid } from '../allocation/fid.ts';
import { fidKey } from '../allocation/fid.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow, Wanted } from '../graph/resources.ts';
import type { ProcessSpec } from '../roles.ts';
import { varOf } from '../vars.ts';
import { wantedOf } from './wanted.ts';

interface Member {
  readonly process: ProcessRow;
  readonly spec: ProcessSpec;
  readonly wanted: Wanted | null;
}

const second = 1000;
const active: ReadonlySet<string> = new Set(['starting', 'online', 'quiescing', 'stopping']);

/** The managed processes of a node, lowest boot level first, then in the order in which they were added. */
const membersOf = (graph: Graph, node: Fid): Member[] =>
  Array.from(graph.many('hosts', node), (process) => ({
    process,
    spec: graph.must('spec', process.spec).spec,
    wanted: wantedOf(graph, process),
  }))
    .filter(({ spec }) => spec.ownership === 'managed')
    .sort(
      (a, b) =>
        a.spec.boot_level - b.spec.boot_level || fidKey(a.process.fid) - fidKey(b.process.fid),
    );

/**
 * The orders that a node is ready for. Each node goes up as far as it can, whatever others do: a
 * level is entered when every wanted process below it is online or has been given up. Levels go
 * down in the opposite order.
 */
export const nextOrders = (graph: Graph, node: Fid, at: number): EventDraft[] => {
  const row = graph.must('node', node);
  if (graph.must('host', row.host).state !== 'up') return [];
  const members = membersOf(graph, node);
  return [...starts(graph, members, at), ...stops(graph, members, at)];
};

const starts = (graph: Graph, members: readonly Member[], at: number): EventDraft[] => {
  const events: EventDraft[] = [];
  let [level, open] = [-1, false];
  for (const member of members) {
    if (member.wanted?.state !== 'online') continue;
    if (member.spec.boot_level !== level && open) break;
    level = member.spec.boot_level;
    if (isSettled(graph, member, members)) continue;
    open = true;
    if (isStartable(member) && blockerOf(graph, member, members) === null)
      events.push(startOrder(graph, member.process, 1, at));
  }
  return events;
};

/** The order to start a process; `attempt` counts from 1. */
export const startOrder = (
  graph: Graph,
  { fid, generation }: ProcessRow,
  attempt: number,
  at: number,
): EventDraft => {
  const until = at + varOf(graph, 'process_start_timeout') * second;
  return { type: 'ProcessStarting', data: { fid, generation: generation + 1, attempt, until } };
};

const stops = (graph: Graph, members: readonly Member[], at: number): EventDraft[] => {
  const leaving = members.filter(
    ({ process, wanted }) => wanted?.state !== 'online' && active.has(process.state),
  );
  const top = Math.max(...leaving.map(({ spec }) => spec.boot_level));
  return leaving
    .filter(({ spec, process }) => spec.boot_level === top && !isNeeded(graph, process, leaving))
    .filter(({ process }) => process.state === 'starting' || process.state === 'online')
    .map(({ process: { fid } }) => ({
      type: 'ProcessStopOrdered',
      data: { fid, until: at + varOf(graph, 'process_stop_timeout') * second },
    }));
};

/** Whether another of these processes has a role that requires this one's. */
const isNeeded = (graph: Graph, process: ProcessRow, among: readonly Member[]): boolean =>
  among.some(({ process: { role } }) => graph.must('role', role).requires.includes(process.role));

/** A process that was given up is tried again only when somebody wants it anew. */
const isStartable = ({ process, wanted }: Member): boolean =>
  process.state === 'unknown' ||
  process.state === 'offline' ||
  (process.state === 'failed' && wanted!.at > process.moved);

const isSettled = (graph: Graph, member: Member, members: readonly Member[]): boolean => {
  const { process } = member;
  if (process.state === 'online') return true;
  if (process.state === 'failed') return !isStartable(member);
  return blockerOf(graph, member, members)?.state === 'failed';
};

/** A managed process of the same node that this one requires and that is not online; null: none. */
export const blockerOf = (
  graph: Graph,
  { process }: { readonly process: ProcessRow },
  members: readonly { readonly process: ProcessRow }[],
): ProcessRow | null => {
  for (const required of graph.must('role', process.role).requires) {
    const providers = members.filter((other) => other.process.role === required);
    if (providers.length > 0 && !providers.some((other) => other.process.state === 'online'))
      return providers[0]!.process;
  }
  return null;
};

/** Processes of the node that are running and require this one's role, when it is the last that provides it. */
export const dependentsOf = (graph: Graph, process: ProcessRow): ProcessRow[] => {
  if (graph.countOfRole(process.node, process.role) > 1) return [];
  return [...graph.many('hosts', process.node)].filter(
    ({ role, fid }) =>
      fid !== process.fid && graph.must('role', role).requires.includes(process.role),
  );
};
