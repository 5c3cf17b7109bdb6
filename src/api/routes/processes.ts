/** Processes: adding, looking, configuration, state, removal. */

import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { stringify } from 'yaml';
import { LeaseBody, ProcessBody, StateBody } from '../../contract/bodies.ts';
import { Added, Configuration, Done, Process, ProcessPage } from '../../contract/replies.ts';
import { FidText, ProcessState } from '../../contract/values.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { configurationOf, environmentFile } from '../../core/lifecycle/configuration.ts';
import type { ProcessConfiguration } from '../../core/lifecycle/configuration.ts';
import { byFid, parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Station } from '../../station/station.ts';
import { mustBeOwnOr } from '../auth.ts';
import { CommandHeaders, CommandQuery, done, PreconditionHeaders, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { inFormats } from '../openapi.ts';
import { json, pageParameters, pageText, read, readLong, readQuery } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { addedView, processView } from '../views/processes.ts';

const ProcessesQuery = readQuery({
  ...pageParameters,
  host: Type.Optional(Type.String({ description: 'Only processes of this host.' })),
  node: Type.Optional({ ...FidText, description: 'Only processes of this node.' }),
  role: Type.Optional(Type.String({ description: 'Only processes of this role.' })),
  state: Type.Optional({ ...ProcessState, description: 'Only processes in this state.' }),
});
type ProcessesQuery = Static<typeof ProcessesQuery>;

/** Bytes of what a process says of itself. */
export const reportBytesMax = 16 * 1024;

const ProcessPath = Type.Object({ fid: FidText });

const ConfigurationQuery = readQuery({
  format: Type.Optional(
    Type.Union([Type.Literal('json'), Type.Literal('env'), Type.Literal('yaml')], {
      description: 'Default json.',
    }),
  ),
});

const formats = {
  json: { type: 'application/json', write: (c: ProcessConfiguration) => JSON.stringify(c) },
  env: { type: 'text/plain', write: (c: ProcessConfiguration) => environmentFile(c.environment) },
  yaml: { type: 'application/yaml', write: (c: ProcessConfiguration) => stringify(c) },
} as const;

/** The rows of the host or node that a query is about. */
const candidates = (
  graph: ReadGraph,
  { host, node }: ProcessesQuery,
): { rows?: readonly ProcessRow[] } => {
  if (host === undefined && node === undefined) return {};
  const fids = [
    ...(host === undefined ? [] : [graph.one('runs', host)?.fid]),
    ...(node === undefined ? [] : [parseFid(node)]),
  ];
  const [fid] = fids;
  const isOne = fid && fids.every((other) => other === fid);
  return { rows: isOne ? [...graph.many('hosts', fid)].sort(byFid) : [] };
};

const fidIn = (request: FastifyRequest): Fid => parseFid((request.params as { fid: string }).fid)!;

const processIn = (graph: Graph, fid: Fid): ProcessRow => {
  const row = graph.get('process', fid);
  if (!row) throw new ApiError('unknown-process', `there is no process ${fid}`);
  return row;
};

export const processRoutes = (app: FastifyInstance, station: Station): void => {
  app.get<{ Querystring: ProcessesQuery }>(
    '/processes',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Processes',
        tags: ['processes'],
        querystring: ProcessesQuery,
        response: { 200: ProcessPage },
      },
    },
    (request, reply) =>
      readLong(station, reply, request.query.at, json, (moment) => {
        const { role, state } = request.query;
        const paged: Paged<'process'> = {
          kind: 'process',
          ...candidates(moment.graph, request.query),
          matches: (row) =>
            (role === undefined || row.role === role) &&
            (state === undefined || row.state === state),
          view: (row) => processView(moment.graph, row),
        };
        return pageText(moment, paged, request.query);
      }),
  );

  app.post<{ Body: ProcessBody }>(
    '/processes',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Add the processes of a role to a host',
        description:
          'As many as the role says, in one commit, all of them or none. Answers with the configuration of every ' +
          'process added, the ones that the role requires included. With `lease` the processes of the role, which must be ' +
          'independent, are under a lease from the first moment.',
        tags: ['processes'],
        body: ProcessBody,
        querystring: CommandQuery,
        headers: CommandHeaders,
        response: { 201: Added },
      },
    },
    (request, reply) => {
      const { host, role, overrides = {}, tokens = false, lease } = request.body;
      const roles = [{ name: role, overrides: overrides as never }];
      return run(
        station,
        request,
        reply,
        { type: 'AddProcesses', host, roles, tokens, lease },
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

  app.get<{ Querystring: { at?: string } }>(
    '/processes/:fid',
    {
      config: { access: 'process' },
      schema: {
        summary: 'One process',
        tags: ['processes'],
        params: ProcessPath,
        querystring: readQuery({}),
        response: { 200: Process },
      },
    },
    (request, reply) => {
      const fid = fidIn(request);
      mustBeOwnOr(request, fid, 'viewer');
      return read(station, reply, request.query.at, ({ graph }) =>
        processView(graph, processIn(graph, fid)),
      );
    },
  );

  app.get<{ Querystring: Static<typeof ConfigurationQuery> }>(
    '/processes/:fid/configuration',
    {
      config: { access: 'process' },
      schema: {
        summary: 'The configuration of a process',
        description:
          '`env` is what its environment file holds; systemd and a shell read the same from it. Answers 304 while ' +
          'If-None-Match holds the ETag of what is still current.',
        tags: ['processes'],
        params: ProcessPath,
        querystring: ConfigurationQuery,
        response: {
          200: inFormats({
            'application/json': Configuration,
            'text/plain': Type.String({ description: 'format=env' }),
            'application/yaml': Type.String({ description: 'format=yaml' }),
          }),
          304: Type.Null(),
        },
      },
    },
    async (request, reply) => {
      const fid = fidIn(request);
      mustBeOwnOr(request, fid, 'viewer');
      const configuration = await read(station, reply, request.query.at, ({ graph }) =>
        configurationOf(graph, processIn(graph, fid).fid),
      );
      const { type, write } = formats[request.query.format ?? 'json'];
      return sendTagged(request, reply, type, write(configuration));
    },
  );

  app.put<{ Body: StateBody }>(
    '/processes/:fid/state',
    {
      config: { access: 'process', idempotent: true },
      bodyLimit: reportBytesMax,
      schema: {
        summary: 'Report the state of an independent process',
        description:
          'For its owner. A report that changes nothing leaves no trace in the log. With `instance`, late reports of older ' +
          'runs are refused.',
        tags: ['processes'],
        params: ProcessPath,
        body: StateBody,
        querystring: CommandQuery,
        headers: PreconditionHeaders,
        response: { 200: Done },
      },
    },
    (request, reply) => {
      const fid = fidIn(request);
      mustBeOwnOr(request, fid, 'operator');
      const { state, reason = '', instance } = request.body;
      const command = { type: 'ReportProcessState', fid, state, reason, instance } as const;
      return run(station, request, reply, command, done);
    },
  );

  app.put<{ Body: LeaseBody }>(
    '/processes/:fid/lease',
    {
      config: { access: 'process', idempotent: true },
      bodyLimit: reportBytesMax,
      schema: {
        summary: 'Set or renew the lease of an independent process',
        description:
          'For its owner. A process with a lease that nobody renews in time is failed and removed. Renewing leaves no ' +
          'trace in the log. After a restart of the station every lease is counted from its beginning.',
        tags: ['processes'],
        params: ProcessPath,
        body: LeaseBody,
        querystring: CommandQuery,
        headers: PreconditionHeaders,
        response: { 200: Done },
      },
    },
    (request, reply) => {
      const fid = fidIn(request);
      mustBeOwnOr(request, fid, 'operator');
      const { seconds, instance } = request.body;
      const command = { type: 'LeaseProcess', fid, seconds, instance } as const;
      return run(station, request, reply, command, done);
    },
  );
};

const sendTagged = (
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  body: string,
): FastifyReply => {
  const tag = `"${hash('sha256', body).slice(0, 32)}"`;
  reply.header('etag', tag).header('cache-control', 'no-cache');
  if (holds(request.headers['if-none-match'], tag)) return reply.code(304).send();
  return reply.type(`${type}; charset=utf-8`).send(body);
};

/** Whether an If-None-Match names a tag: a list, compared weakly (RFC 9110 §13.1.2). */
const holds = (header: string | undefined, tag: string): boolean =>
  header !== undefined &&
  header.split(',').some((one) => ['*', tag, `W/${tag}`].includes(one.trim()));
