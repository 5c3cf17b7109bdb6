/** Tells what became of the machines of a campaign, and stops it where too many failed. */

import { decided, unchanged } from '../decision.ts';
import type { EventOf } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { campaignId } from '../graph/rows/campaigns.ts';
import { campaignEvents, openCampaigns } from '../procedures/campaign.ts';
import { stateRule } from './rule.ts';
import type { Rule } from './rule.ts';

const moving = [
  'ProcedureEnded',
  'HostRemoved',
  'CampaignTurnsTaken',
  'CampaignMachineEnded',
  'CampaignStopped',
] as const;

/** The campaign that an event may bring forward. */
const campaignOf = (graph: Graph, event: EventOf<(typeof moving)[number]>): string | undefined => {
  if (graph.count('campaign') === 0) return undefined;
  if (event.type !== 'ProcedureEnded' && event.type !== 'HostRemoved')
    return campaignId(event.data.ordered);
  // What has ended, or has gone with its machine, is found by its id: the machine may have another name now.
  return openCampaigns(graph).find(({ open }) =>
    open.some(({ procedure }) => {
      const row = graph.get('procedure', procedure);
      return !row || row.host === event.data.fqdn;
    }),
  )?.id;
};

const advance = stateRule({
  name: 'advance-campaign',
  description:
    'What became of a machine of a campaign is told of the campaign, which stops where too many failed.',
  on: moving,
  subject: campaignOf,
  follow: (graph, id) => {
    const row = graph.get('campaign', id);
    const events = row?.ended === null ? campaignEvents(graph, row) : [];
    return events.length === 0 ? unchanged : decided(events);
  },
});

export const advanceCampaigns: readonly Rule[] = [advance];
