/** Loading facts and roles, and writing them out again. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/load.ts';
import type { LoadBody, Loaded, LoadPlan } from '../../contract/load.ts';
import { renderingsOfLoad } from '../../core/allocation/renderings.ts';
import type { RenderedAhead } from '../../core/allocation/renderings.ts';
import type { LoadDeclaration } from '../../core/commands/load-declaration.ts';
import { isLeaving } from '../../core/declaration/leaving.ts';
import type { Commit, EventRecord } from '../../core/events/commit.ts';
import { eventsOf, isKnown } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { planOf } from '../../core/declaration/plan.ts';
import type { PlannedChange } from '../../core/declaration/plan.ts';
import { keptIn } from '../../core/declaration/undeclared.ts';
import type { Declaration } from '../../core/values/facts.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Asker } from '../../station/fair-use/long-reads.ts';
import { dumpDeclaration } from '../../station/loading/files.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { dryRun, isDryRun, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { read } from '../reads.ts';
import { addedFids } from '../views/processes.ts';

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

export const loadHandlers = (station: Station): Handlers<typeof contract> => {
  /** Files are read and rendered beside the loop, and decided in one turn of it. */
  const load = async (
    request: FastifyRequest<{ Body: LoadBody; Querystring: { prune?: boolean } }>,
    reply: FastifyReply,
    asker: Asker,
  ): Promise<Loaded | LoadPlan> => {
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
    const { prune = false } = request.query;
    const command = { type: 'LoadDeclaration', declaration, prune } as const;
    const found = renderingsOfLoad(station.graph, declaration);
    const ahead = await station.loads.render(found, asker);
    const warnings = files.warnings.map((warning) => ({ ...warning }));
    if (isDryRun(request))
      return { ...(await plan(station, request, command, ahead)), warnings } satisfies LoadPlan;
    const before = station.head;
    let keeping = Promise.resolve();
    const keep = (): void => {
      const kept = station.secrets.put(secrets);
      if (!(kept instanceof Promise)) return;
      keeping = kept;
      // Whoever waits for it hears of it.
      kept.catch(() => undefined);
    };
    const loaded = (graph: Graph, commit: Commit | null, revision: Revision): Loaded => {
      // Credentials are kept once the load is accepted and before it is durable; a repeated
      // request is answered only.
      if (!commit || commit.revision > before) keep();
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
    // What is not a dry run answers what it did.
    const answer = (await run(station, request, reply, command, loaded, false, ahead)) as Loaded;
    await keeping;
    return answer;
  };

  return {
    load: (request, reply) => {
      const asker = askerOf(reply);
      return station.loads.during(asker, () => load(request, reply, asker));
    },

    dump: (request, reply) =>
      read(station, reply, request.query.at, ({ graph }) => dumpDeclaration(graph)),
  };
};
