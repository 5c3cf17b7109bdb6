/** What the owner of an independent process asks and says. */

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import type * as contract from '../../contract/owned.ts';
import {
  configurationKinds,
  configurationOf,
  environmentFile,
} from '../../core/lifecycle/configuration.ts';
import type { ProcessConfiguration } from '../../core/lifecycle/configuration.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { read } from '../reads.ts';
import { processIn } from '../views/processes.ts';
import { holds } from '../tags.ts';

const formats = {
  json: { type: 'application/json', write: (c: ProcessConfiguration) => JSON.stringify(c) },
  env: { type: 'text/plain', write: (c: ProcessConfiguration) => environmentFile(c.environment) },
  yaml: { type: 'application/yaml', write: (c: ProcessConfiguration) => stringify(c) },
} as const;

export const ownedHandlers = (station: Station): Handlers<typeof contract> => ({
  getConfiguration: async (request, reply) => {
    const fid = parseFid(request.params.fid)!;
    const configuration = await read(
      station,
      reply,
      request.query.at,
      ({ graph }) => configurationOf(graph, processIn(graph, fid).fid),
      configurationKinds,
    );
    const { type, write } = formats[request.query.format ?? 'json'];
    return sendTagged(request, reply, type, write(configuration));
  },

  reportState: (request, reply) => {
    const fid = parseFid(request.params.fid)!;
    const { state, reason = '', instance } = request.body;
    const command = { type: 'ReportProcessState', fid, state, reason, instance } as const;
    return run(station, request, reply, command, done);
  },

  leaseProcess: (request, reply) => {
    const fid = parseFid(request.params.fid)!;
    const { seconds, instance } = request.body;
    const command = { type: 'LeaseProcess', fid, seconds, instance } as const;
    return run(station, request, reply, command, done);
  },
});

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
