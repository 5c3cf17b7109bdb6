/** Something is to be done with many machines, a few at a time: all of them are accepted in one commit, or none is. */

import { decided, unchanged } from '../decision.ts';
import type { Decide, Decision } from '../decision.ts';
import type { EventData, EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { campaignId } from '../graph/rows/campaigns.ts';
import { isOver } from '../graph/rows/procedures.ts';
import { varOf } from '../graph/vars.ts';
import { openCampaigns } from '../procedures/campaign.ts';
import { orderedProcedure } from '../procedures/ordered.ts';
import {
  campaignDetailLength,
  campaignMachinesMax,
  campaignPlansMax,
  campaignsOpenMax,
} from '../values/campaigns.ts';
import type { CampaignPolicy } from '../values/campaigns.ts';
import type { Plan } from '../values/procedures.ts';
import { blastRadius } from '../values/reboots.ts';
import type { RebootNote } from '../values/reboots.ts';
import { reject } from '../values/rejection.ts';
import type { Refused, Rejection } from '../values/rejection.ts';
import { useGrants } from './grants.ts';
import type { UseOfGrants } from './grants.ts';

export interface LeftOut {
  readonly fqdn: string;
  readonly reason: string;
}

export interface OrderCampaign {
  readonly type: 'OrderCampaign';
  /** What is done with each, and why, where it is a reboot, which takes a grant. */
  readonly plans: readonly {
    readonly plan: Plan;
    readonly reboot: Omit<RebootNote, 'grant'> | null;
  }[];
  readonly policy: CampaignPolicy;
  /** In the order in which they have their turns, each once. */
  readonly machines: readonly { readonly fqdn: string; readonly plan: number }[];
  /** Those that were asked for, too, and are known not to be wanted. */
  readonly leftOut: readonly LeftOut[];
  /** Leave out those that are refused, instead of refusing all. */
  readonly partial: boolean;
  /** Who asks; absent: the station itself. */
  readonly by?: string;
  /** Although they are more than may be at once. */
  readonly override: boolean;
  readonly reason: string | null;
}

export const orderCampaign: Decide<OrderCampaign> = (graph, command, { at }) => {
  const { machines, plans, policy, leftOut, by = null, override, reason, partial } = command;
  const tooMany = lackOfRoom(graph, command);
  if (tooMany) return tooMany;
  const taken = takenMachines(graph);
  const refused = new Map<string, Rejection>();
  for (const { fqdn, plan } of machines) {
    const wished = { fqdn, plan: plans[plan]!.plan, by, beginBy: at };
    const refusal =
      takenBy(taken, fqdn) ??
      refusalOf(orderedProcedure(graph, wished, at)) ??
      (partial ? lackOfGrant(graph, command, fqdn, plan, at) : undefined);
    if (refusal) refused.set(fqdn, refusal.rejection);
  }
  const left = machines.filter(({ fqdn }) => !refused.has(fqdn));
  if (refused.size > 0 && (!partial || left.length === 0))
    return refusedWhole([...refused], machines.length);
  const tooWide = override ? null : beyondRadius(graph, left.length);
  if (tooWide) return tooWide;
  const used = byGrants(graph, command, left, at);
  if (!used.ok) return used;
  const data = {
    ...{ plans: used.plans, policy, by, override, reason },
    machines: used.machines.map(({ fqdn, plan }) => ({
      ...{ fqdn, chassis: chassisOf(graph, fqdn), plan },
    })),
    left_out: [
      ...leftOut,
      ...Array.from(refused, ([fqdn, { message }]) => ({
        ...{ fqdn, reason: message.slice(0, campaignDetailLength) },
      })),
    ],
  };
  return decided([...used.events, { type: 'CampaignOrdered', data }]);
};

type Machines = OrderCampaign['machines'];

/** What is done with each, with the grant by which it may be. */
type ByGrants =
  | {
      readonly ok: true;
      readonly plans: EventData<'CampaignOrdered'>['plans'];
      readonly machines: Machines;
      readonly events: readonly EventDraft[];
    }
  | Refused;

const useOf = ({ plans, reason }: OrderCampaign, machines: Machines): UseOfGrants | null => {
  const notes = new Map(machines.map(({ fqdn, plan }) => [fqdn, plans[plan]!.reboot]));
  const [first] = notes.values();
  if (!first) return null;
  return {
    ...{ credential: first.credential, action: 'power', machines: [...notes.keys()] },
    reason: reason ?? first.reason,
    suggested: (fqdn) => {
      const note = notes.get(fqdn);
      return note !== null && note?.symptom !== null && note?.overridden.length === 0;
    },
  };
};

/** Why one may not be rebooted by a grant; undefined: it may, or is not to be. */
const lackOfGrant = (
  graph: Graph,
  command: OrderCampaign,
  fqdn: string,
  plan: number,
  at: number,
): Refused | undefined => {
  const use = useOf(command, [{ fqdn, plan }]);
  const used = use && useGrants(graph, use, at);
  return used && !used.ok ? used : undefined;
};

/** The uses of all grants are one use of each machine. Machines that are alike, and have one grant, have one plan. */
const byGrants = (
  graph: Graph,
  command: OrderCampaign,
  machines: Machines,
  at: number,
): ByGrants => {
  const use = useOf(command, machines);
  if (!use) {
    const plans = command.plans.map(({ plan }) => ({ plan, reboot: null }));
    return { ok: true, plans, machines, events: [] };
  }
  const used = useGrants(graph, use, at);
  if (!used.ok) return used;
  const plans: EventData<'CampaignOrdered'>['plans'] = [];
  const places = new Map<string, number>();
  const placed = machines.map(({ fqdn, plan: asked }) => {
    const grant = used.grants.get(fqdn)!;
    const key = `${asked}/${grant}`;
    const place = places.get(key) ?? plans.length;
    if (place === plans.length) {
      const { plan, reboot } = command.plans[asked]!;
      plans.push({ plan, reboot: { ...reboot!, overridden: [...reboot!.overridden], grant } });
      places.set(key, place);
    }
    return { fqdn, plan: place };
  });
  return { ok: true, plans, machines: placed, events: used.events };
};

const refusalOf = (decision: ReturnType<typeof orderedProcedure>): Refused | undefined =>
  'same' in decision || decision.ok ? undefined : decision;

const chassisOf = (graph: Graph, fqdn: string): string | null => graph.must('host', fqdn).enclosure;

const lackOfRoom = (graph: Graph, { machines, leftOut, plans }: OrderCampaign): Refused | null => {
  if (machines.length === 0 || machines.length + leftOut.length > campaignMachinesMax)
    return reject(
      'too-many-machines',
      `a campaign is about 1 to ${campaignMachinesMax} machines, not ${machines.length + leftOut.length}`,
    );
  if (plans.length > campaignPlansMax)
    return reject('too-large', `a campaign does at most ${campaignPlansMax} different things`);
  if (openCampaigns(graph).length < campaignsOpenMax) return null;
  return reject(
    'too-many-campaigns',
    `${campaignsOpenMax} campaigns are under way already, which is the most`,
    { retryAfter: 60 },
  );
};

/** Machines with which something is done in stages now, or is to be in a campaign. */
const machinesAhead = (graph: Graph): number => {
  let count = 0;
  for (const row of graph.all('procedure')) if (!isOver(row)) count += 1;
  for (const { machines, next, ahead, stopped } of openCampaigns(graph))
    if (stopped === null) count += machines.length - next - ahead.length;
  return count;
};

/** So many at once are a mistake, unless somebody says otherwise. */
const beyondRadius = (graph: Graph, more: number): Refused | null => {
  const ahead = machinesAhead(graph);
  const most = blastRadius(graph.count('host'), varOf(graph, 'reboot_blast_radius'));
  if (ahead + more <= most) return null;
  const besides = ahead === 0 ? '' : `, with the ${ahead} that are under way or to come`;
  return reject(
    'blast-radius',
    `${more} machines are more than may be at once${besides}: ${most} of ${graph.count('host')} ` +
      '(reboot_blast_radius); override and a reason do it all the same',
  );
};

/** By machine, the campaign in which it is to have its turn, or has it. */
const takenMachines = (graph: Graph): ReadonlyMap<string, number> => {
  const taken = new Map<string, number>();
  for (const { created, machines, next, ahead, open, stopped } of openCampaigns(graph)) {
    for (const { fqdn } of open) taken.set(fqdn, created);
    if (stopped !== null) continue;
    const begun = new Set(ahead);
    for (let i = next; i < machines.length; i++)
      if (!begun.has(i)) taken.set(machines[i]!.fqdn, created);
  }
  return taken;
};

const takenBy = (taken: ReadonlyMap<string, number>, fqdn: string): Refused | undefined => {
  const other = taken.get(fqdn);
  if (other === undefined) return undefined;
  return reject('in-campaign', `${fqdn} is in the campaign ${other}, which has not ended`, {
    subject: fqdn,
  });
};

/** Named in a message. */
const shown = 10;

const refusedWhole = (refused: readonly (readonly [string, Rejection])[], of: number): Decision => {
  const [[, first]] = refused as [readonly [string, Rejection]];
  if (of === 1) return { ok: false, rejection: first };
  const named = refused.slice(0, shown).map(([, { message }]) => message);
  const more = refused.length > shown ? `; and ${refused.length - shown} more` : '';
  const all = `${refused.length} of ${of} machines may not be, so none is: ${named.join('; ')}${more}`;
  return { ok: false, rejection: { ...first, message: all } };
};

export interface CancelCampaign {
  readonly type: 'CancelCampaign';
  /** The commit that ordered it. */
  readonly ordered: number;
  /** Who asks. */
  readonly by: string;
}

/** What was not begun is not; what is under way goes on. */
export const cancelCampaign: Decide<CancelCampaign> = (graph, { ordered, by }) => {
  const row = graph.get('campaign', campaignId(ordered));
  if (!row)
    return reject(
      'not-cancellable',
      `the campaign ${ordered} is over, and not remembered any more`,
    );
  if (row.stopped?.why === 'cancelled') return unchanged;
  if (row.ended !== null || row.stopped !== null)
    return reject(
      'not-cancellable',
      `the campaign ${ordered} ${row.ended === null ? `has stopped: ${row.stopped!.detail}` : 'is over'}`,
    );
  const data = { ordered, why: 'cancelled', detail: `cancelled by ${by}`, by } as const;
  return decided([{ type: 'CampaignStopped', data }]);
};
