/** What each host has to run, derived from the graph. A lost message costs time, never correctness. */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { varOf } from '../../core/graph/vars.ts';
import { configurationOf, environmentFile } from '../../core/lifecycle/configuration.ts';
import { isPaused } from '../../core/lifecycle/orders.ts';
import { isManaged, specOf } from '../../core/lifecycle/process.ts';
import { parseEndpoint } from '../../core/values/endpoint.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { MemoryLimits, Readiness } from '../../core/values/roles.ts';

/** How an agent finds out that a process is online, with every name resolved. */
export type ResolvedReadiness =
  | { readonly kind: 'alive'; readonly seconds: number }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'notify' };

/** One managed process as its host has to run it. */
export interface ProcessAssignment {
  readonly fid: Fid;
  readonly unit: string;
  readonly generation: number;
  readonly run: boolean;
  readonly command: string[];
  readonly environment: Record<string, string>;
  readonly environment_file: string;
  readonly memory: MemoryLimits;
  readonly cores: number[];
  readonly endpoint: string;
  readonly ready: ResolvedReadiness;
  readonly stop_timeout_ms: number;
}

/** What an agent is told: everything (`full`), or what has changed. */
export interface Assigned {
  readonly full: boolean;
  readonly processes: readonly ProcessAssignment[];
  readonly forget: readonly Fid[];
}

/** Between SIGTERM and SIGKILL an agent waits for this share of the time a stop may take. */
const graceShare = 0.5;

/**
 * Whether it is to run now. A process that waits for its next attempt is not: its next order has
 * another generation.
 */
const isToRun = (graph: Graph, process: ProcessRow): boolean =>
  process.state === 'online' || (process.state === 'starting' && !isPaused(graph, process));

const portOf = (name: string, endpoint: string, environment: Record<string, string>): number => {
  if (name === 'endpoint') return parseEndpoint(endpoint)!.last;
  return Number(/^\d+$/.test(name) ? name : (environment[name] ?? 0));
};

const resolved = (
  ready: Readiness,
  endpoint: string,
  environment: Record<string, string>,
): ResolvedReadiness => {
  if (ready.kind === 'alive' || ready.kind === 'notify') return ready;
  const port = portOf(ready.port, endpoint, environment);
  return ready.kind === 'tcp'
    ? { kind: 'tcp', port }
    : { kind: 'http', url: `http://127.0.0.1:${port}${ready.path}` };
};

const assignmentOf = (graph: Graph, process: ProcessRow): ProcessAssignment => {
  const { fid, generation, endpoint } = process;
  const spec = specOf(graph, process);
  const environment = { ...configurationOf(graph, fid).environment };
  return {
    fid,
    unit: spec.unit,
    generation,
    run: isToRun(graph, process),
    command: [...spec.command],
    environment,
    environment_file: environmentFile(environment),
    memory: spec.memory,
    cores: [...spec.cores],
    endpoint,
    ready: resolved(spec.ready, endpoint, environment),
    stop_timeout_ms: Math.round(varOf(graph, 'process_stop_timeout') * 1000 * graceShare),
  };
};

/** An agent has nothing to do with a process that was never ordered to start. */
const concernsAgent = (graph: Graph, process: ProcessRow): boolean =>
  process.generation > 0 && isManaged(graph, process);

/** Everything that a host has to run or to keep stopped. */
export const assignmentsOf = (graph: Graph, fqdn: string): ProcessAssignment[] => {
  const node = graph.one('runs', fqdn);
  if (!node) return [];
  return [...graph.many('hosts', node.fid)]
    .filter((process) => concernsAgent(graph, process))
    .map((process) => assignmentOf(graph, process));
};

/** The assignment of one process and its host; null where its agent has nothing to do with it. */
export const assignmentFor = (
  graph: Graph,
  fid: Fid,
): { fqdn: string; assignment: ProcessAssignment } | null => {
  const process = graph.get('process', fid);
  if (!process || !concernsAgent(graph, process)) return null;
  const { host } = graph.must('node', process.node);
  return { fqdn: host, assignment: assignmentOf(graph, process) };
};

const ordering = [
  'ProcessStarting',
  'ProcessRetryScheduled',
  'ProcessStopOrdered',
  'ProcessStateChanged',
] as const;

/** The processes of which an agent may have to do something other after a commit. */
export const ordered = (commit: Commit): Set<Fid> =>
  new Set(eventsOfType(commit, ...ordering).map(({ data }) => data.fid));

/** The processes that a commit removed. */
export const forgotten = (commit: Commit): Fid[] =>
  eventsOfType(commit, 'ProcessRemoved').map(({ data }) => data.fid);
