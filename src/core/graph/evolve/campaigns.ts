/** What the events of campaigns change in the graph. */

import type { campaignEvents } from '../../events/campaigns.ts';
import {
  campaignMachinesKeptMax,
  campaignsKeptMax,
  turnsOf,
  withBegun,
} from '../../values/campaigns.ts';
import type { OpenTurn } from '../../values/campaigns.ts';
import { revision as revisionOf } from '../../values/revision.ts';
import { clearDeadline, deadlineOf, made, setDeadline } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { campaignId, turnId } from '../rows/campaigns.ts';
import type { CampaignRow } from '../rows/campaigns.ts';

/** Puts it, and when the next of its machines may have its turn. */
const putCampaign = (graph: Graph, row: CampaignRow, position: Position): void => {
  graph.put('campaign', { ...row, changed: position.revision });
  const { at } = turnsOf(row, position.at);
  if (at === null) clearDeadline(graph, 'campaign-turn', row.id);
  else if (deadlineOf(graph, 'campaign-turn', row.id)?.at !== at)
    setDeadline(graph, 'campaign-turn', row.id, at, position);
};

const forget = (graph: Graph, id: string): void => {
  for (const turn of [...graph.many('takes', id)]) graph.remove('turn', turn.id);
  graph.remove('campaign', id);
};

/** The oldest of those that have ended go. */
const keepLatest = (graph: Graph): void => {
  const ended = [...graph.all('campaign')].filter((row) => row.ended !== null);
  let machines = 0;
  for (const [i, row] of ended.sort((a, b) => b.created - a.created).entries()) {
    machines += row.machines.length + row.leftOut.length;
    const isKept = i === 0 || (i < campaignsKeptMax && machines <= campaignMachinesKeptMax);
    if (!isKept) forget(graph, row.id);
  }
};

/** When the last of each chassis was begun, as long as the next has to wait for that. */
const begunIn = (
  { begunIn: before, policy }: CampaignRow,
  more: readonly OpenTurn[],
  at: number,
): CampaignRow['begunIn'] => ({
  ...Object.fromEntries(
    Object.entries(before).filter(([, begun]) => begun + policy.stagger * 1000 > at),
  ),
  ...Object.fromEntries(
    more.flatMap(({ chassis }) =>
      chassis === null || policy.stagger === 0 ? [] : [[chassis, at]],
    ),
  ),
});

/** A machine that is to have its turn has another name. */
export const renameInCampaigns = (
  graph: Graph,
  from: string,
  to: string,
  { revision }: Position,
): void => {
  for (const row of [...graph.all('campaign')]) {
    const i = row.ended === null ? row.machines.findIndex(({ fqdn }) => fqdn === from) : -1;
    if (i < row.next || row.ahead.includes(i)) continue;
    const machines = row.machines.with(i, { ...row.machines[i]!, fqdn: to });
    graph.put('campaign', { ...row, machines, changed: revision });
  }
};

export const campaignEvolvers: Evolvers<typeof campaignEvents> = {
  CampaignOrdered: (graph, data, position) => {
    const { plans, policy, machines, left_out: leftOut, by, override, reason } = data;
    const row: CampaignRow = {
      ...{ id: campaignId(position.revision), plans, policy, machines, leftOut, by },
      ...{ override, reason },
      ...{ next: 0, ahead: [], open: [], begunIn: {}, stopped: null, at: position.at, ended: null },
      counts: { done: 0, failed: 0, cancelled: 0 },
      ...made(position),
    };
    putCampaign(graph, row, position);
  },

  CampaignTurnsTaken: (graph, { ordered, begun, refused }, position) => {
    const row = graph.must('campaign', campaignId(ordered));
    const { revision, at } = position;
    const places = new Map(row.machines.map(({ fqdn }, i) => [fqdn, i]));
    const more = begun.map(({ fqdn, operation }): OpenTurn => {
      const created = operation ?? revision;
      const procedure = [...graph.many('undergoes', fqdn)].find((one) => one.created === created)!;
      const { chassis } = row.machines[places.get(fqdn)!]!;
      return { fqdn, chassis, procedure: procedure.id };
    });
    const taken = [...begun, ...refused].map(({ fqdn }) => places.get(fqdn)!);
    const counts = { ...row.counts, failed: row.counts.failed + refused.length };
    const open = [...row.open, ...more];
    const after = { ...row, ...withBegun(row, taken), open, counts };
    putCampaign(graph, { ...after, begunIn: begunIn(row, more, at) }, position);
    const turn = { campaign: row.id, begun: at, ...made(position) };
    for (const { fqdn, operation } of begun)
      graph.put('turn', {
        ...{ id: turnId(row.id, fqdn), fqdn, operation: revisionOf(operation ?? revision) },
        ...{ ended: null, outcome: null, detail: '', ...turn },
      });
    for (const { fqdn, detail } of refused)
      graph.put('turn', {
        ...{ id: turnId(row.id, fqdn), fqdn, operation: null, ended: at, outcome: 'failed' },
        ...{ detail, ...turn },
      });
  },

  CampaignMachineEnded: (graph, { ordered, fqdn, outcome, detail }, position) => {
    const row = graph.must('campaign', campaignId(ordered));
    const { revision, at } = position;
    const turn = graph.must('turn', turnId(row.id, fqdn));
    graph.put('turn', { ...turn, outcome, detail, ended: at, changed: revision });
    const counts = { ...row.counts, [outcome]: row.counts[outcome] + 1 };
    const open = row.open.filter((one) => one.fqdn !== fqdn);
    putCampaign(graph, { ...row, counts, open }, position);
  },

  CampaignStopped: (graph, { ordered, why, detail }, position) => {
    const row = graph.must('campaign', campaignId(ordered));
    putCampaign(graph, { ...row, stopped: { why, detail, at: position.at } }, position);
  },

  CampaignEnded: (graph, { ordered }, position) => {
    const row = graph.must('campaign', campaignId(ordered));
    putCampaign(graph, { ...row, ended: position.at }, position);
    keepLatest(graph);
  },
};
