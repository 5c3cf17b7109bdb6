/** Loading, dumping and looking at the cluster as a whole. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { LoadBody } from '../../contract/bodies.ts';
import { Loaded, LoadPlan } from '../../contract/load.ts';
import { Dump, Status, VarList } from '../../contract/replies.ts';
import type { DryRun } from '../../contract/replies.ts';
import { strict } from '../../contract/values.ts';
import { renderingsOfLoad } from '../../core/allocation/renderings.ts';
import type { RenderedAhead } from '../../core/allocation/renderings.ts';
import type { LoadDeclaration } from '../../core/commands/load-declaration.ts';
import { isLeaving } from '../../core/declaration/missing.ts';
import { planOf } from '../../core/declaration/plan.ts';
import type { PlannedChange } from '../../core/declaration/plan.ts';
import { keptIn } from '../../core/declaration/undeclared.ts';
import type { Commit, EventRecord } from '../../core/events/commit.ts';
import { eventsOf, isKnown } from '../../core/events/reading.ts';
import { dumpDot, dumpJson, dumpKeyValue } from '../../core/graph/dump.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { currentVars } from '../../core/graph/vars.ts';
import type { Declaration } from '../../core/values/facts.ts';
import type { Revision } from '../../core/values/revision.ts';
import { varNames, varSpecs } from '../../core/values/vars.ts';
import type { VarSpec } from '../../core/values/vars.ts';
import type { Asker } from '../../station/fair-use/long-reads.ts';
import { dumpDeclaration } from '../../station/loading/files.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import { CommandHeaders, CommandQuery, dryRun, isDryRun, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { inFormats } from '../openapi.ts';
import { json, read, readLong, readQuery } from '../reads.ts';
import { addedFids } from '../views/processes.ts';
import { statusText } from '../views/status.ts';

const StatusQuery = readQuery({
  host: Type.Optional(Type.String({ description: 'Only this host.' })),
  problems: Type.Optional(Type.Boolean({ description: 'Only what needs attention.' })),
  summary: Type.Optional(Type.Boolean({ description: 'Only the counts.' })),
});

const graphFormats = {
  json: { dump: dumpJson, type: 'application/json' },
  dot: { dump: dumpDot, type: 'text/vnd.graphviz' },
  kv: { dump: dumpKeyValue, type: 'text/tab-separated-values' },
} as const;

const GraphQuery = readQuery({
  format: Type.Optional(
    Type.Union([Type.Literal('json'), Type.Literal('dot'), Type.Literal('kv')], {
      description: 'Default json.',
    }),
  ),
});

/** Facts carry hosts by the thousand; other bodies are small. */
export const loadBytesMax = 64 * 1024 * 1024;

const LoadQuery = Type.Object(
  {
    ...CommandQuery.properties,
    prune: Type.Optional(
      Type.Boolean({ description: 'Remove what the files do not declare any more.' }),
    ),
  },
  strict,
);

/** Hosts that lack processes of declared roles although the facts have just been loaded: they are leaving. */
const missingIn = (graph: Graph, { hosts }: Declaration): Loaded['missing'] =>
  hosts.flatMap(({ fqdn, roles }) => {
    const row = graph.must('host', fqdn);
    const names = roles.map(({ name }) => name);
    if (names.length === 0 || !isLeaving(graph, row)) return [];
    const what = row.removing ? 'the host' : 'its node';
    return [{ host: fqdn, roles: names, reason: `${what} is being removed` }];
  });

type Planned = Omit<LoadPlan, 'warnings'>;

const plan = async (
  station: Station,
  request: FastifyRequest,
  command: LoadDeclaration,
  ahead: RenderedAhead,
): Promise<Planned> => {
  let kept: Planned['kept'] = [];
  let changes: readonly PlannedChange[] = [];
  const [cluster] = station.graph.all('cluster');
  const look = {
    after: (graph: Graph) => (kept = keptIn(graph, command.declaration)),
    before: (graph: Graph, records: EventRecord[]) =>
      (changes = planOf(graph, eventsOf({ events: records }).filter(isKnown))),
  };
  const events = await dryRun(station, request, command, look, ahead);
  const count = (action: PlannedChange['action']): number =>
    changes.filter((change) => change.action === action).length;
  return {
    ...events,
    cluster: cluster?.name ?? null,
    changes: changes.map((change) => ({ ...change, fields: [...change.fields] })),
    counts: { add: count('add'), change: count('change'), remove: count('remove') },
    kept,
  };
};

