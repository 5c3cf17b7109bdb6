/** How far a procedure is: which stages it went through, which it is in, and what that waits for. */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { isOver, procedureId } from '../../core/graph/rows/procedures.ts';
import type { ProcedureRow, StageNote } from '../../core/graph/rows/procedures.ts';
import { standingOf } from '../../core/procedures/advance.ts';
import { procedures } from '../../core/procedures/index.ts';
import type { ProcedureKind } from '../../core/values/procedures.ts';
import { aheadOf } from './machine-holder.ts';
import type { OperationState, Progress, Seen, StageSeen } from './operation.ts';
import { timesOf } from './operation.ts';
import type { Straggler } from './stragglers.ts';

/** The procedure that a commit ordered; null: none. */
export const procedureIn = (commit: Commit): Progress<Seen> | null => {
  const [ordered] = eventsOfType(commit, 'ProcedureOrdered');
  if (!ordered) return null;
  const { fqdn, plan } = ordered.data;
  return {
    subject: fqdn,
    *look(graph) {
      yield;
      const row = graph.get('procedure', procedureId(commit.revision, fqdn));
      return row ? seenOf(graph, row) : forgotten(fqdn, plan.kind, commit);
    },
  };
};

const states: { readonly [S in ProcedureRow['state']]: OperationState } = {
  queued: 'queued',
  running: 'running',
  done: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

const seenOf = (graph: ReadGraph, row: ProcedureRow): Seen => {
  const { host, plan, state, detail, by, begun, since, beginBy, stages } = row;
  const waits = waitsFor(graph, row);
  const machine: Straggler = {
    ...{ fid: null, host, name: plan.kind, state },
    reason: isOver(row) ? detail : waits,
  };
  const isUnderWay = !isOver(row);
  const isPast = (one: StageNote): boolean => one.state === 'done' || one.state === 'skipped';
  // One that failed and was followed by another was one of several ways.
  const notes = stages.filter(
    (one, i) =>
      one.detail !== '' &&
      (one.state === 'done' || (one.state === 'failed' && i < stages.length - 1)),
  );
  return {
    ...{ kind: plan.kind, subject: host, state: states[state] },
    stage: stageText(row, waits),
    total: procedures[plan.kind].stages.length,
    done: stages.filter((one, i) => isPast(one) || i < stages.length - 1).length,
    failed: state === 'failed' ? [machine] : [],
    waiting: isUnderWay ? [machine] : [],
    warnings: [
      ...notes.map((one) => `${host}: ${one.name}: ${one.detail}`),
      ...(by.length > 1 ? [`${host}: asked for by ${by.join(', ')}; it is one operation`] : []),
    ],
    ...(isUnderWay || detail === '' ? {} : { problem: detail }),
    times: {
      begun,
      ended: isUnderWay ? null : since,
      beginBy,
      queuedBehind: state === 'queued' ? aheadOf(graph, row) : null,
    },
    stages: stagesSeen(row, waits),
  };
};

/** What the stage that it is in waits for. */
const waitsFor = (graph: ReadGraph, row: ProcedureRow): string => {
  if (row.state === 'queued') return 'waits for its turn';
  const standing = standingOf(graph, row, row.since)?.standing;
  return standing?.is === 'waiting' ? standing.for : '';
};

const stageText = ({ state, stages, cancelled }: ProcedureRow, waits: string): string => {
  const last = stages.at(-1);
  switch (state) {
    case 'queued':
      return 'waits for its turn';
    case 'running': {
      const ending = cancelled === null ? '' : '; to be cancelled after this stage';
      return last ? `${last.name}: ${waits}${ending}` : 'begins';
    }
    case 'done':
      return 'done';
    case 'failed':
      return last ? `failed at ${last.name}` : 'not begun';
    case 'cancelled':
      return last ? `cancelled at ${last.name}` : 'cancelled before it was begun';
  }
};

const stagesSeen = ({ plan, stages }: ProcedureRow, waits: string): StageSeen[] =>
  procedures[plan.kind].stages.map(({ name, text }, i): StageSeen => {
    const note: StageNote | undefined = stages[i];
    if (!note)
      return { name, text, state: 'to-come', began: null, ended: null, until: null, detail: '' };
    const { state, since: began, ended, until, detail } = note;
    return { name, text, state, began, ended, until, detail: state === 'running' ? waits : detail };
  });

/** One that is too old to be remembered is not said to have succeeded. */
const forgotten = (host: string, kind: ProcedureKind, commit: Commit): Seen => {
  const reason = 'what became of it is not remembered any more; the events of the machine tell';
  return {
    ...{ kind, subject: host, state: 'failed', stage: 'not remembered' },
    total: procedures[kind].stages.length,
    done: 0,
    failed: [{ fid: null, host, name: kind, state: 'unknown', reason }],
    problem: reason,
    ...{ waiting: [], warnings: [], times: timesOf(commit), stages: [] },
  };
};
