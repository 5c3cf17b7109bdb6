/**
 * What an endpoint is. Each is said once, beside the schemas of its subject: the station binds a handler to it, the
 * client makes its call of it, and the OpenAPI document and the reference are written from it.
 *
 * There are five kinds. A `read` sees the cluster, now or as it was; an `ask` is about now only; a `command` changes
 * the cluster; an `action` is a command that sets off long work; a `tell` reaches an agent and is recorded nowhere.
 */

import type { Static, TObject, TProperties, TSchema } from 'typebox';
import type { DryRun } from './outcome.ts';
import { awaited, conditions, dryRun, forced, keyed, moment, patience } from './parameters.ts';

/** What is asked of a token. `public`: nothing; `any`: a valid one. */
export type Access =
  | 'public'
  | 'any'
  | 'viewer'
  | 'note-taker'
  | 'operator'
  /** Whoever has the right; its command asks for the grant, by which alone it is done. */
  | 'power'
  | 'admin'
  | 'agent'
  /** An agent's, also one whose host was removed. */
  | 'agent-or-retired'
  /** That of the process in the path, or the role. */
  | 'own-or-viewer'
  | 'own-or-operator';

/**
 * What a token that is bound to projects may have of it: `machine`: all, where the path or the body names a machine of
 * its projects, or what is on one; `shown`: an answer that holds nothing else; `each`: all, where query or body
 * names machines of its projects, of each of which the handler asks whether it may. Absent: nothing.
 */
export type Lent = 'machine' | 'shown' | 'each';

/** What they are about, in the order of the reference. */
export const tags = {
  cluster: 'The cluster as a whole',
  fleet: 'All machines at a glance',
  hosts: 'Machines',
  nodes: 'Hosts that are members of the cluster',
  processes: 'What runs on nodes',
  projects: 'Who machines are lent to',
  obms: 'Out-of-band managers of machines',
  events: 'The log',
  station: 'The station itself',
  tokens: 'Access',
} as const;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * Which station of several answers it. `any`: the one that is asked, from the log and the graph, as each other would at
 * that revision; `itself`: the one that is asked, about itself; `leader`: the one that leads, to which the others pass it
 * on: it changes something, or takes what only the leading station has in memory.
 */
export type AnsweredBy = 'any' | 'itself' | 'leader';

/** What is said of every endpoint. */
interface Said {
  /** Beneath `/api/v1`, unless it is `bare`. */
  readonly path: `/${string}`;
  readonly bare?: true;
  readonly access: Access;
  readonly lent?: Lent;
  readonly tag: keyof typeof tags;
  /** One line without a full stop. */
  readonly summary: string;
  readonly description?: string;
  /** The parts of the path that vary, in its order. */
  readonly params?: TProperties;
  /** Parameters of its own. */
  readonly query?: TProperties;
  /** The answer, where it is JSON. */
  readonly reply: TSchema;
  /** Answers by media type, where it has others than JSON. */
  readonly content?: Readonly<Record<string, TSchema>>;
  /** Whether 304 is answered to who has the same already. */
  readonly tagged?: true;
  /** Whether the client says how long the answer may be held back. */
  readonly patient?: true;
  /** Whether it answers 303 and where to go, with nothing else. */
  readonly seeOther?: true;
  /** Whether it goes on until somebody ends it, so that HEAD makes no sense. */
  readonly stream?: true;
  /** Absent: `any` of what is only looked at, else `leader`. */
  readonly answeredBy?: AnsweredBy;
}

interface SaidOfChange extends Said {
  readonly method: Exclude<Method, 'GET'>;
  readonly body?: TSchema;
  /** Whether a request may come without one: it is empty then. */
  readonly bodyOptional?: true;
  /** Bytes of the body; absent: as many as a station takes of any. */
  readonly bodyBytesMax?: number;
  /** Whether 201 is answered where something was made. */
  readonly creates?: true;
  /** Whether 202 is answered, and where its progress is. */
  readonly begins?: true;
  /** What a dry run answers; absent: the events. */
  readonly plan?: TSchema;
  /** Absent: `by-key`. */
  readonly repeat?: Repeat;
}

/**
 * How a client may send a request again when it does not know what became of it: as it is, by the key that it was sent
 * with, or not at all.
 */
type Repeat = 'as-it-is' | 'by-key' | 'never';

export interface Endpoint extends Said, Omit<SaidOfChange, 'method'> {
  readonly kind: 'read' | 'ask' | 'command' | 'action' | 'tell';
  readonly method: Method;
  readonly params: TProperties;
  readonly query: TProperties;
  readonly headers: TProperties;
  readonly repeat: Repeat;
  readonly answeredBy: AnsweredBy;
}

type Flat<T> = { [K in keyof T]: T[K] };
/** A field of what is said, or that there is nothing. */
type Of<E, F extends string> = E extends { readonly [N in F]: infer P extends TProperties }
  ? P
  : Record<never, TSchema>;

