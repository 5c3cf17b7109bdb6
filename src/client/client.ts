/** The station's API, one method an endpoint. */

import { followEvents } from './follow.ts';
import type { FollowOptions } from './follow.ts';
import { readOutput } from './output.ts';
import type { OutputOptions, OutputPiece } from './output.ts';
import { orderRoute, segment } from './orders.ts';
import type { Order } from './orders.ts';
import { createTransport, jsonOf } from './transport.ts';
import type { ClientOptions, Query, Request } from './transport.ts';
import type {
  Added,
  Agent,
  CommandOptions,
  Configuration,
  ConfigurationFormat,
  Done,
  DryRun,
  Dump,
  EngineInfo,
  EventPage,
  EventReply,
  GraphFormat,
  Host,
  HostBody,
  IssuedToken,
  LeaseBody,
  ListOptions,
  LoadBody,
  Loaded,
  LoadOptions,
  LoadPlan,
  LogInfo,
  Node,
  NodeBody,
  Operation,
  Scaled,
  OrderOptions,
  OverrideBody,
  Page,
  Process,
  ProcessBody,
  ProcessFilter,
  ReadOptions,
  ReportedFacts,
  RequestOptions,
  ResetBody,
  ScaleBody,
  Sequences,
  StateBody,
  StationInfo,
  Status,
  StatusOptions,
  SyncBody,
  Synced,
  Token,
  TokenBody,
  VarList,
  VarsBody,
  Why,
} from './types.ts';

export type { Order } from './orders.ts';

/** What a command answers: with `dryRun`, the events that it would append. */
export type Reply<T, O extends CommandOptions> = O extends { readonly dryRun: true }
  ? DryRun
  : O extends { readonly dryRun: boolean | undefined }
    ? T | DryRun
    : T;

/** A configuration and the tag that it has until it changes. */
export interface TaggedConfiguration {
  readonly etag: string | null;
  /** As the station wrote it, in the format that was asked for. */
  readonly text: string;
}

export interface EventsOptions extends RequestOptions {
  /** Events after this revision; absent: from the first. */
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
  readonly types?: readonly string[] | undefined;
}

/**
 * Every method throws `ApiError` for what the station refuses and `UnreachableError` where none
 * answers.
 */
export interface Client {
  whoami(options?: RequestOptions): Promise<Token>;
  load<O extends LoadOptions>(body: LoadBody, options?: O): Promise<Reply<Loaded, O>>;
  /** What `load` would do now. */
  planLoad(body: LoadBody, options?: LoadOptions): Promise<LoadPlan>;
  dump(options?: ReadOptions): Promise<Dump>;
  status(options?: StatusOptions): Promise<Status>;
  /** Forgets what is wanted and what has failed. */
  reset<O extends CommandOptions>(body: ResetBody, options?: O): Promise<Reply<Done, O>>;
  /** Tells the agents of these hosts, or of all, once more what they have to run. */
  sync(hosts?: readonly string[], options?: RequestOptions): Promise<Synced>;

  listHosts(options?: ListOptions): Promise<Page<Host>>;
  getHost(fqdn: string, options?: ReadOptions): Promise<Host>;
  addHost<O extends CommandOptions>(body: HostBody, options?: O): Promise<Reply<Host, O>>;

  /** For hosts that report by other means than an agent. */
  reportFacts<O extends CommandOptions>(
    fqdn: string,
    body: ReportedFacts,
    options?: O,
  ): Promise<Reply<Done, O>>;

  listNodes(options?: ListOptions): Promise<Page<Node>>;
  getNode(fid: string, options?: ReadOptions): Promise<Node>;
  addNode<O extends CommandOptions>(body: NodeBody, options?: O): Promise<Reply<Added, O>>;

  listProcesses(options?: ListOptions & ProcessFilter): Promise<Page<Process>>;
  getProcess(fid: string, options?: ReadOptions): Promise<Process>;
  addProcess<O extends CommandOptions>(body: ProcessBody, options?: O): Promise<Reply<Added, O>>;
  /** Sets off long work; `operation` tells how far it is. */
  order<O extends OrderOptions>(order: Order, options?: O): Promise<Reply<Operation, O>>;
  /** @param waitSeconds how long the answer may be held back while the operation runs */
  operation(id: number, waitSeconds: number, options?: RequestOptions): Promise<Operation>;
  overrideState<O extends CommandOptions>(
    fid: string,
    body: OverrideBody,
    options?: O,
  ): Promise<Reply<Done, O>>;
  /** Where processes have to go it is long work, as with `order`. */
  scale<O extends OrderOptions>(
    fqdn: string,
    body: ScaleBody,
    options?: O,
  ): Promise<Reply<Scaled, O>>;
  setVars<O extends CommandOptions>(vars: VarsBody, options?: O): Promise<Reply<Done, O>>;
  reportState<O extends CommandOptions>(
    fid: string,
    body: StateBody,
    options?: O,
  ): Promise<Reply<Done, O>>;
  /** Sets the lease of an independent process, or renews it. */
  leaseProcess<O extends CommandOptions>(
    fid: string,
    seconds: number,
    options?: O & { readonly instance?: string },
  ): Promise<Reply<Done, O>>;
  getConfiguration(fid: string, options?: ReadOptions): Promise<Configuration>;
  /** The configuration as text; undefined while it still has the tag `etag`. */
  readConfiguration(
    fid: string,
    format: ConfigurationFormat,
    options?: ReadOptions & { readonly etag?: string | undefined },
  ): Promise<TaggedConfiguration | undefined>;

