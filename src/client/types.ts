/** What the API takes and answers, for those who may import the client but not the API. */

export type {
  HostBody,
  LeaseBody,
  LoadBody,
  NodeBody,
  OverrideBody,
  ProcessBody,
  ResetBody,
  ScaleBody,
  StateBody,
  SyncBody,
  TokenBody,
  TracesBody,
  VarsBody,
} from '../contract/bodies.ts';
export type { Synced } from '../contract/sync.ts';
export type { Loaded, LoadPlan } from '../contract/load.ts';
export type {
  Agent,
  EngineInfo,
  LogInfo,
  Sequences,
  StationInfo,
} from '../contract/station-replies.ts';
export type { ReportedFacts } from '../contract/agent-protocol.ts';
export type {
  Added,
  Configuration,
  Done,
  DryRun,
  Dump,
  EventPage,
  EventReply,
  Host,
  IssuedToken,
  Node,
  Operation,
  Scaled,
  Page,
  ProblemDetails,
  Process,
  Recovery,
  Status,
  StatusHost,
  StatusProcess,
  Token,
  VarList,
  Why,
} from '../contract/replies.ts';

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

export interface OrderOptions extends CommandOptions {
  /** Although running processes of the node require it. */
  readonly force?: boolean | undefined;
}

export interface ProcessFilter {
  readonly host?: string | undefined;
  readonly node?: string | undefined;
  readonly role?: string | undefined;
  readonly state?: string | undefined;
}

export interface StatusOptions extends ReadOptions {
  readonly host?: string | undefined;
  /** Only hosts and processes that something is wrong with. */
  readonly problems?: boolean | undefined;
  /** Only the counts. */
  readonly summary?: boolean | undefined;
}

export type ConfigurationFormat = 'json' | 'env' | 'yaml';
export type GraphFormat = 'json' | 'dot' | 'kv';