type Completed<E extends Said, Q extends TProperties, F> = Flat<
  Omit<E, 'params' | 'query' | 'path' | 'answeredBy' | keyof F> &
    F & {
      readonly path: E extends { readonly bare: true } ? E['path'] : `/api/v1${E['path']}`;
      readonly params: Of<E, 'params'>;
      readonly query: Flat<Of<E, 'query'> & Q>;
      readonly headers: TProperties;
      readonly answeredBy: AnsweredBy;
    }
>;

interface Getting {
  readonly method: 'GET';
  readonly repeat: 'as-it-is';
}

/** Only who shows a token waits. */
type AwaitedBy<E> = E extends { readonly bare: true } | { readonly access: 'public' }
  ? Record<never, TSchema>
  : typeof awaited;

type RepeatOf<E, Usual> = E extends { readonly repeat: infer R extends Repeat } ? R : Usual;

const completed = (
  said: Said,
  query: TProperties,
  headers: TProperties,
  fixed: { readonly kind: Endpoint['kind']; readonly method?: 'GET'; readonly repeat: Repeat },
): unknown => ({
  answeredBy: fixed.method === 'GET' ? 'any' : 'leader',
  ...said,
  path: said.bare ? said.path : `/api/v1${said.path}`,
  params: said.params ?? {},
  query: { ...said.query, ...query },
  headers: { ...headers, ...(said.patient ? patience : {}) },
  ...fixed,
});

/** Sees the cluster, now or as it was. */
export const read = <const E extends Said>(
  said: E,
): Completed<E, typeof moment & typeof awaited, Getting & { readonly kind: 'read' }> =>
  completed(
    said,
    { ...moment, ...awaited },
    {},
    { kind: 'read', method: 'GET', repeat: 'as-it-is' },
  ) as never;

/** Is about now: the station itself, its agents, a stream. */
export const ask = <const E extends Said>(
  said: E,
): Completed<E, AwaitedBy<E>, Getting & { readonly kind: 'ask' }> =>
  completed(
    said,
    said.bare || said.access === 'public' ? {} : awaited,
    {},
    { kind: 'ask', method: 'GET', repeat: 'as-it-is' },
  ) as never;

/** Changes the cluster, at once. */
export const command = <const E extends SaidOfChange>(
  said: E,
): Completed<
  E,
  typeof dryRun,
  { readonly kind: 'command'; readonly repeat: RepeatOf<E, 'by-key'> }
> => {
  const { repeat = 'by-key' } = said;
  const headers = { ...(repeat === 'by-key' ? keyed : {}), ...conditions };
  return completed(said, dryRun, headers, { kind: 'command', repeat }) as never;
};

/** Sets off long work: 202 and an operation. */
export const action = <const E extends SaidOfChange>(
  said: E,
): Completed<
  E,
  typeof dryRun & typeof forced,
  { readonly kind: 'action'; readonly repeat: 'by-key' }
> =>
  completed(
    said,
    { ...dryRun, ...forced },
    { ...keyed, ...conditions, ...patience },
    {
      kind: 'action',
      repeat: 'by-key',
    },
  ) as never;

/** An action that cannot be forced. */
export const order = <const E extends SaidOfChange>(
  said: E,
): Completed<E, typeof dryRun, { readonly kind: 'action'; readonly repeat: 'by-key' }> =>
  completed(
    said,
    dryRun,
    { ...keyed, ...conditions, ...patience },
    { kind: 'action', repeat: 'by-key' },
  ) as never;

/** Reaches agents; it changes nothing of the cluster. */
export const tell = <const E extends SaidOfChange>(
  said: E,
): Completed<
  E,
  Record<never, TSchema>,
  { readonly kind: 'tell'; readonly repeat: RepeatOf<E, 'never'> }
> => completed(said, {}, {}, { kind: 'tell', repeat: said.repeat ?? 'never' }) as never;

export const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === 'object' && value !== null && 'kind' in value && 'access' in value;

/** The endpoints among what a file of the contract exports. */
export type EndpointsOf<M> = {
  readonly [N in keyof M as M[N] extends Endpoint ? N : never]: M[N] extends Endpoint
    ? M[N]
    : never;
};

export type ParamsOf<E extends Endpoint> = Static<TObject<E['params']>>;
export type QueryOf<E extends Endpoint> = Static<TObject<E['query']>>;
export type BodyOf<E extends Endpoint> = E extends { readonly body: infer B extends TSchema }
  ? Static<B>
  : undefined;
export type ReplyOf<E extends Endpoint> = Static<E['reply']>;
/** What a dry run answers. */
export type PlanOf<E extends Endpoint> = E extends { readonly kind: 'command' | 'action' }
  ? E extends { readonly plan: infer P extends TSchema }
    ? Static<P>
    : DryRun
  : never;
