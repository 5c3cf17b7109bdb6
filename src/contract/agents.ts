/** The agents of the hosts. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask, tell } from './endpoint.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import { Fqdn, HostState, nullable, strict } from './values.ts';

/** The agent of a host, as this station hears of it. */
export const Agent = Type.Object({
  host: Type.String(),
  connected: Type.Boolean(),
  version: nullable(Type.String({ description: 'As last reported.' })),
  protocol: nullable(Type.String({ description: 'Of the open connection, as in `1.2`.' })),
  heard: nullable(
    Type.Integer({
      description:
        'When it was last heard from, ms since the epoch; null: not since the station started.',
    }),
  ),
  state: HostState,
  traces: Type.Boolean({ description: 'Whether it is told to log all that it does.' }),
});

export const AgentPage = page(Agent);

export const TracesBody = Type.Object({ enabled: Type.Boolean() }, strict);

export type Agent = Static<typeof Agent>;
export type TracesBody = Static<typeof TracesBody>;

const params = { fqdn: Fqdn };

export const listAgents = ask({
  answeredBy: 'leader',
  path: '/agents',
  access: 'viewer',
  tag: 'hosts',
  summary: 'The agents of all hosts',
  query: paging,
  reply: AgentPage,
});

export const getAgent = ask({
  answeredBy: 'leader',
  path: '/agents/:fqdn',
  params,
  access: 'viewer',
  tag: 'hosts',
  summary: 'The agent of a host',
  reply: Agent,
});

export const setTraces = tell({
  method: 'PUT',
  path: '/agents/:fqdn/traces',
  params,
  repeat: 'as-it-is',
  access: 'operator',
  tag: 'hosts',
  summary: 'Let an agent log all that it does, or no more than it was started with',
  description:
    'At once, without a restart. It holds until it is taken back or the station ends; an agent that comes back ' +
    'meanwhile is told again. It is not recorded in the log of events.',
  body: TracesBody,
  reply: Agent,
});
