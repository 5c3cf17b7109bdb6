/** The agents of the hosts: who is heard from, and how much they log. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { TracesBody } from '../../contract/bodies.ts';
import { Agent, AgentPage } from '../../contract/station-replies.ts';
import { Fqdn, strict } from '../../contract/values.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { Station } from '../../station/station.ts';
import { ApiError } from '../errors.ts';
import { json, pageParameters, pageText, readLong } from '../reads.ts';

const AgentPath = Type.Object({ fqdn: Fqdn });

/** What an agent must know of the protocol to log more on request. */
const minorNeeded = 2;

const agentView = (station: Station, { fqdn, state, facts }: HostRow): Agent => {
  const session = station.agents.sessionOf(fqdn);
  const silence = station.agents.silenceMs(fqdn);
  return {
    host: fqdn,
    connected: session !== null,
    version: facts?.version ?? null,
    protocol: session?.protocol ?? null,
    heard: silence === null ? null : Math.round(station.now() - silence),
    state,
    traces: station.agents.isTraced(fqdn),
  };
};

const hostIn = (station: Station, request: FastifyRequest): HostRow => {
  const { fqdn } = request.params as { fqdn: string };
  const row = station.graph.get('host', fqdn);
  if (!row) throw new ApiError('unknown-host', `there is no host ${fqdn}`);
  return row;
};

export const agentRoutes = (app: FastifyInstance, station: Station): void => {
  app.get<{ Querystring: { limit?: number; cursor?: string } }>(
    '/agents',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The agents of all hosts',
        tags: ['hosts'],
        querystring: Type.Object(pageParameters, strict),
        response: { 200: AgentPage },
      },
    },
    (request, reply) =>
      readLong(station, reply, undefined, json, (moment) => {
        const view = (row: HostRow): Agent => agentView(station, row);
        return pageText(moment, { kind: 'host', view }, request.query);
      }),
  );

  app.get(
    '/agents/:fqdn',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The agent of a host',
        tags: ['hosts'],
        params: AgentPath,
        response: { 200: Agent },
      },
    },
    (request) => agentView(station, hostIn(station, request)),
  );

  app.put<{ Body: TracesBody }>(
    '/agents/:fqdn/traces',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Let an agent log all that it does, or no more than it was started with',
        description:
          'At once, without a restart. It holds until it is taken back or the station ends; an agent that comes back ' +
          'meanwhile is told again. It is not recorded in the log of events.',
        tags: ['hosts'],
        params: AgentPath,
        body: TracesBody,
        response: { 200: Agent },
      },
    },
    (request) => {
      const { fqdn } = hostIn(station, request);
      const session = station.agents.sessionOf(fqdn);
      if (!session) throw new ApiError('agent-away', `the agent of ${fqdn} is not connected`);
      if (session.minor < minorNeeded)
        throw new ApiError(
          'agent-too-old',
          `the agent of ${fqdn} is too old to change what it logs; install this release there and restart it`,
        );
      const { enabled } = request.body;
      station.agents.setTraced(fqdn, enabled);
      request.log.info({ host: fqdn, enabled, token: request.credential?.id }, 'traces');
      return agentView(station, hostIn(station, request));
    },
  );
};
