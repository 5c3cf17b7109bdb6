/** The time limits of processes. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { varOf } from '../graph/vars.ts';
import { hostOf, specOf } from '../lifecycle/process.ts';
import { keptBack } from './deadline.ts';
import type { Deadline, Progress } from './deadline.ts';

/**
 * What a time limit of a process leads to. While its host is down, or its agent away, nothing can be known of
 * the process, so the limit is put off by `pause` seconds.
 */
export const eventsOfProcess =
  (
    pause: 'process_start_timeout' | 'process_stop_timeout' | 'process_restart_retry_interval',
    eventsOf: (graph: Graph, process: ProcessRow, at: number) => EventDraft[],
  ): Deadline['eventsOf'] =>
  (graph, due, { at, away }) =>
    due.flatMap(({ id, subject }) => {
      const process = graph.must('process', subject);
      const host = hostOf(graph, process);
      if (host.state === 'up' && !away.has(host.fqdn)) return eventsOf(graph, process, at);
      const seconds = Math.max(1, varOf(graph, pause));
      return [{ type: 'DeadlinePostponed', data: { id, at: at + seconds * 1000 } }];
    });

/** How far a process is: what `stepsOf` says, and what holds it back. */
export const progressOfProcess =
  (stepsOf: (graph: Graph, process: ProcessRow) => string[]) =>
  (graph: Graph, fid: string): Progress => {
    const process = graph.get('process', fid);
    if (!process) return keptBack();
    const [{ name }, host] = [specOf(graph, process), hostOf(graph, process)];
    const steps = [
      ...stepsOf(graph, process),
      ...(process.removing ? ['to be removed'] : []),
      ...(host.state === 'up' ? [] : ['its host is down']),
    ];
    return { host: host.fqdn, name, step: steps.join(', ') };
  };
