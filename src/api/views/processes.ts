/** Processes as the API shows them. */

import type { Added, Process } from '../../contract/processes.ts';
import type { StatusProcess } from '../../contract/status.ts';
import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { configurationOf } from '../../core/lifecycle/configuration.ts';
import type { ProcessConfiguration } from '../../core/lifecycle/configuration.ts';
import { presentInstance } from '../../core/lifecycle/instance.ts';
import { specOf } from '../../core/lifecycle/process.ts';
import { shownState } from '../../core/lifecycle/shown.ts';
import { wantedOf } from '../../core/lifecycle/wanted.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { ProcessState } from '../../core/values/states.ts';
import { ApiError } from '../errors.ts';

/** A service is in the state of its process. */
const services = (
  graph: ReadGraph,
  process: ProcessRow,
  state: ProcessState,
): StatusProcess['services'] =>
  Array.from(graph.many('provides', process.fid), ({ fid, type }) => ({ fid, type, state }));

export const statusProcess = (graph: ReadGraph, row: ProcessRow): StatusProcess => {
  const spec = specOf(graph, row);
  const state = shownState(graph, row);
  return {
    fid: row.fid,
    name: spec.name,
    role: row.role,
    ownership: spec.ownership,
    endpoint: row.endpoint,
    state,
    reason: state === 'inhibited' ? `its host is down; it was ${row.state}` : row.reason,
    services: services(graph, row, state),
  };
};

export const processView = (graph: ReadGraph, row: ProcessRow): Process => {
  const spec = specOf(graph, row);
  return {
    ...statusProcess(graph, row),
    node: row.node,
    host: graph.must('node', row.node).host,
    type: spec.type,
    boot_level: spec.boot_level,
    wanted: wantedOf(graph, row)?.state ?? null,
    generation: row.generation,
    attempt: row.attempt,
    pid: row.pid,
    lease: row.lease,
    instance: presentInstance(row),
    since: row.since,
    ranges: Object.entries(spec.ranges).map(([name, [from, to]]) => ({
      name,
      value: row.ranges[name]!,
      from,
      to,
    })),
    created: row.created,
    changed: row.changed,
  };
};

/** The fids of the processes that a commit added, in order. */
export const addedFids = (commit: Commit | null): Fid[] =>
  commit ? eventsOfType(commit, 'ProcessAdded').map(({ data }) => data.fid) : [];

/**
 * The answer to an add: the configuration of every process, with its token where tokens were asked
 * for.
 */
export const addedView =
  (host: string, tokenOf: ((fid: Fid) => string) | null) =>
  (graph: Graph, commit: Commit | null, revision: Revision): Added => {
    const processes = addedFids(commit).map((fid) => {
      const configuration: ProcessConfiguration = configurationOf(graph, fid);
      const shown = { ...configuration, environment: { ...configuration.environment } };
      return tokenOf ? { ...shown, token: tokenOf(fid) } : shown;
    });
    return { revision, node: graph.one('runs', host)!.fid, processes };
  };

/** @throws {ApiError} there is none */
export const processIn = (graph: Graph, fid: Fid): ProcessRow => {
  const row = graph.get('process', fid);
  if (!row) throw new ApiError('unknown-process', `there is no process ${fid}`);
  return row;
};
