/** What is done with many machines, a few at a time. */

import type { CampaignOutcome, Standing } from '../../values/campaigns.ts';
import type { Plan } from '../../values/procedures.ts';
import type { RebootNote } from '../../values/reboots.ts';
import type { Revision } from '../../values/revision.ts';
import { shown } from './row.ts';
import type { Provenance } from './row.ts';

/** Why nothing more of it is begun. */
export interface CampaignStop {
  readonly why: 'failures' | 'cancelled';
  /** In words. */
  readonly detail: string;
  /** Ms since the epoch. */
  readonly at: number;
}

/** What is done with a machine. */
export interface CampaignPlan {
  readonly plan: Plan;
  /** Why, and by which right; null: it is no reboot. */
  readonly reboot: RebootNote | null;
}

/** Where it stands by its policy, and what it is. */
export interface CampaignRow extends Provenance, Standing {
  /** `campaignId` of the commit that ordered it. */
  readonly id: string;
  /** Those of its machines, by which they are named. */
  readonly plans: readonly CampaignPlan[];
  /** Those that were asked for too, and may not be, and why. */
  readonly leftOut: readonly { readonly fqdn: string; readonly reason: string }[];
  readonly by: string | null;
  /** It was ordered although something spoke against it. */
  readonly override: boolean;
  /** Why, in words; null: nobody said. */
  readonly reason: string | null;
  readonly stopped: CampaignStop | null;
  /** When it was ordered, and when its last machine ended, ms since the epoch; null: it has not. */
  readonly at: number;
  readonly ended: number | null;
}

/** A machine that had its turn. Those that had none are told by their campaign alone. */
export interface TurnRow extends Provenance {
  /** `turnId`. */
  readonly id: string;
  readonly campaign: string;
  readonly fqdn: string;
  /** The operation that was begun, or was under way; null: it was refused. */
  readonly operation: Revision | null;
  /** Ms since the epoch. */
  readonly begun: number;
  readonly ended: number | null;
  /** Null: it is under way. */
  readonly outcome: CampaignOutcome | null;
  readonly detail: string;
}

export const campaignId = (ordered: number): string => `campaign ${ordered}`;

export const turnId = (campaign: string, fqdn: string): string => `${campaign}/${fqdn}`;

export const campaignRows = {
  campaign: shown<CampaignRow>('id'),
  turn: shown<TurnRow>('id'),
};
