/** Access tokens. */

import type * as contract from '../../contract/tokens.ts';
import type { TokenBody } from '../../contract/tokens.ts';
import { tokenAt } from '../../core/graph/indexes/tokens.ts';
import { parseFid } from '../../core/values/fid.ts';
import { newToken } from '../../station/access/tokens.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { json, pageText, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { tokenView } from '../views/tokens.ts';

export const tokenHandlers = (station: Station): Handlers<typeof contract> => ({
  whoami: (request) => tokenView(station.graph, request.credential!),

  listTokens: (request, reply) =>
    readLong(station, reply, undefined, json, (moment, { indexes }) => {
      const paged: Paged<'credential'> = {
        kind: 'credential',
        keys: (after, count) => indexes.tokens.after(after, count),
        keyAt: tokenAt,
        view: (row) => tokenView(moment.graph, row),
      };
      return pageText(moment, paged, request.query);
    }),

  issueToken: (request, reply) => {
    if (request.headers['idempotency-key'] !== undefined)
      throw new ApiError(
        'invalid-request',
        'a token cannot be shown twice, so issuing one takes no Idempotency-Key',
        {
          field: 'idempotency-key',
        },
      );
    const { name, role, host = null, expires_in: seconds, user } = request.body;
    const process = processOf(request.body);
    if (host !== null && role !== 'agent')
      throw new ApiError('invalid-request', 'host goes with the role agent only', {
        field: 'host',
      });
    const projects = placesOf(request.body);
    const { id, token, hash } = newToken();
    const expires = seconds === undefined ? 0 : station.now() + seconds * 1000;
    return run(
      station,
      request,
      reply,
      {
        ...({
          type: 'IssueCredential',
          id,
          name,
          role,
          hash,
          host,
          process,
          expires,
          projects,
        } as const),
        ...(user === undefined ? {} : { user }),
      },
      (graph) => ({ ...tokenView(graph, graph.must('credential', id)), token }),
      true,
    );
  },

  revokeToken: (request, reply) =>
    run(
      station,
      request,
      reply,
      { type: 'RevokeCredential', id: request.params.id },
      (_graph, _commit, revision) => ({ revision, changed: true }),
    ),
});

const processOf = ({ role, process = null }: TokenBody): ReturnType<typeof parseFid> => {
  if ((role === 'process') !== (process !== null))
    throw new ApiError('invalid-request', 'the role process and the field process go together', {
      field: 'process',
    });
  return process === null ? null : parseFid(process);
};

const placesOf = ({ role, projects = [] }: TokenBody): NonNullable<TokenBody['projects']> => {
  const wrong = (why: string): ApiError =>
    new ApiError('invalid-request', why, { field: 'projects' });
  if ((role === 'member') !== projects.length > 0)
    throw wrong('the role member and the field projects go together');
  if (new Set(projects.map(({ name }) => name)).size < projects.length)
    throw wrong('a project is named twice');
  return projects;
};
