/** What has to be started and stopped on a node next, level by level. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import type { Fid } from '../values/fid.ts';
import { isPaused, startOrderEvent, stopOrderEvent } from './orders.ts';
import { levelOf } from './process.ts';
import { isGivenUp, notNeeded, Requirements } from './requirements.ts';
import { nextState } from './transitions.ts';
import { wantedOf } from './wanted.ts';

const active: ReadonlySet<string> = new Set(['starting', 'online', 'quiescing', 'stopping']);

/**
 * The orders that a node is ready for. Each node goes up as far as it can, whatever others do: a
 * level is entered when every wanted process below it is online or will not come. Levels go down in
 * the opposite order.
 */
export const nextOrderEvents = (graph: Graph, node: Fid, at: number): EventDraft[] => {
  const row = graph.must('node', node);
  if (graph.must('host', row.host).state !== 'up') return [];
  const requirements = new Requirements(graph, node);
  const processes = requirements.inBootOrder();
  return [...startEvents(graph, requirements, processes, at), ...stopEvents(graph, processes, at)];
};

const startEvents = (
  graph: Graph,
  requirements: Requirements,
  processes: readonly ProcessRow[],
  at: number,
): EventDraft[] => {
  const events: EventDraft[] = [];
  let [level, isOpen] = [-1, false];
  for (const process of processes) {
    if (wantedOf(graph, process)?.state !== 'online') continue;
    const own = levelOf(graph, process);
    if (own !== level && isOpen) break;
    level = own;
    if (process.state !== 'online' && requirements.comes(process, own)) isOpen = true;
    if (isStartable(graph, process) && requirements.blockerOf(process) === null)
      events.push(startOrderEvent(graph, process, 1, at));
  }
  return events;
};

const isStartable = (graph: Graph, process: ProcessRow): boolean =>
  nextState('managed', process.state, 'start') !== undefined && !isGivenUp(graph, process);

/** One that waits for its next attempt is not to run already, and need not wait for its turn. */
const stopEvents = (graph: Graph, processes: readonly ProcessRow[], at: number): EventDraft[] => {
  const unwanted = processes.filter(
    (process) => active.has(process.state) && wantedOf(graph, process)?.state === 'offline',
  );
  const paused = unwanted.filter((process) => isPaused(graph, process));
  const leaving = unwanted.filter((process) => !isPaused(graph, process));
  const free = notNeeded(graph, leaving);
  // Should roles have come to require each other in a circle, none of them is free.
  const candidates = free.length > 0 ? free : leaving;
  const top = candidates.reduce((most, one) => Math.max(most, levelOf(graph, one)), -Infinity);
  return [
    ...paused.map(({ fid }) => ({
      type: 'ProcessStateChanged' as const,
      data: { fid, state: 'offline' as const, reason: '' },
    })),
    ...candidates
      .filter((process) => levelOf(graph, process) === top)
      .filter(({ state }) => nextState('managed', state, 'stop') !== undefined)
      .map((process) => stopOrderEvent(graph, process, at)),
  ];
};
