/** All rules, in the order in which they react. */

import type { EventType } from '../events/catalogue.ts';
import { allocateDeclaredRoles } from './allocate-declared-roles.ts';
import { advanceCampaigns } from './advance-campaigns.ts';
import { advanceProcedures } from './advance-procedures.ts';
import { handOverMachines } from './hand-over-machines.ts';
import { recoverHosts } from './recover-hosts.ts';
import { runProcesses } from './run-processes.ts';
import type { Rule } from './rule.ts';

/**
 * Version of the rule set, recorded in snapshots. It grows when a rule changes; commits made by
 * older rules are replayed as they were decided.
 */
export const rulesVersion = 14;

export const rules: readonly Rule[] = [
  ...allocateDeclaredRoles,
  ...runProcesses,
  ...recoverHosts,
  ...handOverMachines,
  ...advanceProcedures,
  ...advanceCampaigns,
];

const byEvent = new Map<EventType, Rule[]>();
for (const rule of rules)
  for (const type of rule.on) byEvent.set(type, [...(byEvent.get(type) ?? []), rule]);

const none: readonly Rule[] = [];

export const rulesFor = (type: EventType): readonly Rule[] => byEvent.get(type) ?? none;
