/** Makes a host known before its agent has reported. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { lackOfRoom } from './room.ts';

export interface RegisterHost {
  readonly type: 'RegisterHost';
  readonly fqdn: string;
}

export const registerHost: Decide<RegisterHost> = (graph, { fqdn }) =>
  graph.get('host', fqdn)
    ? unchanged
    : (lackOfRoom(graph, 1) ?? decided([{ type: 'HostRegistered', data: { fqdn } }]));
