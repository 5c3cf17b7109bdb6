/** Which machines a request about many means, and how it becomes a campaign. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CampaignPlan, ReleaseManyBody } from '../../contract/campaigns.ts';
import type { Operation } from '../../contract/operations.ts';
import type { LeftOut, OrderCampaign } from '../../core/commands/order-campaign.ts';
import type { EventData } from '../../core/events/catalogue.ts';
import { allows } from '../../core/rights/rights.ts';
import type { Action } from '../../core/rights/rights.ts';
import { wavesOf } from '../../core/values/campaigns.ts';
import type { CampaignPolicy } from '../../core/values/campaigns.ts';
import { expandNodeset, foldNodeset } from '../../nodeset/nodeset.ts';
import type { Station } from '../../station/station.ts';
import type { Actions } from '../actions.ts';
import { principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import { ApiError } from '../errors.ts';
import { nodesetRefused } from '../routes/groups.ts';

/** What every request about many machines says. */
export type AskedOfMany = ReleaseManyBody;

export interface Meant {
  readonly machines: readonly string[];
  /** Those that are not there, or that he has no right to; none unless `partial` allows it. */
  readonly leftOut: readonly LeftOut[];
}

const wavesShown = 100;
/** Named in a refusal. */
const shown = 10;

export class Campaigns {
  readonly #station: Station;
  readonly #actions: Actions;

  constructor(station: Station, actions: Actions) {
    this.#station = station;
    this.#actions = actions;
  }

  /**
   * The machines that are meant, in the order in which they are named.
   *
   * @param action which he must be allowed of each
   * @throws {ApiError} there is no such nodeset or machine, he has no right to one, or they are not as many as he says
   */
  meant(request: FastifyRequest, asked: AskedOfMany, action: Action): Meant {
    const { partial = 'refuse', count, override = false, reason } = asked;
    if (override && reason === undefined)
      throw new ApiError('invalid-request', 'override takes a reason', { field: 'reason' });
    const names = this.#namesIn(request, asked.nodes);
    mustCount(names.length, count);
    const { graph } = this.#station;
    const who = request.credential!;
    const refused: { fqdn: string; code: 'unknown-host' | 'forbidden'; reason: string }[] = [];
    const machines = names.filter((fqdn) => {
      const host = { kind: 'host', fqdn } as const;
      const isSeen = graph.get('host', fqdn) && allows(graph, who, 'look', host).allowed;
      const code = isSeen ? 'forbidden' : 'unknown-host';
      if (isSeen && allows(graph, who, action, host, { at: request.askedAt }).allowed) return true;
      const why = isSeen ? `the token may not ${action} ${fqdn}` : `there is no host ${fqdn}`;
      refused.push({ fqdn, code, reason: why });
      return false;
    });
    const [first] = refused;
    if (first && (partial !== 'allow' || machines.length === 0)) {
      const more = refused.length > shown ? `; and ${refused.length - shown} more` : '';
      const said = refused.slice(0, shown).map((one) => one.reason);
      const none =
        names.length === 1
          ? ''
          : `${refused.length} of ${names.length} machines may not be, so none is: `;
      throw new ApiError(first.code, `${none}${said.join('; ')}${more}`, { field: 'nodes' });
    }
    return { machines, leftOut: refused.map(({ fqdn, reason: why }) => ({ fqdn, reason: why })) };
  }

  /** Orders it, or tells what would be. */
  async order(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: AskedOfMany,
    what: Pick<OrderCampaign, 'plans' | 'machines' | 'leftOut'>,
  ): Promise<Operation | CampaignPlan> {
    const answer = await this.#actions.take(request, reply, {
      ...{ type: 'OrderCampaign', ...what, policy: policyOf(asked) },
      partial: asked.partial === 'allow',
      by: principalOf(request),
      override: asked.override ?? false,
      reason: asked.reason ?? null,
    });
    if (!('dry_run' in answer)) return answer;
    return { ...answer, ...planOf(policyOf(asked), answer.events) };
  }

  /** Who sees machines of projects only is told of no others, so that groups mean nothing to him. */
  #namesIn(request: FastifyRequest, nodes: string): readonly string[] {
    try {
      if (isMember(request)) return [...new Set(expandNodeset(nodes))];
      const { hosts, unmatched } = this.#station.groups.nodesets.resolve(nodes);
      return [...hosts, ...unmatched];
    } catch (error) {
      const refused = nodesetRefused(error);
      if (refused instanceof ApiError && refused.code === 'invalid-request')
        throw new ApiError('invalid-request', refused.message, { field: 'nodes' });
      throw refused;
    }
  }
}

/** Who asks for several says how many they are. */
const mustCount = (found: number, count: number | undefined): void => {
  if (found === 0)
    throw new ApiError('invalid-request', 'these are no machines', { field: 'nodes' });
  if (count === found || (count === undefined && found === 1)) return;
  const meant = count === undefined ? 'say how many you mean' : `and not ${count}`;
  throw new ApiError('invalid-request', `these are ${found} machines, ${meant}`, {
    field: 'count',
  });
};

const policyOf = (asked: AskedOfMany): CampaignPolicy => ({
  canary: asked.canary ?? true,
  max_parallel: asked.max_parallel ?? 1,
  per_chassis: asked.per_chassis ?? 1,
  stagger: asked.stagger ?? 0,
  stop_after: asked.stop_after ?? 1,
});

const planOf = (
  policy: CampaignPolicy,
  events: readonly { readonly type: string; readonly data: unknown }[],
): Omit<CampaignPlan, 'dry_run' | 'revision' | 'events'> => {
  const ordered = events.find(({ type }) => type === 'CampaignOrdered');
  const { machines = [], left_out: leftOut = [] } = (ordered?.data ?? {}) as Partial<
    EventData<'CampaignOrdered'>
  >;
  const { waves, total } = wavesOf(policy, machines, wavesShown);
  return {
    ...{ policy: { ...policy }, machines: machines.length, waves_total: total },
    waves: waves.map((names) => foldNodeset(names)),
    left_out: leftOut.map(({ fqdn: host, reason }) => ({ host, reason })),
  };
};