  /**
   * What a managed process writes, as it comes. Throws `OutputBroken` where that ends early.
   */
  readOutput(fid: string, options?: OutputOptions): AsyncGenerator<OutputPiece>;
  /** The resource graph as text, piece by piece. */
  graph(format: GraphFormat, options?: ReadOptions): Promise<ReadableStream<Uint8Array>>;
  listEvents(options?: EventsOptions): Promise<EventPage>;
  /**
   * Every event from now on, or from a revision, through broken connections; ends only by its
   * signal or an error.
   */
  followEvents(options?: FollowOptions): AsyncGenerator<EventReply>;
  /** `id`: a fid, a host's name, a role's name, and so on; `kind` where several things have it. */
  why(id: string, options?: ReadOptions & { readonly kind?: string | undefined }): Promise<Why>;
  vars(options?: ReadOptions): Promise<VarList>;
  log(options?: RequestOptions): Promise<LogInfo>;
  engine(options?: RequestOptions): Promise<EngineInfo>;
  /** What takes several steps and is under way; at most `limit` of them, the first that are due. */
  sequences(options?: RequestOptions & { readonly limit?: number | undefined }): Promise<Sequences>;
  station(options?: RequestOptions): Promise<StationInfo>;

  listAgents(options?: Omit<ListOptions, 'at'>): Promise<Page<Agent>>;
  getAgent(fqdn: string, options?: RequestOptions): Promise<Agent>;
  /** Lets an agent log all that it does, or no more than it was started with. */
  setTraces(fqdn: string, enabled: boolean, options?: RequestOptions): Promise<Agent>;

  listTokens(options?: ListOptions): Promise<Page<Token>>;
  issueToken<O extends CommandOptions>(
    body: TokenBody,
    options?: O,
  ): Promise<Reply<IssuedToken, O>>;
  revokeToken<O extends CommandOptions>(id: string, options?: O): Promise<Reply<Done, O>>;

  /** Whether a station runs. */
  healthy(options?: RequestOptions): Promise<boolean>;
  /** Prometheus's text. */
  metrics(options?: RequestOptions): Promise<string>;
  openapi(options?: RequestOptions): Promise<unknown>;
}

const api = '/api/v1';

