/** What the API takes and answers, for those who may import the client but not the API. */

export type { ReportedFacts } from '../contract/agent-protocol.ts';
export type { Agent, TracesBody } from '../contract/agents.ts';
export type { ResetBody, SyncBody, Synced } from '../contract/cluster.ts';
export type { ConsoleConnection, OpenedConsole } from '../contract/consoles.ts';
export type { EventPage, EventReply, Why } from '../contract/events.ts';
export type {
  FleetAnswer,
  FleetHost,
  FleetMachine,
  FleetQuery,
  FleetSummary,
} from '../contract/fleet.ts';
export type {
  CodesOffered,
  RecoveryCodes,
  Session,
  SessionBody,
  User,
  UserBody,
} from '../contract/users.ts';
export type { Check, CheckList, CheckRun, CheckRunBody } from '../contract/checks.ts';
export type { Audit, Deed } from '../contract/audit.ts';
export type { Can, Policy, PolicyBody, PolicyChecked, PolicyRule } from '../contract/policy.ts';
export type { Grant, GrantBody, GrantList } from '../contract/grants.ts';
export type {
  HistoryEntry,
  HistoryKind,
  HistoryPage,
  NoteList,
} from '../contract/machine-history.ts';
export type { Measurements } from '../contract/measurements.ts';
export type { LogMoments } from '../contract/moments.ts';
export type { Host, HostBody, Maintenance, Recovery, RenameBody } from '../contract/hosts.ts';
export type { Dump, LoadBody, Loaded, LoadPlan } from '../contract/load.ts';
export type { Node, NodeBody } from '../contract/nodes.ts';
export type {
  BootDeviceBody,
  LightBody,
  RefreshBody,
  Obm,
  ObmBody,
  Power,
  PowerBody,
} from '../contract/obms.ts';
export type { Holder, ProcedurePlan } from '../contract/procedures.ts';
export type { Operation, OperationItem, OperationPage, Scaled } from '../contract/operations.ts';
export type {
  ConsoleInfo,
  Inventory,
  ObmIdentity,
  SensorList,
  SystemEventList,
} from '../contract/obm-readings.ts';
export type { Age } from '../contract/obm-ages.ts';
export type { Done, DryRun } from '../contract/outcome.ts';
export type { Configuration, LeaseBody, StateBody } from '../contract/owned.ts';
export type { Page } from '../contract/page.ts';
export type { ProblemDetails } from '../contract/problem.ts';
export type {
  Added,
  OverrideBody,
  Process,
  ProcessBody,
  ScaleBody,
} from '../contract/processes.ts';
export type {
  Campaign,
  CampaignList,
  CampaignMachine,
  CampaignMachines,
  CampaignPlan,
  RebootManyBody,
  ReinstallManyBody,
  ReleaseManyBody,
} from '../contract/campaigns.ts';
export type { MachinesActed, MachinesPlan } from '../contract/machine-actions.ts';
export type { Group, GroupList, GroupSourceState, ResolvedNodeset } from '../contract/groups.ts';
export type { MachinesBody, MemberBody, Project, ProjectBody } from '../contract/projects.ts';
export type { EngineInfo, LogInfo, Sequences, StationInfo } from '../contract/station.ts';
export type { KnownStation, StationBody, StationList } from '../contract/stations.ts';
export type { Status, StatusHost, StatusProcess } from '../contract/status.ts';
export type { Incident, Suggestion, SuggestionItem } from '../contract/suggestions.ts';
export type { Role, RoleHost, RoleItem } from '../contract/roles.ts';
export type { RebootBody } from '../contract/reboots.ts';
export type { IssuedToken, Token, TokenBody } from '../contract/tokens.ts';
export type { VarList, VarsBody } from '../contract/vars.ts';

/** A moment in the life of the cluster: a revision, ms since the epoch, or an ISO time. */
export type Moment = number | string;

export interface RequestOptions {
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends RequestOptions {
  /** The cluster as it was then; absent: as it is. */
  readonly at?: Moment | undefined;
}

export interface ListOptions extends ReadOptions {
  /** Items a page, at most; absent: what the station thinks right. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

export interface CommandOptions extends RequestOptions {
  /**
   * Two requests with one key are one request; at most 128 characters. Absent: a random key, made
   * once a call.
   */
  readonly idempotencyKey?: string | undefined;
  /** Refuse unless the cluster is still at this revision. */
  readonly ifMatch?: number | undefined;
  /** Say which events would be appended, and append none. */
  readonly dryRun?: boolean | undefined;
}

export interface LoadOptions extends CommandOptions {
  /** Remove what the files do not declare any more. */
  readonly prune?: boolean | undefined;
}

export interface ActionOptions extends CommandOptions {
  /** Although running processes of the node require it. */
  readonly force?: boolean | undefined;
}

export type ConfigurationFormat = 'json' | 'env' | 'yaml';
export type GraphFormat = 'json' | 'dot' | 'kv';
