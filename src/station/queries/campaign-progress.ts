/** How far a campaign is, and what became of each of its machines. */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { campaignId, turnId } from '../../core/graph/rows/campaigns.ts';
import type { CampaignRow } from '../../core/graph/rows/campaigns.ts';
import type { Revision } from '../../core/values/revision.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { waitingShown, warningsMax } from './operation.ts';
import type { OperationState, Progress, Seen } from './operation.ts';
import { timesOf } from './operation.ts';
import type { Straggler } from './stragglers.ts';

export const machineStates = [
  ...(['waiting', 'running', 'done', 'failed', 'cancelled', 'left-out'] as const),
] as const;

/** How it is with one of its machines. Times are ms since the epoch; null: it has not. */
export interface MachineOfCampaign {
  readonly fqdn: string;
  readonly state: (typeof machineStates)[number];
  /** What was done there; null: nothing was. */
  readonly operation: Revision | null;
  readonly begun: number | null;
  readonly ended: number | null;
  /** How it ended, and why. */
  readonly detail: string;
}

/** One of its machines; one that had no turn when it stopped has none any more. */
const machineOf = (graph: ReadGraph, row: CampaignRow, fqdn: string): MachineOfCampaign => {
  const turn = graph.get('turn', turnId(row.id, fqdn));
  if (turn) {
    const { operation, begun, ended, outcome, detail } = turn;
    return { fqdn, state: outcome ?? 'running', operation, begun, ended, detail };
  }
  const { stopped } = row;
  const state = stopped === null ? 'waiting' : 'cancelled';
  const detail = stopped === null ? '' : `not begun: ${stopped.detail}`;
  return { fqdn, state, operation: null, begun: null, ended: stopped?.at ?? null, detail };
};

/** All of its machines in their order, and then those that were left out. */
export function* machinesOfCampaign(
  graph: ReadGraph,
  row: CampaignRow,
): Generator<MachineOfCampaign, void> {
  for (const { fqdn } of row.machines) yield machineOf(graph, row, fqdn);
  for (const { fqdn, reason: detail } of row.leftOut)
    yield { fqdn, state: 'left-out', operation: null, begun: null, ended: row.at, detail };
}

export interface CampaignCounts {
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly left_out: number;
}

/** How many of its machines are in each state. */
export const countsOf = (row: CampaignRow): CampaignCounts => {
  const { machines, next, ahead, open, counts, stopped, leftOut } = row;
  const left = machines.length - next - ahead.length;
  return {
    waiting: stopped === null ? left : 0,
    running: open.length,
    done: counts.done,
    failed: counts.failed,
    cancelled: counts.cancelled + (stopped === null ? 0 : left),
    left_out: leftOut.length,
  };
};

export const stateOf = (row: CampaignRow): OperationState => {
  if (row.ended === null) return row.next === 0 && row.ahead.length === 0 ? 'queued' : 'running';
  const { failed, cancelled } = countsOf(row);
  if (failed > 0) return 'failed';
  return cancelled > 0 ? 'cancelled' : 'succeeded';
};

const words = (row: CampaignRow): string => {
  const { waiting, running, done, failed, cancelled } = countsOf(row);
  const parts = [
    `${done} of ${row.machines.length} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(running > 0 ? [`${running} under way`] : []),
    ...(waiting > 0 ? [`${waiting} to come`] : []),
    ...(cancelled > 0 ? [`${cancelled} not done`] : []),
  ];
  return parts.join(', ') + (row.stopped ? `; stopped: ${row.stopped.detail}` : '');
};

/** Characters of names; more are counted. */
const namesMax = 200;

const subjectOf = (names: readonly string[]): string => {
  const folded = foldNodeset(names);
  return folded.length <= namesMax ? folded : `${names.length} machines`;
};

/** The campaign that a commit ordered; null: none. */
export const campaignIn = (commit: Commit): Progress<Seen> | null => {
  const [ordered] = eventsOfType(commit, 'CampaignOrdered');
  if (!ordered) return null;
  const { machines } = ordered.data;
  const subject = subjectOf(machines.map(({ fqdn }) => fqdn));
  return {
    subject,
    *look(graph) {
      yield;
      const row = graph.get('campaign', campaignId(commit.revision));
      return row ? yield* seenOf(graph, row, subject) : forgotten(subject, machines.length, commit);
    },
  };
};

function* seenOf(graph: ReadGraph, row: CampaignRow, subject: string): Generator<undefined, Seen> {
  const state = stateOf(row);
  const { kind: name } = row.plans[0]!.plan;
  const failed: Straggler[] = [];
  const waiting: Straggler[] = [];
  for (const machine of machinesOfCampaign(graph, row)) {
    yield;
    const { fqdn: host, state, detail: reason } = machine;
    const straggler = { fid: null, host, name, state, reason };
    if (state === 'failed') failed.push(straggler);
    const isAhead = state === 'running' || state === 'waiting';
    if (isAhead && waiting.length < waitingShown) waiting.push(straggler);
  }
  const isUnderWay = row.ended === null;
  const shown = row.leftOut.slice(0, warningsMax);
  const more = row.leftOut.length - shown.length;
  return {
    ...{ kind: 'campaign', subject, state, stage: words(row), failed, waiting },
    total: row.machines.length,
    done: row.counts.done,
    warnings: [
      ...shown.map(({ fqdn, reason }) => `left out ${fqdn}: ${reason}`),
      ...(more > 0 ? [`${more} more are left out`] : []),
    ],
    ...(isUnderWay || state === 'succeeded' ? {} : { problem: problemOf(row) }),
    times: {
      begun: state === 'queued' ? null : row.at,
      ...{ ended: row.ended, beginBy: null, queuedBehind: null },
    },
    stages: [],
  };
}

const problemOf = (row: CampaignRow): string => {
  const { failed, cancelled } = countsOf(row);
  const of = row.machines.length;
  const why = row.stopped ? `: ${row.stopped.detail}` : '';
  if (failed === 0) return `${cancelled} of ${of} machines were not done${why}`;
  const rest = cancelled > 0 ? `, and ${cancelled} were not done${why}` : '';
  return `${failed} of ${of} machines failed${rest}`;
};

/** One that is too old to be remembered is not said to have succeeded. */
const forgotten = (subject: string, total: number, commit: Commit): Seen => ({
  ...{ kind: 'campaign', subject, state: 'failed', stage: 'not remembered', total, done: 0 },
  problem: 'what became of it is not remembered any more; the events of its machines tell',
  ...{ failed: [], waiting: [], warnings: [], times: timesOf(commit), stages: [] },
});
