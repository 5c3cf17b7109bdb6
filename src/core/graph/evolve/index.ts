/**
 * What each event changes in the graph. Total and deterministic: an event in the log has happened
 * and cannot be refused.
 */

import type { EventDraft, EventType } from '../../events/catalogue.ts';
import type { Evolve, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { campaignEvolvers } from './campaigns.ts';
import { checkEvolvers } from './checks.ts';
import { clusterEvolvers } from './cluster.ts';
import { consoleConnectionEvolvers } from './console-connections.ts';
import { credentialEvolvers } from './credentials.ts';
import { grantEvolvers } from './grants.ts';
import { hostReturnEvolvers } from './host-return.ts';
import { hostEvolvers } from './hosts.ts';
import { maintenanceEvolvers } from './maintenance.ts';
import { noteEvolvers } from './notes.ts';
import { obmNewsEvolvers } from './obm-news.ts';
import { obmOrderEvolvers } from './obm-orders.ts';
import { obmEvolvers } from './obms.ts';
import { procedureEvolvers } from './procedures.ts';
import { policyEvolvers } from './policy.ts';
import { processEvolvers } from './processes.ts';
import { projectEvolvers } from './projects.ts';
import { rebootEvolvers } from './reboots.ts';
import { recoveryEvolvers } from './recovery.ts';
import { removalEvolvers } from './removal.ts';
import { requestEvolvers } from './requests.ts';
import { stationEvolvers } from './stations.ts';
import { userEvolvers } from './users.ts';
import { wantedEvolvers } from './wanted.ts';

/** A file here for each in `core/events/`; a type that none of them knows does not compile. */
const evolvers: { readonly [T in EventType]: Evolve<T> } = {
  ...clusterEvolvers,
  ...hostEvolvers,
  ...recoveryEvolvers,
  ...maintenanceEvolvers,
  ...processEvolvers,
  ...wantedEvolvers,
  ...removalEvolvers,
  ...policyEvolvers,
  ...userEvolvers,
  ...credentialEvolvers,
  ...grantEvolvers,
  ...projectEvolvers,
  ...obmEvolvers,
  ...obmOrderEvolvers,
  ...procedureEvolvers,
  ...campaignEvolvers,
  ...rebootEvolvers,
  ...consoleConnectionEvolvers,
  ...obmNewsEvolvers,
  ...checkEvolvers,
  ...noteEvolvers,
  ...hostReturnEvolvers,
  ...stationEvolvers,
  ...requestEvolvers,
};

/** Applies one event. */
export const evolve = (graph: Graph, draft: EventDraft, position: Position): void => {
  const apply = evolvers[draft.type] as Evolve<EventType>;
  apply(graph, draft.data, position);
};
