/** What processes write. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { FidText, strict } from '../../contract/values.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { isManaged } from '../../core/lifecycle/process.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { AgentSession } from '../../station/duties/agent-sessions.ts';
import type { Station } from '../../station/station.ts';
import { ApiError } from '../errors.ts';
import { inFormats } from '../openapi.ts';
import type { OutputStreams } from '../output-streams.ts';

const OutputQuery = Type.Object(
  {
    lines: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'Begin with so many lines of each stream. Default: all that are kept.',
      }),
    ),
    follow: Type.Optional(
      Type.Boolean({ description: 'Go on with what is written later. Default false.' }),
    ),
    stream: Type.Optional(
      Type.Union([Type.Literal('stdout'), Type.Literal('stderr')], {
        description: 'Only this one. Default: both.',
      }),
    ),
  },
  strict,
);
type OutputQuery = Static<typeof OutputQuery>;

/** What an agent must know of the protocol to show output. */
const minorNeeded = 1;

/** The host that a process runs on. */
const hostOf = (graph: Graph, fid: Fid): string => {
  const row = graph.get('process', fid);
  if (!row) throw new ApiError('unknown-process', `there is no process ${fid}`);
  if (!isManaged(graph, row))
    throw new ApiError(
      'process-independent',
      `${fid} is independent: its owner runs it, and knows where its output is`,
    );
  return graph.must('node', row.node).host;
};

const sessionOf = (station: Station, host: string): AgentSession => {
  const session = station.agents.sessionOf(host);
  if (!session)
    throw new ApiError('agent-away', `the output is on ${host}, whose agent is not connected`);
  if (session.minor < minorNeeded)
    throw new ApiError(
      'agent-too-old',
      `the agent of ${host} is too old to show output; install this release there and restart it`,
    );
  return session;
};

export const outputRoutes = (
  app: FastifyInstance,
  station: Station,
  streams: OutputStreams,
): void => {
  app.get<{ Querystring: OutputQuery }>(
    '/processes/:fid/output',
    {
      exposeHeadRoute: false,
      config: { access: 'operator' },
      schema: {
        summary: 'What a managed process writes',
        description:
          'A stream, one JSON object a line: `{"stream":"stdout","data":"<base64>"}`, `{"note":"…"}` for what happened to ' +
          'the process there and then, and at last `{"end":"done","message":""}` (or `gone`: the agent was lost; ' +
          '`station`, `revoked`, `unreadable`). Empty lines mean nothing. With `Accept: text/plain` it is what the process ' +
          'wrote and nothing else; an early end breaks the connection off. The station keeps none of it.',
        tags: ['processes'],
        params: Type.Object({ fid: FidText }),
        querystring: OutputQuery,
        response: {
          200: inFormats({
            'application/x-ndjson': Type.String(),
            'text/plain': Type.String({ description: 'With Accept: text/plain' }),
          }),
        },
      },
    },
    async (request: FastifyRequest<{ Querystring: OutputQuery }>, reply) => {
      const { lines = null, follow = false, stream } = request.query;
      const fid = parseFid((request.params as { fid: string }).fid)!;
      const session = sessionOf(station, hostOf(station.graph, fid));
      streams.mustHaveRoom();
      const credential = request.credential!;
      const channels = stream === undefined ? (['stdout', 'stderr'] as const) : [stream];
      await streams.serve(
        reply,
        session.openOutput({ fid, lines, follow, channels: [...channels] }),
        {
          format: request.headers.accept?.includes('text/plain') ? 'plain' : 'ndjson',
          isAllowed: () => station.access.accepts(credential),
        },
      );
      return reply;
    },
  );
};
