/** Calls of the API, as the contract has them: the parts of the path, then the body, then what is optional. */

import type { EndpointName, Endpoints } from '../contract/catalogue.ts';
import type { BodyOf, Endpoint, ParamsOf, PlanOf, QueryOf, ReplyOf } from '../contract/endpoint.ts';
import { randomId } from './random-id.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { jsonOf } from './transport.ts';
import type { Query, Request, Transport } from './transport.ts';
import type { CommandOptions, DryRun, Moment, RequestOptions } from './types.ts';

/** What a command answers: with `dryRun`, what it would do. */
export type Reply<T, O extends CommandOptions, P = DryRun> = O extends { readonly dryRun: true }
  ? P
  : O extends { readonly dryRun: boolean | undefined }
    ? T | P
    : T;

export interface PatientOptions extends RequestOptions {
  /** Seconds for which the answer may be held back while the operation runs. */
  readonly wait?: number | undefined;
}

type Parts<Path, P> = Path extends `${string}/:${infer N}/${infer Rest}`
  ? [P[N & keyof P], ...Parts<`/${Rest}`, P>]
  : Path extends `${string}/:${infer N}`
    ? [P[N & keyof P]]
    : [];

type Body<E extends Endpoint> = BodyOf<E> extends undefined ? [] : [body: BodyOf<E>];

type Named<Q> = {
  readonly [N in Exclude<keyof Q, 'dry_run'>]?: (N extends 'at' ? Moment : Q[N]) | undefined;
};

type IsPatient<E> = E extends { readonly kind: 'action' } | { readonly patient: true }
  ? true
  : false;

/** What may be said with a call. */
export type OptionsOf<E extends Endpoint> = Named<QueryOf<E>> &
  (E['kind'] extends 'command' | 'action' ? CommandOptions : RequestOptions) &
  (IsPatient<E> extends true ? PatientOptions : RequestOptions);

type Call<E extends Endpoint> = E['kind'] extends 'command' | 'action'
  ? <O extends OptionsOf<E>>(
      ...given: [...Parts<E['path'], ParamsOf<E>>, ...Body<E>, options?: O]
    ) => Promise<Reply<ReplyOf<E>, O, PlanOf<E>>>
  : (
      ...given: [...Parts<E['path'], ParamsOf<E>>, ...Body<E>, options?: OptionsOf<E>]
    ) => Promise<ReplyOf<E>>;

/** One call an endpoint, by its name. */
export type Calls = { readonly [N in EndpointName]: Call<Endpoints[N]> };

type Options = CommandOptions & PatientOptions & Readonly<Record<string, unknown>>;

/** What is not said, or not so, is left to the station. */
const queryOf = (names: readonly string[], { dryRun, ...options }: Options): Query => {
  const said: Readonly<Record<string, unknown>> = { ...options, dry_run: dryRun };
  const worthSaying = names.filter((name) => said[name] !== undefined && said[name] !== false);
  return Object.fromEntries(worthSaying.map((name) => [name, said[name]])) as Query;
};

/** The request of a call. */
export const requestOf = (name: EndpointName, given: readonly unknown[]): Request => {
  const route: Route = routes[name];
  const rest = [...given];
  const path = route.path.replaceAll(/:\w+/g, () => encodeURIComponent(String(rest.shift())));
  const body = route.body ? rest.shift() : undefined;
  const options = (rest.shift() ?? {}) as Options;
  const { idempotencyKey, ifMatch, wait, signal } = options;
  // One key for all attempts of a call: a station that took the command and broke off is not asked twice.
  const key = route.repeat === 'by-key' ? (idempotencyKey ?? randomId()) : undefined;
  return {
    method: route.method,
    path,
    query: queryOf(route.query ?? [], options),
    headers: {
      'idempotency-key': key,
      'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"`,
      prefer: wait === undefined ? undefined : `wait=${wait}`,
    },
    body,
    repeatable: route.repeat !== 'never',
    signal,
  };
};

export const createCalls = (transport: Transport): Calls => {
  const callOf =
    (name: EndpointName) =>
    async (...given: readonly unknown[]): Promise<unknown> =>
      jsonOf(await transport.send(requestOf(name, given)));
  const names = Object.keys(routes) as EndpointName[];
  return Object.fromEntries(names.map((name) => [name, callOf(name)])) as unknown as Calls;
};
