/** Access tokens. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { TokenBody } from '../../contract/bodies.ts';
import { Done, IssuedToken, TokenPage } from '../../contract/replies.ts';
import { parseFid } from '../../core/values/fid.ts';
import { newToken } from '../../station/access/tokens.ts';
import type { Station } from '../../station/station.ts';
import { CommandHeaders, CommandQuery, PreconditionHeaders, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { read } from '../reads.ts';
import { tokenView } from '../views/tokens.ts';

export const tokenRoutes = (app: FastifyInstance, station: Station): void => {
  app.get(
    '/tokens',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Tokens, without their secrets',
        tags: ['tokens'],
        response: { 200: TokenPage },
      },
    },
    (_request, reply) =>
      read(station, reply, undefined, ({ graph, head }) => ({
        revision: head,
        items: [...graph.all('credential')].map(tokenView),
        next: null,
      })),
  );

  app.post<{ Body: TokenBody }>(
    '/tokens',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Issue a token',
        description: 'The token is in this answer and nowhere else; only its hash is kept.',
        tags: ['tokens'],
        body: TokenBody,
        querystring: CommandQuery,
        headers: PreconditionHeaders,
        response: { 201: IssuedToken },
      },
    },
    (request, reply) => {
      if (request.headers['idempotency-key'] !== undefined)
        throw new ApiError(
          'invalid-request',
          'a token cannot be shown twice, so issuing one takes no Idempotency-Key',
          {
            field: 'idempotency-key',
          },
        );
      const { name, role, host = null, expires_in: seconds } = request.body;
      const process = processOf(request.body);
      if (host !== null && role !== 'agent')
        throw new ApiError('invalid-request', 'host goes with the role agent only', {
          field: 'host',
        });
      const { id, token, hash } = newToken();
      const expires = seconds === undefined ? 0 : station.now() + seconds * 1000;
      return run(
        station,
        request,
        reply,
        { type: 'IssueCredential', id, name, role, hash, host, process, expires },
        (graph) => ({ ...tokenView(graph.must('credential', id)), token }),
        true,
      );
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/tokens/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Revoke a token',
        description: 'It does not work any more once this has been answered.',
        tags: ['tokens'],
        params: Type.Object({
          id: Type.String({ description: 'Id of the token, its part after `hal_`.' }),
        }),
        querystring: CommandQuery,
        headers: CommandHeaders,
        response: { 200: Done },
      },
    },
    (request, reply) =>
      run(
        station,
        request,
        reply,
        { type: 'RevokeCredential', id: request.params.id },
        (_graph, _commit, revision) => ({
          revision,
          changed: true,
        }),
      ),
  );
};

const processOf = ({ role, process = null }: TokenBody): ReturnType<typeof parseFid> => {
  if ((role === 'process') !== (process !== null))
    throw new ApiError('invalid-request', 'the role process and the field process go together', {
      field: 'process',
    });
  return process === null ? null : parseFid(process);
};
