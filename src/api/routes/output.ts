/** What processes write. */

import type * as contract from '../../contract/output.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { isManaged } from '../../core/lifecycle/process.ts';
import { allows } from '../../core/rights/rights.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { AgentSession } from '../../station/duties/agent-sessions.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import type { OutputStreams } from '../output-streams.ts';

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

export const outputHandlers = (
  station: Station,
  streams: OutputStreams,
): Handlers<typeof contract> => ({
  output: async (request, reply) => {
    const { lines = null, follow = false, stream } = request.query;
    const fid = parseFid(request.params.fid)!;
    const session = sessionOf(station, hostOf(station.graph, fid));
    streams.mustHaveRoom();
    const credential = request.credential!;
    const channels = stream === undefined ? (['stdout', 'stderr'] as const) : [stream];
    await streams.serve(
      reply,
      session.openOutput({ fid, lines, follow, channels: [...channels] }),
      {
        format: request.headers.accept?.includes('text/plain') ? 'plain' : 'ndjson',
        isAllowed: () =>
          station.access.accepts(credential) &&
          allows(station.graph, credential, 'operate', { kind: 'process', fid }).allowed,
      },
    );
    return reply;
  },
});
