/** The station's API: one method an endpoint of the contract, and what is more than one plain request. */

import { createCalls, requestOf } from './calls.ts';
import type { Calls, Reply } from './calls.ts';
import { followFleet, followFleetPieces, readFleet } from './fleet.ts';
import type { FleetNow, FleetPiece, FollowFleetOptions } from './fleet.ts';
import { followEvents } from './follow.ts';
import type { FollowOptions } from './follow.ts';
import { followOperation } from './follow-operation.ts';
import type { FollowOperationOptions } from './follow-operation.ts';
import { takeAction } from './actions.ts';
import type { Action } from './actions.ts';
import { readOutput } from './output.ts';
import type { OutputOptions, OutputPiece } from './output.ts';
import { createTransport } from './transport.ts';
import type { ClientOptions } from './transport.ts';
import type {
  Agent,
  CommandOptions,
  ConfigurationFormat,
  Done,
  EventPage,
  EventReply,
  FleetQuery,
  GraphFormat,
  LoadBody,
  LoadOptions,
  LoadPlan,
  Operation,
  ActionOptions,
  Moment,
  ReadOptions,
  RequestOptions,
  Synced,
} from './types.ts';

export type { Reply } from './calls.ts';
export type { Action } from './actions.ts';

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

/** What differs from the plain call of its endpoint, or has none of its own. */
interface Adapted {
  /** What `load` would do now. */
  planLoad(body: LoadBody, options?: LoadOptions): Promise<LoadPlan>;
  /** Tells the agents of these hosts, or of all, once more what they have to run. */
  sync(hosts?: readonly string[], options?: RequestOptions): Promise<Synced>;
  /** Sets off long work; `operation` tells how far it is. */
  act<O extends ActionOptions>(action: Action, options?: O): Promise<Reply<Operation, O>>;
  /** @param waitSeconds how long the answer may be held back while the operation runs */
  operation(id: number, waitSeconds: number, options?: RequestOptions): Promise<Operation>;
  /** How far an operation is, whenever that changes, through broken connections; ends with it. */
  followOperation(id: number, options?: FollowOperationOptions): AsyncGenerator<Operation>;
  /** Sets the lease of an independent process, or renews it. */
  leaseProcess<O extends CommandOptions>(
    fid: string,
    seconds: number,
    options?: O & { readonly instance?: string },
  ): Promise<Reply<Done, O>>;
  /** The configuration as text; undefined while it still has the tag `etag`. */
  readConfiguration(
    fid: string,
    format: ConfigurationFormat,
    options?: ReadOptions & { readonly etag?: string | undefined },
  ): Promise<TaggedConfiguration | undefined>;
  /** What a managed process writes, as it comes. Throws `OutputBroken` where that ends early. */
  readOutput(fid: string, options?: OutputOptions): AsyncGenerator<OutputPiece>;
  /** The resource graph as text, piece by piece. */
  graph(format: GraphFormat, options?: ReadOptions): Promise<ReadableStream<Uint8Array>>;
  listEvents(options?: EventsOptions): Promise<EventPage>;
  /**
   * Every event from now on, or from a revision, through broken connections; ends only by its
   * signal or an error.
   */
  followEvents(options?: FollowOptions): AsyncGenerator<EventReply>;
  /** The fleet, again and again as it changes; ends only by its signal or an error. */
  followFleet(options?: FollowFleetOptions): AsyncGenerator<FleetNow>;
  /** The same in pieces, so that thousands of machines hold nobody up. */
  followFleetPieces(options?: FollowFleetOptions): AsyncGenerator<FleetPiece>;
  /** The fleet once, in pieces. */
  readFleet(
    options?: FollowFleetOptions & { readonly at?: Moment | undefined },
  ): AsyncGenerator<FleetPiece>;
  /** The fleet as the station writes it in a form other than JSON, piece by piece. */
  fleetText(query: FleetQuery, options?: RequestOptions): Promise<ReadableStream<Uint8Array>>;
  /** Lets an agent log all that it does, or no more than it was started with. */
  setTraces(fqdn: string, enabled: boolean, options?: RequestOptions): Promise<Agent>;
  /** Whether a station runs. */
  healthy(options?: RequestOptions): Promise<boolean>;
  /** Prometheus's text. */
  metrics(options?: RequestOptions): Promise<string>;
}

/**
 * Every method throws `ApiError` for what the station refuses and `UnreachableError` where none
 * answers.
 */
export interface Client extends Omit<Calls, keyof Adapted | 'output' | 'showConsole'>, Adapted {}

/** A client of one cluster. Throws a `TypeError` for a station's URL that is none. */
export const createClient = (clientOptions: ClientOptions): Client => {
  const transport = createTransport(clientOptions);
  const calls = createCalls(transport);
  const adapted: Adapted = {
    planLoad: (body, options = {}) => calls.load(body, { ...options, dryRun: true }),
    sync: (hosts, options) => calls.sync(hosts ? { hosts: [...hosts] } : {}, options),
    act: (action, options) => takeAction(calls, action, options),
    operation: (id, wait, options) => calls.operation(id, { ...options, wait }),
    followOperation: (id, options = {}) => followOperation(transport, id, options),
    leaseProcess: <O extends CommandOptions>(
      fid: string,
      seconds: number,
      options?: O & { readonly instance?: string },
    ) => {
      const instance = options?.instance;
      const body = { seconds, ...(instance === undefined ? {} : { instance }) };
      return calls.leaseProcess<O>(fid, body, options);
    },
    readConfiguration: async (fid, format, { etag, ...options } = {}) => {
      const request = requestOf('getConfiguration', [fid, { ...options, format }]);
      const headers = { accept: '*/*', 'if-none-match': etag };
      const answer = await transport.send({ ...request, headers });
      if (answer.status === 304) return undefined;
      return { etag: answer.headers.get('etag'), text: answer.text };
    },
    readOutput: (fid, options = {}) => readOutput(transport, fid, options),
    graph: async (format, options) => {
      const request = requestOf('graph', [{ ...options, format }]);
      return (await transport.open({ ...request, headers: { accept: '*/*' } })).body;
    },
    listEvents: ({ types, ...options } = {}) =>
      calls.listEvents({ ...options, ...(types ? { type: [...types] } : {}) }),
    followEvents: (options = {}) => followEvents(transport, options),
    followFleet: (options = {}) => followFleet(transport, options),
    followFleetPieces: (options = {}) => followFleetPieces(transport, options),
    readFleet: (options = {}) => readFleet(transport, options),
    fleetText: async (query, options) => {
      const request = requestOf('fleet', [{ ...query, ...options }]);
      return (await transport.open({ ...request, headers: { accept: '*/*' } })).body;
    },
    setTraces: (fqdn, enabled, options) => calls.setTraces(fqdn, { enabled }, options),
    healthy: async (options) => {
      const request = requestOf('healthy', [options]);
      return (await transport.send({ ...request, headers: { accept: '*/*' } })).status === 200;
    },
    metrics: async (options) => {
      const request = requestOf('metrics', [options]);
      return (await transport.send({ ...request, headers: { accept: '*/*' } })).text;
    },
  };
  return { ...calls, ...adapted };
};
