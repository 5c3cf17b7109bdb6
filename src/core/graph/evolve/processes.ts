/** What the events of nodes and processes change in the graph. */

import type { processEvents } from '../../events/processes.ts';
import type { Fid } from '../../values/fid.ts';
import { withInstance } from '../../values/instance.ts';
import type { ProcessState } from '../../values/states.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { Rows } from '../resources.ts';
import { drawn, raise } from './counters.ts';

const noRanges: Readonly<Record<string, number>> = Object.freeze({});

/** Puts a process into a state; `since` and `moved` only change when the state does. */
const move = (
  graph: Graph,
  fid: Fid,
  state: ProcessState,
  change: Partial<Rows['process']>,
  { revision, at }: Position,
): void => {
  const before = graph.must('process', fid);
  const moved = before.state === state ? {} : { since: at, moved: revision };
  graph.put('process', { ...before, ...change, state, ...moved, changed: revision });
};

export const processEvolvers: Evolvers<typeof processEvents> = {
  NodeAdded: (graph, { fid, host }, position) => {
    drawn(graph, fid, position);
    graph.put('node', {
      fid,
      host: graph.must('host', host).fqdn,
      wanted: null,
      removing: false,
      ...made(position),
    });
  },

  SpecRendered: (graph, { id, spec }, position) => {
    raise(graph, 'spec', Number(id.slice(1)), position);
    graph.put('spec', { id, spec, ...made(position) });
  },

  // Strings that other rows hold already are taken from there: with a million processes that saves
  // 100 MB.
  ProcessAdded: (graph, data, position) => {
    const spec = graph.must('spec', data.spec);
    const hasRanges = Object.keys(data.ranges).length > 0;
    clearDeadline(graph, 'endpoint-cooldown', data.endpoint);
    drawn(graph, data.services.at(-1) ?? data.fid, position);
    graph.put('process', {
      fid: data.fid,
      node: graph.must('node', data.node).fid,
      role: graph.must('role', data.role).name,
      spec: spec.id,
      endpoint: data.endpoint,
      ranges: hasRanges ? data.ranges : noRanges,
      state: 'unknown',
      reason: '',
      since: position.at,
      moved: position.revision,
      wanted: null,
      removing: false,
      generation: 0,
      attempt: 0,
      pid: null,
      lease: null,
      ...made(position),
    });
    data.services.forEach((fid, i) =>
      graph.put('service', {
        fid,
        process: data.fid,
        type: spec.spec.services[i]!,
        ...made(position),
      }),
    );
  },

  ProcessStateChanged: (graph, { fid, state, reason }, position) => {
    if (state !== 'starting') clearDeadline(graph, 'process-start', fid);
    if (state !== 'starting') clearDeadline(graph, 'process-retry', fid);
    if (state !== 'quiescing' && state !== 'stopping') clearDeadline(graph, 'process-stop', fid);
    const isDown = state === 'offline' || state === 'failed' || state === 'unknown';
    const { pid } = graph.must('process', fid);
    move(graph, fid, state, { reason, pid: isDown ? null : pid }, position);
  },

  ProcessStarting: (graph, { fid, generation, attempt, until, reason }, position) => {
    clearDeadline(graph, 'process-retry', fid);
    clearDeadline(graph, 'process-stop', fid);
    setDeadline(graph, 'process-start', fid, until, position);
    move(graph, fid, 'starting', { generation, attempt, pid: null, reason }, position);
  },

  ProcessRunning: (graph, { fid, pid }, { revision }) =>
    graph.put('process', { ...graph.must('process', fid), pid, changed: revision }),

  ProcessLeased: (graph, { fid, seconds }, { revision }) =>
    graph.put('process', {
      ...graph.must('process', fid),
      lease: seconds,
      changed: revision,
    }),

  ProcessInstanceBegan: (graph, { fid, instance }, { revision }) => {
    const process = graph.must('process', fid);
    const instances = withInstance(process.instances ?? [], instance);
    graph.put('process', { ...process, instances, changed: revision });
  },

  ProcessRetryScheduled: (graph, { fid, attempt, at, reason }, position) => {
    clearDeadline(graph, 'process-start', fid);
    setDeadline(graph, 'process-retry', fid, at, position);
    const text = `attempt ${attempt} follows; the last one: ${reason}`;
    move(graph, fid, 'starting', { attempt, pid: null, reason: text }, position);
  },

  ProcessStopOrdered: (graph, { fid, until }, position) => {
    clearDeadline(graph, 'process-start', fid);
    clearDeadline(graph, 'process-retry', fid);
    setDeadline(graph, 'process-stop', fid, until, position);
    move(graph, fid, 'quiescing', { reason: '' }, position);
  },

  DeadlinePostponed: (graph, { id, at }, { revision }) => {
    const row = graph.get('deadline', id);
    if (row) graph.put('deadline', { ...row, at, changed: revision });
  },
};
