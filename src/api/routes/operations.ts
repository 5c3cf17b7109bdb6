/** Starting, stopping, removing: long work. A request only records what is wanted; progress has a URL. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { TProperties } from 'typebox';
import { OverrideBody, ScaleBody, VarsBody } from '../../contract/bodies.ts';
import { Done, Operation, Scaled } from '../../contract/replies.ts';
import type { DryRun } from '../../contract/replies.ts';
import { FidText, Fqdn } from '../../contract/values.ts';
import type { Command } from '../../core/commands/index.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Station } from '../../station/station.ts';
import { CommandHeaders, CommandQuery, done, PreconditionHeaders, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { Orders, waitMax } from '../orders.ts';

const ByFid = Type.Object({ fid: FidText });
const ByName = Type.Object({ fqdn: Fqdn });
const ForceQuery = Type.Object({
  ...CommandQuery.properties,
  force: Type.Optional(
    Type.Boolean({
      description:
        'Stop or remove although other processes of the node require it, or too few confds would be left; ' +
        'remove an independent process although nobody knows whether it runs, because its host is down.',
    }),
  ),
});
const OperationHeaders = Type.Object({
  ...CommandHeaders.properties,
  prefer: Type.Optional(
    Type.String({
      description: `\`wait=<seconds>\`: hold the answer while the operation runs, at most ${waitMax} s (RFC 7240).`,
    }),
  ),
});

const fidIn = (request: FastifyRequest): Fid => parseFid((request.params as { fid: string }).fid)!;
const isForced = (request: FastifyRequest): boolean =>
  (request.query as { force?: boolean }).force === true;

export const operationRoutes = (app: FastifyInstance, station: Station): void => {
  const orders = new Orders(station);
  /** A route whose command sets off an operation. */
  const order = (
    method: 'POST' | 'DELETE',
    url: string,
    about: { summary: string; description?: string; tags: string[] },
    params: ReturnType<typeof Type.Object<TProperties>> | undefined,
    commandOf: (request: FastifyRequest) => Command,
    access: 'operator' | 'admin' = 'operator',
  ): void => {
    app.route({
      method,
      url,
      config: { access },
      schema: {
        ...about,
        ...(params ? { params } : {}),
        querystring: ForceQuery,
        headers: OperationHeaders,
        response: { 200: Operation, 202: Operation },
      },
      handler: async (request, reply) => {
        const begun = await orders.run(request, reply, commandOf(request));
        return 'dry_run' in begun ? begun : begun.operation;
      },
    });
  };

  const processes = { tags: ['processes'] };
  const nodes = { tags: ['nodes'] };
  for (const [verb, state] of [
    ['start', 'online'],
    ['stop', 'offline'],
  ] as const) {
    order(
      'POST',
      `/cluster/${verb}`,
      {
        summary: `${verb === 'start' ? 'Start' : 'Stop'} all managed processes`,
        description:
          'Each node on its own, level by level. Independent processes are left alone and named in a warning.',
        tags: ['cluster'],
      },
      undefined,
      () => ({ type: 'WantCluster', state }),
    );
    order(
      'POST',
      `/nodes/:fid/${verb}`,
      {
        summary: `${verb === 'start' ? 'Start' : 'Stop'} the managed processes of a node`,
        ...nodes,
      },
      ByFid,
      (request) => ({ type: 'WantNode', fid: fidIn(request), state, force: isForced(request) }),
    );
    order(
      'POST',
      `/processes/:fid/${verb}`,
      { summary: `${verb === 'start' ? 'Start' : 'Stop'} a managed process`, ...processes },
      ByFid,
      (request) => ({ type: 'WantProcess', fid: fidIn(request), state, force: isForced(request) }),
    );
  }
  order(
    'POST',
    '/processes/:fid/restart',
    { summary: 'Stop a managed process, if it runs, and start it', ...processes },
    ByFid,
    (request) => ({ type: 'RestartProcess', fid: fidIn(request) }),
  );
  order(
    'DELETE',
    '/processes/:fid',
    {
      summary: 'Remove a process',
      description:
        'A managed one is stopped first; an independent one is refused while it runs. ' +
        'Its endpoint is free again when it has cooled down, its fid never is.',
      ...processes,
    },
    ByFid,
    (request) => ({ type: 'RemoveProcess', fid: fidIn(request), force: isForced(request) }),
  );
  order(
    'DELETE',
    '/nodes/:fid',
    {
      summary: 'Remove a node and its processes; the host stays',
      description:
        'What can be removed is; the operation fails and names what refuses, which keeps the node. It can be repeated. ' +
        'Where nothing can be removed, the request is refused.',
      ...nodes,
    },
    ByFid,
    (request) => ({ type: 'RemoveNode', fid: fidIn(request), force: isForced(request) }),
  );
  order(
    'DELETE',
    '/hosts/:fqdn',
    {
      summary: 'Remove a host, its node and its processes',
      description:
        'As with a node: what refuses is named, and keeps the host. The tokens of its agent stop working; with a new one ' +
        'its next report makes a new host.',
      tags: ['hosts'],
    },
    ByName,
    (request) => {
      const { fqdn } = request.params as { fqdn: string };
      return { type: 'RemoveHost', fqdn, force: isForced(request) };
    },
  );
  otherRoutes(app, station, orders);

  app.get<{ Params: { id: number } }>(
    '/operations/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'How far an operation is',
        tags: ['station'],
        params: Type.Object({ id: Type.Integer({ minimum: 1, description: 'Its revision.' }) }),
        headers: OperationHeaders,
        response: { 200: Operation },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (id > station.log.head()) throw new ApiError('not-found', `there is no operation ${id}`);
      return orders.follow(request, reply, id);
    },
  );
};

