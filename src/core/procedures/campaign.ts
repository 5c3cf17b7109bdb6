/** The machines of a campaign have their turns, and what becomes of them is told. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { CampaignRow } from '../graph/rows/campaigns.ts';
import { isOver } from '../graph/rows/procedures.ts';
import { rebootRightEnded } from '../rights/used-right.ts';
import {
  campaignDetailLength,
  isThrough,
  stopOf,
  turnsMax,
  turnsOf,
  withBegun,
} from '../values/campaigns.ts';
import type { CampaignMachine, CampaignOutcome, OpenTurn, Standing } from '../values/campaigns.ts';
import { beginWithinUsual } from '../values/queues.ts';
import { orderedProcedure } from './ordered.ts';

const clipped = (text: string): string => text.slice(0, campaignDetailLength);

/** What follows where the time has come for more of its machines. One that is refused makes room for the next. */
export const turnEvents = (graph: Graph, row: CampaignRow, at: number): EventDraft[] => {
  const ordered: EventDraft[] = [];
  const begun: { fqdn: string; operation: number | null }[] = [];
  const refused: { fqdn: string; detail: string }[] = [];
  let standing: Standing = row;
  while (begun.length + refused.length < turnsMax && stopOf(standing) === null) {
    const [place] = turnsOf(standing, at, 1).now;
    if (place === undefined) break;
    const machine = row.machines[place]!;
    const { fqdn, chassis } = machine;
    const turn = turnOf(graph, row, machine, at);
    standing = { ...standing, ...withBegun(standing, [place]) };
    if ('refused' in turn) {
      refused.push({ fqdn, detail: clipped(turn.refused) });
      const { counts } = standing;
      standing = { ...standing, counts: { ...counts, failed: counts.failed + 1 } };
      continue;
    }
    ordered.push(...turn.events);
    begun.push({ fqdn, operation: turn.operation });
    const open = [...standing.open, { fqdn, chassis, procedure: '' }];
    const { begunIn } = standing;
    standing = {
      ...standing,
      open,
      begunIn: chassis === null ? begunIn : { ...begunIn, [chassis]: at },
    };
  }
  return [
    ...ordered,
    { type: 'CampaignTurnsTaken', data: { ordered: row.created, begun, refused } },
  ];
};

type Turn =
  | { readonly refused: string }
  | { readonly events: readonly EventDraft[]; readonly operation: number | null };

/** What is under way there already and is the same is not done twice. */
const turnOf = (
  graph: Graph,
  { plans, by }: CampaignRow,
  { fqdn, plan: place }: CampaignMachine,
  at: number,
): Turn => {
  if (!graph.get('host', fqdn)) return { refused: `there is no host ${fqdn} any more` };
  const { plan, reboot } = plans[place]!;
  const lost = reboot && rebootRightEnded(graph, fqdn, reboot, at);
  if (lost) return { refused: lost.rejection.message };
  const beginBy = at + beginWithinUsual * 1000;
  const decision = orderedProcedure(graph, { fqdn, plan, by, beginBy }, at);
  if ('same' in decision) return { events: decision.events, operation: decision.same };
  if (!decision.ok) return { refused: decision.rejection.message };
  const note = reboot && { ...reboot, overridden: [...reboot.overridden] };
  const why: EventDraft[] = note ? [{ type: 'RebootOrdered', data: { fqdn, ...note } }] : [];
  return { events: [...decision.events, ...why], operation: null };
};

/** The campaigns that have not ended. */
export const openCampaigns = (graph: ReadGraph): CampaignRow[] =>
  [...graph.all('campaign')].filter(({ ended }) => ended === null);

/** What became of what was begun; undefined: it is under way. */
const endOf = (
  graph: ReadGraph,
  { procedure }: OpenTurn,
): { outcome: CampaignOutcome; detail: string } | undefined => {
  const row = graph.get('procedure', procedure);
  if (!row) return { outcome: 'failed', detail: 'the machine was removed meanwhile' };
  if (!isOver(row)) return undefined;
  return { outcome: row.state as CampaignOutcome, detail: row.detail };
};

/** What follows for a campaign from what has ended. */
export const campaignEvents = (graph: ReadGraph, row: CampaignRow): EventDraft[] => {
  const { created: ordered } = row;
  const ended = row.open.flatMap((turn): EventDraft[] => {
    const end = endOf(graph, turn);
    if (!end) return [];
    const data = { ordered, fqdn: turn.fqdn, outcome: end.outcome, detail: clipped(end.detail) };
    return [{ type: 'CampaignMachineEnded', data }];
  });
  if (ended.length > 0) return ended;
  const stop = stopOf(row);
  if (stop !== null)
    return [
      { type: 'CampaignStopped', data: { ordered, why: 'failures', detail: stop, by: null } },
    ];
  return isThrough(row) ? [{ type: 'CampaignEnded', data: { ordered } }] : [];
};
