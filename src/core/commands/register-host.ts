/** Makes a host known before its agent has reported. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';

export interface RegisterHost {
  readonly type: 'RegisterHost';
  readonly fqdn: string;
}

export const registerHost: Decide<RegisterHost> = (graph, { fqdn }) =>
  graph.get('host', fqdn) ? unchanged : decided([{ type: 'HostRegistered', data: { fqdn } }]);
