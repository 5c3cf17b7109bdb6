/** One thing is done with many machines, a few at a time. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/campaigns.ts';
import type { CampaignPlan } from '../../contract/campaigns.ts';
import type { Operation } from '../../contract/operations.ts';
import { campaignId } from '../../core/graph/rows/campaigns.ts';
import { reinstallUsual } from '../../core/values/procedures.ts';
import type { Plan } from '../../core/values/procedures.ts';
import type { Station } from '../../station/station.ts';
import { machinesOfCampaign } from '../../station/queries/campaign-progress.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import type { Campaigns } from '../many/campaigns.ts';
import type { AskedOfMany } from '../many/campaigns.ts';
import { rebootMany } from '../many/reboots.ts';
import { campaignView, machineView } from '../views/campaigns.ts';

export const campaignHandlers = (
  station: Station,
  campaigns: Campaigns,
): Handlers<typeof contract> => {
  const operate = (
    request: FastifyRequest,
    reply: FastifyReply,
    asked: AskedOfMany,
    plan: Plan,
  ): Promise<Operation | CampaignPlan> => {
    const { machines, leftOut } = campaigns.meant(request, asked, 'operate');
    return campaigns.order(request, reply, asked, {
      ...{ plans: [{ plan, reboot: null }], leftOut },
      machines: machines.map((fqdn) => ({ fqdn, plan: 0 })),
    });
  };

  return {
    rebootMany: (request, reply) => rebootMany(station, campaigns, request, reply, request.body),

    reinstallMany: (request, reply) => {
      const { wait_up = reinstallUsual, ...asked } = request.body;
      const { force = false } = request.query;
      return operate(request, reply, asked, { kind: 'reinstall', wait_up, force });
    },

    releaseMany: (request, reply) => {
      const { force = false } = request.query;
      return operate(request, reply, request.body, { kind: 'release', force });
    },

    listCampaigns: async () => {
      const rows = [...station.graph.all('campaign')].sort((a, b) => b.created - a.created);
      const list = { revision: station.head, items: rows.map(campaignView) };
      await station.settled();
      return list;
    },

    getCampaign: (request, reply) =>
      station.longReads.run(askerOf(reply), async () => {
        const { id } = request.params;
        const { limit = 1000, cursor = '0', state } = request.query;
        const { graph, head: revision } = station;
        const row = graph.get('campaign', campaignId(id));
        const isOwn = row?.by === principalOf(request);
        if (!row || (isMember(request) && !isOwn))
          throw new ApiError('not-found', `there is no campaign ${id}, or none any more`);
        const items = [];
        let place = 0;
        let next: string | null = null;
        for (const machine of machinesOfCampaign(graph, row)) {
          place += 1;
          if (place <= Number(cursor) || (state !== undefined && machine.state !== state)) continue;
          if (items.length === limit) {
            next = String(place - 1);
            break;
          }
          items.push(machineView(machine));
        }
        const seen = { revision, ...campaignView(row), items, next };
        await station.settled();
        return seen;
      }),
  };
};
