/** The agents of the hosts: who is heard from, and how much they log. */

import type * as agents from '../../contract/agents.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { json, pageText, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';

/** What an agent must know of the protocol to log more on request. */
const minorNeeded = 2;

const agentView = (station: Station, { fqdn, state, facts }: HostRow): agents.Agent => {
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

const hostIn = (station: Station, fqdn: string): HostRow => {
  const row = station.graph.get('host', fqdn);
  if (!row) throw new ApiError('unknown-host', `there is no host ${fqdn}`);
  return row;
};

export const agentHandlers = (station: Station): Handlers<typeof agents> => ({
  listAgents: (request, reply) =>
    readLong(station, reply, undefined, json, (moment, graph) => {
      const paged: Paged<'host'> = {
        kind: 'host',
        keys: (after, count) => graph.keysAfter('host', after, count),
        view: (row) => agentView(station, row),
      };
      return pageText(moment, paged, request.query);
    }),

  getAgent: (request) => agentView(station, hostIn(station, request.params.fqdn)),

  setTraces: (request) => {
    const { fqdn } = hostIn(station, request.params.fqdn);
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
    return agentView(station, hostIn(station, fqdn));
  },
});
