/** Hosts and nodes. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { agentMessageBytesMax, ReportedFacts } from '../../contract/agent-protocol.ts';
import { HostBody, NodeBody } from '../../contract/bodies.ts';
import { Added, Done, Host, HostPage, Node, NodePage } from '../../contract/replies.ts';
import type { DryRun } from '../../contract/replies.ts';
import { FidText, Fqdn, HostState } from '../../contract/values.ts';
import type { NodeRow } from '../../core/graph/rows/processes.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { HostFacts } from '../../core/values/host-facts.ts';
import type { SteadyWork } from '../../station/fair-use/steady-work.ts';
import type { Station } from '../../station/station.ts';
import { factsFrom, requireAddress } from '../agent-facts.ts';
import { CommandHeaders, CommandQuery, isDryRun, PreconditionHeaders, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { json, pageParameters, pageText, read, readLong, readQuery } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { hostView, nodeView } from '../views/hosts.ts';
import { addedView } from '../views/processes.ts';

const HostsQuery = readQuery({
  ...pageParameters,
  state: Type.Optional({ ...HostState, description: 'Only hosts in this state.' }),
});
const NodesQuery = readQuery(pageParameters);
interface Kept {
  readonly done: Done;
  /** By which the host is known then. */
  readonly agent: string | undefined;
}

const HostPath = Type.Object({ fqdn: Fqdn });
const NodePath = Type.Object({ fid: FidText });

export const hostRoutes = (app: FastifyInstance, station: Station, reported: SteadyWork): void => {
  app.get<{ Querystring: Static<typeof HostsQuery> }>(
    '/hosts',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Hosts',
        tags: ['hosts'],
        querystring: HostsQuery,
        response: { 200: HostPage },
      },
    },
    (request, reply) =>
      readLong(station, reply, request.query.at, json, (moment) => {
        const { state } = request.query;
        const paged: Paged<'host'> = {
          kind: 'host',
          matches: (row) => state === undefined || row.state === state,
          view: (row) => hostView(moment.graph, row),
        };
        return pageText(moment, paged, request.query);
      }),
  );

  app.post<{ Body: HostBody }>(
    '/hosts',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Make a host known before its agent reports',
        tags: ['hosts'],
        body: HostBody,
        querystring: CommandQuery,
        headers: CommandHeaders,
        response: { 201: Host },
      },
    },
    (request, reply) => {
      const { fqdn } = request.body;
      const view = (graph: Station['graph']): Host => hostView(graph, graph.must('host', fqdn));
      return run(station, request, reply, { type: 'RegisterHost', fqdn }, view, true);
    },
  );

  app.get<{ Params: { fqdn: string }; Querystring: { at?: string } }>(
    '/hosts/:fqdn',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'One host',
        tags: ['hosts'],
        params: HostPath,
        querystring: readQuery({}),
        response: { 200: Host },
      },
    },
    (request, reply) =>
      read(station, reply, request.query.at, ({ graph }) => {
        const row = graph.get('host', request.params.fqdn);
        if (!row) throw new ApiError('unknown-host', `there is no host ${request.params.fqdn}`);
        return hostView(graph, row);
      }),
  );

  app.put<{ Params: { fqdn: string }; Body: ReportedFacts }>(
    '/hosts/:fqdn/facts',
    {
      config: { access: 'agent', idempotent: true },
      bodyLimit: agentMessageBytesMax,
      schema: {
        summary: 'Report that a host is up, and what it is like',
        description:
          'What an agent does over its WebSocket, for hosts that report by other means. What a report ' +
          'does not say is as it was; ' +
          'the first one names the address, unless it comes from there. No heartbeat is expected of such ' +
          'a host until an agent of it connects or the station restarts; from then on silence makes it down.',
        tags: ['hosts'],
        params: HostPath,
        body: ReportedFacts,
        querystring: CommandQuery,
        headers: PreconditionHeaders,
        response: { 200: Done },
      },
    },
    async (request, reply) => {
      const { fqdn } = request.params;
      const known = station.graph.get('host', fqdn)?.facts;
      requireAddress(request.body, request.ip, known);
      const facts: HostFacts = factsFrom(request.body, request.ip, known);
      const { id, role, host: speaksFor } = request.credential!;
      const keep = (): Promise<Kept | DryRun> =>
        run(
          station,
          request,
          reply,
          { type: 'ReportNodeUp', fqdn, facts, speaksFor },
          (graph, commit, revision) => ({
            done: { revision, changed: commit !== null },
            agent: graph.must('host', fqdn).facts?.agent,
          }),
        );
      // What is asked about one revision is not to be overtaken by what is asked about another.
      const isOneOfMany =
        role !== 'admin' && request.headers['if-match'] === undefined && !isDryRun(request);
      const answer = await (isOneOfMany ? reported.run(`${id} ${fqdn} by request`, keep) : keep());
      if ('dry_run' in answer) return answer;
      if (answer.agent !== facts.agent)
        throw new ApiError('host-claimed', `another machine is ${fqdn} already`, {
          field: 'agent',
        });
      return answer.done;
    },
  );

  app.get<{ Querystring: Static<typeof NodesQuery> }>(
    '/nodes',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Nodes',
        tags: ['nodes'],
        querystring: NodesQuery,
        response: { 200: NodePage },
      },
    },
    (request, reply) =>
      readLong(station, reply, request.query.at, json, (moment) => {
        const view = (row: NodeRow): Node => nodeView(moment.graph, row);
        return pageText(moment, { kind: 'node', view }, request.query);
      }),
  );

  app.get<{ Params: { fid: string }; Querystring: { at?: string } }>(
    '/nodes/:fid',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'One node',
        tags: ['nodes'],
        params: NodePath,
        querystring: readQuery({}),
        response: { 200: Node },
      },
    },
    (request, reply) =>
      read(station, reply, request.query.at, ({ graph }) => {
        const row = graph.get('node', parseFid(request.params.fid)!);
        if (!row) throw new ApiError('unknown-node', `there is no node ${request.params.fid}`);
        return nodeView(graph, row);
      }),
  );

  app.post<{ Body: NodeBody }>(
    '/nodes',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Add the processes of several roles to a host',
        description: 'One commit: all of them or none. The host becomes a node if it is none yet.',
        tags: ['nodes'],
        body: NodeBody,
        querystring: CommandQuery,
        headers: CommandHeaders,
        response: { 201: Added },
      },
    },
    (request, reply) => {
      const { host, roles, tokens = false } = request.body;
      const declared = roles.map(({ name, overrides }) => ({
        name,
        overrides: (overrides ?? {}) as never,
      }));
      return run(
        station,
        request,
        reply,
        { type: 'AddProcesses', host, roles: declared, tokens },
        (graph, commit, revision) =>
          addedView(
            graph,
            host,
            commit,
            revision,
            tokens ? (fid) => station.access.processToken(fid).token : null,
          ),
        true,
      );
    },
  );
};
