/** Campaigns as the API shows them. */

import type { Campaign, CampaignMachine } from '../../contract/campaigns.ts';
import type { CampaignRow } from '../../core/graph/rows/campaigns.ts';
import { countsOf, stateOf } from '../../station/queries/campaign-progress.ts';
import type { MachineOfCampaign } from '../../station/queries/campaign-progress.ts';

export const campaignView = (row: CampaignRow): Campaign => {
  const { created: id, plans, policy, by: actor, override, reason, at, ended, stopped } = row;
  return {
    ...{ id, what: plans[0]!.plan.kind, state: stateOf(row) as Campaign['state'] },
    ...{ stopped: stopped?.detail ?? null, policy: { ...policy }, counts: countsOf(row) },
    ...{ actor, override, reason, at, ended },
  };
};

export const machineView = ({ fqdn: host, ...machine }: MachineOfCampaign): CampaignMachine => ({
  host,
  ...machine,
});
