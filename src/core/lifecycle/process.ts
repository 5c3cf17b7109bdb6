/** What a process is: its specification, whose it is, and where it runs. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import type { ProcessSpec } from '../values/roles.ts';

export const specOf = (graph: ReadGraph, { spec }: ProcessRow): ProcessSpec =>
  graph.must('spec', spec).spec;

export const levelOf = (graph: ReadGraph, process: ProcessRow): number =>
  specOf(graph, process).boot_level;

/** Whether an agent runs it; what is not managed is independent. */
export const isManaged = (graph: ReadGraph, process: ProcessRow): boolean =>
  specOf(graph, process).ownership === 'managed';

export const hostOf = (graph: ReadGraph, { node }: ProcessRow): HostRow =>
  graph.must('host', graph.must('node', node).host);
