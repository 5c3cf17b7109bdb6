/** The whole contract: every endpoint by its name, and every schema by its own. */

import type { TSchema } from 'typebox';
import { ReportedFacts } from './agent-protocol.ts';
import * as agents from './agents.ts';
import * as campaigns from './campaigns.ts';
import * as checks from './checks.ts';
import * as audit from './audit.ts';
import * as cluster from './cluster.ts';
import * as consoles from './consoles.ts';
import { isEndpoint } from './endpoint.ts';
import type { EndpointsOf } from './endpoint.ts';
import * as events from './events.ts';
import * as grants from './grants.ts';
import * as fleet from './fleet.ts';
import * as groups from './groups.ts';
import * as health from './health.ts';
import * as hosts from './hosts.ts';
import * as load from './load.ts';
import * as machineActions from './machine-actions.ts';
import * as machineHistory from './machine-history.ts';
import * as maintenance from './maintenance.ts';
import * as measurements from './measurements.ts';
import * as moments from './moments.ts';
import * as nodes from './nodes.ts';
import * as obmReadings from './obm-readings.ts';
import * as obms from './obms.ts';
import * as operations from './operations.ts';
import * as outcome from './outcome.ts';
import * as output from './output.ts';
import * as owned from './owned.ts';
import * as policy from './policy.ts';
import * as problem from './problem.ts';
import * as procedures from './procedures.ts';
import * as processes from './processes.ts';
import * as projects from './projects.ts';
import * as reboots from './reboots.ts';
import * as roles from './roles.ts';
import * as station from './station.ts';
import * as stations from './stations.ts';
import * as status from './status.ts';
import * as suggestions from './suggestions.ts';
import * as tokens from './tokens.ts';
import * as users from './users.ts';
import * as values from './values.ts';
import * as vars from './vars.ts';

const subjects = {
  ...agents,
  ...campaigns,
  ...checks,
  ...audit,
  ...cluster,
  ...consoles,
  ...events,
  ...grants,
  ...fleet,
  ...groups,
  ...health,
  ...hosts,
  ...load,
  ...machineActions,
  ...machineHistory,
  ...maintenance,
  ...measurements,
  ...moments,
  ...nodes,
  ...obmReadings,
  ...obms,
  ...operations,
  ...output,
  ...owned,
  ...procedures,
  ...policy,
  ...processes,
  ...projects,
  ...reboots,
  ...roles,
  ...station,
  ...stations,
  ...status,
  ...suggestions,
  ...tokens,
  ...users,
  ...vars,
};

/** Every endpoint by name: what the handler of the station, the method of the client and the operation are called. */
export type Endpoints = EndpointsOf<typeof subjects>;
export type EndpointName = keyof Endpoints;

type Exported = Readonly<Record<string, unknown>>;

const among = (exported: Exported, is: (name: string, value: unknown) => boolean): Exported =>
  Object.fromEntries(Object.entries(exported).filter(([name, value]) => is(name, value)));

export const endpoints = among(subjects, (_name, value) => isEndpoint(value)) as Endpoints;

/** What the files of the contract export under a capital letter has that name in the document. */
export const schemas = among(
  { ...subjects, ...outcome, ...problem, ...values, ReportedFacts },
  (name) => /^[A-Z]/.test(name),
) as Readonly<Record<string, TSchema>>;
