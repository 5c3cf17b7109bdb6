/** How far a removal is: what it ordered to leave, what refused, and what could not be stopped. */

import type { EventData } from '../../core/events/catalogue.ts';
import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { hostOf, specOf } from '../../core/lifecycle/process.ts';
import { shownState } from '../../core/lifecycle/shown.ts';
import { byFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import { stageOf, timesOf, waitingShown, warningsMax } from './operation.ts';
import type { Progress, Seen } from './operation.ts';
import { requirementsOf, straggler } from './stragglers.ts';
import type { Straggler } from './stragglers.ts';

/** The removal that a commit ordered; null: none. */
export const removalIn = (commit: Commit): Progress<Seen> | null => {
  const leaving = eventsOfType(commit, 'ProcessRemovalOrdered', 'ProcessRemoved');
  const ordered = new Set(leaving.map(({ data }) => data.fid));
  const host = eventsOfType(commit, 'HostRemovalOrdered')[0]?.data.fqdn;
  const node = eventsOfType(commit, 'NodeRemovalOrdered')[0]?.data.fid;
  const held = eventsOfType(commit, 'NodeRemovalHeld')[0]?.data;
  const subject = host ?? node ?? held?.host ?? held?.fid ?? [...ordered][0];
  if (subject === undefined) return null;
  return {
    subject,
    *look(graph) {
      const left = leftOf(graph, ordered, node ?? (host && graph.one('runs', host)?.fid));
      const all = new Set(ordered);
      const requirements = requirementsOf(graph);
      const waiting: Straggler[] = [];
      for (const row of left) {
        yield;
        all.add(row.fid);
        if (waiting.length < waitingShown) waiting.push(straggler(graph, requirements, row));
      }
      const failed = held ? refusals(graph, held) : [];
      const refused = failed.length + (held?.more ?? 0);
      const isGone =
        left.length === 0 &&
        !(host !== undefined && graph.get('host', host)?.removing) &&
        !(node !== undefined && graph.get('node', node)?.removing);
      const [total, done] = [
        all.size + refused,
        [...ordered].filter((fid) => !graph.get('process', fid)).length,
      ];
      return {
        kind: 'remove',
        subject,
        state: !isGone ? 'running' : held ? 'failed' : 'succeeded',
        stage: stageOf(done, total, 'gone'),
        total,
        done,
        failed,
        waiting,
        warnings: warnings(graph, ordered, held?.more ?? 0),
        times: timesOf(commit),
        stages: [],
      };
    },
  };
};

/** What was ordered to leave and is there yet; of a node that leaves also what was ordered before. */
const leftOf = (
  graph: ReadGraph,
  ordered: ReadonlySet<Fid>,
  node: string | undefined,
): ProcessRow[] => {
  const isLeaving = node !== undefined && graph.get('node', node)?.removing === true;
  return isLeaving
    ? [...graph.many('hosts', node)].sort(byFid)
    : [...ordered].flatMap((fid) => graph.get('process', fid) ?? []);
};

/** Those that hold a node back, as they are now. One that has gone since is not named any more. */
const refusals = (graph: ReadGraph, { by }: EventData<'NodeRemovalHeld'>): Straggler[] =>
  by.flatMap(({ fid, reason }) => {
    const row = graph.get('process', fid);
    if (!row) return [];
    const [{ fqdn: host }, { name }] = [hostOf(graph, row), specOf(graph, row)];
    return [{ fid, host, name, state: shownState(graph, row), reason }];
  });

const warnings = (graph: ReadGraph, ordered: ReadonlySet<Fid>, more: number): string[] => {
  const departed = [...ordered].flatMap((fid) => graph.get('departure', fid) ?? []);
  const told = departed
    .slice(0, warningsMax)
    .map(
      ({ fid, name, host, reason }) =>
        `${fid} (${name} on ${host}) could not be stopped; it was failed, then removed: ${reason}`,
    );
  const rest = departed.length - told.length;
  return [
    ...told,
    ...(rest > 0 ? [`${rest} more could not be stopped; they were failed, then removed`] : []),
    ...(more > 0 ? [`${more} more refused to leave`] : []),
  ];
};