/** A client of one cluster. Throws a `TypeError` for a station's URL that is none. */
export const createClient = (clientOptions: ClientOptions): Client => {
  const transport = createTransport(clientOptions);

  const read = async <T>(
    path: string,
    options: ReadOptions = {},
    query: Query = {},
  ): Promise<T> => {
    const { at, signal } = options;
    return jsonOf<T>(
      await transport.send({ method: 'GET', path: api + path, query: { ...query, at }, signal }),
    );
  };

  const list = <T>(path: string, options: ListOptions = {}, query: Query = {}): Promise<Page<T>> =>
    read(path, options, { ...query, limit: options.limit, cursor: options.cursor });

  const command = async <T, O extends CommandOptions>(
    method: Request['method'],
    path: string,
    body: unknown,
    options: O | undefined,
    { keyed = true, ...query }: { keyed?: boolean; force?: boolean; prune?: boolean } = {},
  ): Promise<Reply<T, O>> => {
    const { idempotencyKey, ifMatch, dryRun, signal }: CommandOptions = options ?? {};
    const answer = await transport.send({
      method,
      path: api + path,
      query: {
        dry_run: dryRun === true ? true : undefined,
        force: query.force === true ? true : undefined,
        prune: query.prune === true ? true : undefined,
      },
      headers: {
        // One key for all attempts of this call: a station that took the command and broke off is
        // not asked twice.
        'idempotency-key': keyed ? (idempotencyKey ?? crypto.randomUUID()) : undefined,
        'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"`,
      },
      body,
      repeatable: keyed,
      signal,
    });
    return jsonOf<Reply<T, O>>(answer);
  };

  return {
    whoami: (options) => read('/whoami', options),
    load: (body, options) =>
      command('POST', '/load', body, options, { prune: options?.prune === true }),
    planLoad: (body, options = {}) =>
      command(
        'POST',
        '/load',
        body,
        { ...options, dryRun: true },
        { prune: options.prune === true },
      ) as Promise<LoadPlan>,
    dump: (options) => read('/dump', options),
    status: (options = {}) => {
      const { host, problems, summary } = options;
      return read('/status', options, {
        host,
        problems: problems === true ? true : undefined,
        summary: summary === true ? true : undefined,
      });
    },

    reset: (body, options) => command('POST', '/cluster/reset', body, options),
    sync: (hosts, { signal } = {}) =>
      command(
        'POST',
        '/cluster/sync',
        (hosts ? { hosts: [...hosts] } : {}) satisfies SyncBody,
        { signal },
        { keyed: false },
      ),

    listHosts: (options) => list('/hosts', options),
    getHost: (fqdn, options) => read(`/hosts/${segment(fqdn)}`, options),
    addHost: (body, options) => command('POST', '/hosts', body, options),

    reportFacts: (fqdn, body, options) =>
      command('PUT', `/hosts/${segment(fqdn)}/facts`, body, options),

    listNodes: (options) => list('/nodes', options),
    getNode: (fid, options) => read(`/nodes/${segment(fid)}`, options),
    addNode: (body, options) => command('POST', '/nodes', body, options),

    listProcesses: (options = {}) => {
      const { host, node, role, state } = options;
      return list('/processes', options, { host, node, role, state });
    },
    getProcess: (fid, options) => read(`/processes/${segment(fid)}`, options),
    addProcess: (body, options) => command('POST', '/processes', body, options),
    order: (order, options) => {
      const [method, path] = orderRoute(order);
      return command(method, path, undefined, options, { force: options?.force === true });
    },
    operation: async (id, waitSeconds, { signal } = {}) =>
      jsonOf<Operation>(
        await transport.send({
          method: 'GET',
          path: `${api}/operations/${id}`,
          headers: { prefer: `wait=${waitSeconds}` },
          signal,
        }),
      ),
    overrideState: (fid, body, options) =>
      command('PUT', `/processes/${segment(fid)}/override`, body, options),
    scale: (fqdn, body, options) =>
      command('POST', `/hosts/${segment(fqdn)}/scale`, body, options, {
        force: options?.force === true,
      }),
    setVars: (vars, options) => command('PUT', '/vars', vars, options),
    reportState: (fid, body, options) =>
      command('PUT', `/processes/${segment(fid)}/state`, body, options),
    leaseProcess: (fid, seconds, options) =>
      command(
        'PUT',
        `/processes/${segment(fid)}/lease`,
        {
          seconds,
          ...(options?.instance === undefined ? {} : { instance: options.instance }),
        } satisfies LeaseBody,
        options,
      ),
    getConfiguration: (fid, options) => read(`/processes/${segment(fid)}/configuration`, options),
    readConfiguration: async (fid, format, options = {}) => {
      const { at, etag, signal } = options;
      const answer = await transport.send({
        method: 'GET',
        path: `${api}/processes/${segment(fid)}/configuration`,
        query: { format, at },
        headers: { accept: '*/*', 'if-none-match': etag },
        signal,
      });
      if (answer.status === 304) return undefined;
      return { etag: answer.headers.get('etag'), text: answer.text };
    },

    readOutput: (fid, options = {}) => readOutput(transport, fid, options),

    graph: async (format, options = {}) => {
      const { at, signal } = options;
      const headers = { accept: '*/*' };
      const path = `${api}/graph`;
      const query = { format, at };
      return (await transport.open({ method: 'GET', path, query, headers, signal })).body;
    },
    listEvents: ({ from, limit, types, signal } = {}) =>
      read('/events', { signal }, { from, limit, type: types }),
    followEvents: (options = {}) => followEvents(transport, options),
    why: (id, options = {}) => read(`/why/${segment(id)}`, options, { kind: options.kind }),
    vars: (options) => read('/vars', options),
    log: (options) => read('/log', options),
    engine: (options) => read('/engine', options),
    sequences: ({ limit, signal } = {}) => read('/engine/sequences', { signal }, { limit }),
    station: (options) => read('/station', options),

    listAgents: (options) => list('/agents', options),
    getAgent: (fqdn, options) => read(`/agents/${segment(fqdn)}`, options),
    setTraces: async (fqdn, enabled, { signal } = {}) =>
      jsonOf<Agent>(
        await transport.send({
          method: 'PUT',
          path: `${api}/agents/${segment(fqdn)}/traces`,
          body: { enabled },
          signal,
        }),
      ),

    listTokens: (options) => list('/tokens', options),
    issueToken: (body, options) => command('POST', '/tokens', body, options, { keyed: false }),
    revokeToken: (id, options) => command('DELETE', `/tokens/${segment(id)}`, undefined, options),

    healthy: async ({ signal } = {}) =>
      (
        await transport.send({
          method: 'GET',
          path: '/healthz',
          headers: { accept: '*/*' },
          signal,
        })
      ).status === 200,
    metrics: async ({ signal } = {}) =>
      (
        await transport.send({
          method: 'GET',
          path: '/metrics',
          headers: { accept: '*/*' },
          signal,
        })
      ).text,
    openapi: async ({ signal } = {}) =>
      jsonOf(await transport.send({ method: 'GET', path: '/openapi.json', signal })),
  };
};
