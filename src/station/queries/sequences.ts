/** What takes several steps and is under way: each waits for something, and for a deadline otherwise. */

import type { Graph } from '../../core/graph/graph.ts';
import type { DeadlineKind, DeadlineRow } from '../../core/graph/rows/deadlines.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { hostOf, levelOf, specOf } from '../../core/lifecycle/process.ts';

/** The sequences that rules run, and the housekeeping that only waits. */
const descriptions: { readonly [K in DeadlineKind]: string } = {
  'process-start': 'A process was told to start and is not ready yet.',
  'process-stop': 'A process was told to stop and has not ended yet.',
  'process-retry': 'A process failed and waits for its next attempt.',
  'recovery-attempt': 'A host was lost and waits for the next attempt to recover it.',
  'cluster-advance': 'A cluster starts or stops, and the next nodes have their turn.',
  'endpoint-cooldown': 'An endpoint of a removed process is kept back.',
  'departure-expiry': 'It is remembered that a removed process could not be stopped.',
  'credential-expiry': 'A token will expire.',
  'request-expiry': 'An answered request is remembered, should it be repeated.',
};

const kinds = Object.keys(descriptions) as DeadlineKind[];
/** What there may be very many of and nothing happens about. */
const quiet: ReadonlySet<DeadlineKind> = new Set([
  'credential-expiry',
  'request-expiry',
  'departure-expiry',
]);
const active = kinds.filter((kind) => !quiet.has(kind));

export interface SequenceKind {
  readonly kind: DeadlineKind;
  readonly description: string;
  readonly running: number;
  /** When the first of them is due, ms since the epoch. */
  readonly next: number | null;
}

export interface Sequence {
  readonly kind: DeadlineKind;
  /** A fid, a host's name, an endpoint. */
  readonly subject: string;
  readonly host: string | null;
  /** Name of the process. */
  readonly name: string | null;
  /** How far it is, in words. */
  readonly step: string;
  readonly due: number;
}

export const sequenceKinds = (graph: Graph): SequenceKind[] =>
  kinds.map((kind) => ({
    kind,
    description: descriptions[kind],
    running: graph.indexes.deadlines.count(kind),
    next: graph.indexes.deadlines.next(kind)?.at ?? null,
  }));

/** Those that are due first; what only waits is left out. */
export const sequences = (graph: Graph, limit: number): Sequence[] =>
  graph.indexes.deadlines.due(Infinity, limit, ...active).map((row) => sequenceOf(graph, row));

const sequenceOf = (graph: Graph, { kind, subject, at }: DeadlineRow): Sequence => {
  const process = kind.startsWith('process-') ? graph.get('process', subject) : undefined;
  if (process) return ofProcess(graph, process, kind, at);
  const row = kind === 'recovery-attempt' ? graph.get('recovery', subject) : undefined;
  const step = row ? `${row.attempts} attempts made` : 'kept back';
  return { kind, subject, host: row?.host ?? null, name: null, step, due: at };
};

const ofProcess = (
  graph: Graph,
  process: ProcessRow,
  kind: DeadlineKind,
  due: number,
): Sequence => {
  const { fid, attempt, state, removing } = process;
  const [{ name }, host] = [specOf(graph, process), hostOf(graph, process)];
  const steps = [
    kind === 'process-retry' ? `attempt ${attempt} failed` : state,
    ...(kind === 'process-start' && attempt > 0 ? [`attempt ${attempt}`] : []),
    ...(kind === 'process-start' ? [`level ${levelOf(graph, process)} of its node`] : []),
    ...(removing ? ['to be removed'] : []),
    ...(host.state === 'up' ? [] : ['its host is down']),
  ];
  return { kind, subject: fid, host: host.fqdn, name, step: steps.join(', '), due };
};