export const clusterRoutes = (app: FastifyInstance, station: Station): void => {
  /** Files are read and rendered beside the loop, and decided in one turn of it. */
  const load = async (
    request: FastifyRequest<{ Body: LoadBody }>,
    reply: FastifyReply,
    asker: Asker,
  ): Promise<Loaded | LoadPlan | DryRun> => {
    const files = await station.loads.read(request.body, asker);
    if (!files.ok) {
      const count = files.problems.length;
      throw new ApiError(
        'invalid-files',
        `${count} ${count === 1 ? 'error' : 'errors'}; nothing was loaded`,
        {
          errors: files.problems,
        },
      );
    }
    const { declaration, secrets } = files;
    const { prune = false } = request.query as { prune?: boolean };
    const command = { type: 'LoadDeclaration', declaration, prune } as const;
    const found = renderingsOfLoad(station.graph, declaration);
    const ahead = await station.loads.render(found, asker);
    const warnings = files.warnings.map((warning) => ({ ...warning }));
    if (isDryRun(request))
      return { ...(await plan(station, request, command, ahead)), warnings } satisfies LoadPlan;
    const before = station.head;
    const loaded = (graph: Graph, commit: Commit | null, revision: Revision): Loaded => {
      // Credentials are kept once the load is accepted and before it is durable; a repeated
      // request is answered only.
      if (!commit || commit.revision > before) station.secrets.put(secrets);
      return {
        revision,
        changed: commit !== null,
        hosts: declaration.hosts.length,
        roles: declaration.roles.length,
        processes: addedFids(commit).length,
        waiting: declaration.hosts
          .filter(({ fqdn }) => graph.must('host', fqdn).pending.length > 0)
          .map(({ fqdn }) => fqdn),
        missing: missingIn(graph, declaration),
        kept: keptIn(graph, declaration),
        warnings,
      };
    };
    return run(station, request, reply, command, loaded, false, ahead);
  };

  app.post<{ Body: LoadBody }>(
    '/load',
    {
      bodyLimit: loadBytesMax,
      config: { access: 'admin' },
      schema: {
        summary: 'Load facts and roles',
        description:
          'Adds what is new and changes what differs; what the files do not declare any more is kept and ' +
          'named, or removed with prune. All of it or nothing: with any error in a file the log is ' +
          'untouched. A dry run answers with the plan; sent with the revision of the plan as If-Match, the ' +
          'load does exactly what was planned, or nothing.',
        tags: ['cluster'],
        body: LoadBody,
        querystring: LoadQuery,
        headers: CommandHeaders,
        response: { 200: Type.Union([Loaded, LoadPlan]) },
      },
    },
    (request, reply) => {
      const asker = askerOf(reply);
      return station.loads.during(asker, () => load(request, reply, asker));
    },
  );

  app.get(
    '/dump',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'The declared cluster as files that load takes',
        description: 'Credentials of OBMs are not in it.',
        tags: ['cluster'],
        querystring: readQuery({}),
        response: { 200: Dump },
      },
    },
    (request, reply) =>
      read(station, reply, (request.query as { at?: string }).at, ({ graph }) =>
        dumpDeclaration(graph),
      ),
  );

  app.get<{ Querystring: Static<typeof StatusQuery> }>(
    '/status',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The cluster at a glance',
        tags: ['cluster'],
        querystring: StatusQuery,
        response: { 200: Status },
      },
    },
    (request, reply) =>
      readLong(station, reply, request.query.at, json, (moment) => {
        const { host } = request.query;
        if (host !== undefined && !moment.graph.get('host', host))
          throw new ApiError('unknown-host', `there is no host ${host}`, { field: 'host' });
        return statusText(moment, request.query);
      }),
  );

  app.get<{ Querystring: Static<typeof GraphQuery> }>(
    '/graph',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The resource graph',
        description: 'As JSON, for Graphviz, or one resource a line. Token hashes are not in it.',
        tags: ['cluster'],
        querystring: GraphQuery,
        response: {
          200: inFormats({
            'application/json': Type.Object({
              resources: Type.Array(Type.Object({ kind: Type.String() })),
              relations: Type.Array(
                Type.Object({ name: Type.String(), from: Type.String(), to: Type.String() }),
              ),
            }),
            'text/vnd.graphviz': Type.String({ description: 'format=dot' }),
            'text/tab-separated-values': Type.String({ description: 'format=kv' }),
          }),
        },
      },
    },
    (request, reply) => {
      const { dump, type } = graphFormats[request.query.format ?? 'json'];
      return readLong(station, reply, request.query.at, type, ({ graph }) => dump(graph));
    },
  );

  app.get(
    '/vars',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The settings, with unit, range and default',
        tags: ['cluster'],
        querystring: readQuery({}),
        response: { 200: VarList },
      },
    },
    (request, reply) =>
      read(station, reply, (request.query as { at?: string }).at, ({ graph, head }) => {
        const values = currentVars(graph);
        return {
          revision: head,
          items: varNames.map((name) => {
            const { unit, min, max, description, ...spec }: VarSpec = varSpecs[name];
            return {
              name,
              value: values[name],
              default: spec.default,
              unit,
              min,
              max,
              description,
            };
          }),
        };
      }),
  );
};
