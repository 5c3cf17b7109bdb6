/** What the client knows of an endpoint while it runs. */

import type { EndpointName, Endpoints } from '../contract/catalogue.ts';
import type { Endpoint, QueryOf } from '../contract/endpoint.ts';

/** What has to be known of an endpoint to call it. */
export interface Route extends Pick<Endpoint, 'method' | 'path' | 'repeat'> {
  /** Whether it takes one. */
  readonly body?: true;
  readonly query?: readonly string[];
}

interface RouteOf<E extends Endpoint> extends Route {
  readonly method: E['method'];
  readonly path: E['path'];
  readonly repeat: E['repeat'];
  readonly body?: E extends { readonly body: object } ? true : never;
  readonly query?: readonly (keyof QueryOf<E> & string)[];
}

export type Routes = { readonly [N in EndpointName]: RouteOf<Endpoints[N]> };