/** Commands that change something at once. */
const otherRoutes = (app: FastifyInstance, station: Station, orders: Orders): void => {
  app.put<{ Body: OverrideBody }>(
    '/processes/:fid/override',
    {
      config: { access: 'admin' },
      schema: {
        summary: "Set a process's state by hand",
        description: 'For an operator who knows better; recorded with who did it and why.',
        tags: ['processes'],
        params: ByFid,
        body: OverrideBody,
        querystring: CommandQuery,
        headers: CommandHeaders,
        response: { 200: Done },
      },
    },
    (request, reply) => {
      const { state, reason } = request.body;
      const command = { type: 'OverrideState', fid: fidIn(request), state, reason } as const;
      return run(station, request, reply, command, done);
    },
  );

  app.post<{ Params: { fqdn: string }; Body: ScaleBody }>(
    '/hosts/:fqdn/scale',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Change how many processes of a role a host has',
        description: 'Adds what is missing, or removes the youngest; a removal takes time.',
        tags: ['processes'],
        params: ByName,
        body: ScaleBody,
        querystring: ForceQuery,
        headers: OperationHeaders,
        response: { 200: Scaled, 202: Scaled },
      },
    },
    async (request, reply): Promise<Scaled | DryRun> => {
      const { role, to, overrides = {} } = request.body;
      const { fqdn: host } = request.params;
      const force = isForced(request);
      const variables = overrides as never;
      const command = { type: 'ScaleRole', host, role, to, overrides: variables, force } as const;
      const begun = await orders.run(request, reply, command);
      return 'dry_run' in begun ? begun : { ...begun.done, ...begun.operation };
    },
  );

  app.put<{ Body: VarsBody }>(
    '/vars',
    {
      config: { access: 'admin', idempotent: true },
      schema: {
        summary: 'Change settings',
        description: 'All of those given or none. With If-Match it is a compare-and-set.',
        tags: ['cluster'],
        body: VarsBody,
        querystring: CommandQuery,
        headers: PreconditionHeaders,
        response: { 200: Done },
      },
    },
    (request, reply) => run(station, request, reply, { type: 'SetVars', vars: request.body }, done),
  );
};
