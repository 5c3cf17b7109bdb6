/** Hosts. */

import type * as contract from '../../contract/hosts.ts';
import type { Host } from '../../contract/hosts.ts';
import type { Done, DryRun } from '../../contract/outcome.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { HostFacts } from '../../core/values/host-facts.ts';
import type { SteadyWork } from '../../station/fair-use/steady-work.ts';
import type { Station } from '../../station/station.ts';
import { factsFrom, requireAddress } from '../agent-facts.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { isDryRun, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';
import type { ReportsOfHosts } from '../reports-of-hosts.ts';
import { json, pageText, read, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { lentAfter, matchingAfter, projectsSeen, seenBy } from '../sight.ts';
import { hostView } from '../views/hosts.ts';

interface Kept {
  readonly done: Done;
  /** By which the host is known then. */
  readonly agent: string | undefined;
}

export const hostHandlers = (
  station: Station,
  actions: Actions,
  reported: SteadyWork,
  reports: ReportsOfHosts,
): Handlers<typeof contract> => ({
  listHosts: (request, reply) =>
    readLong(station, reply, request.query.at, json, (moment, graph) => {
      const { state, project, maintenance } = request.query;
      const isAskedFor = (row: HostRow): boolean =>
        (state === undefined || row.state === state) &&
        (maintenance === undefined ||
          maintenance === (graph.get('maintenance', row.fqdn) !== undefined));
      const projects = projectsSeen(station, request)?.map(({ name }) => name);
      const isSeen = seenBy(station, request, graph);
      const lent = lentAfter(
        graph,
        (projects ?? [project ?? '']).filter((name) => project === undefined || name === project),
        (row) => isAskedFor(row) && isSeen(row.fqdn),
      );
      const matching = matchingAfter(
        graph,
        (after, count) => graph.keysAfter(maintenance ? 'maintenance' : 'host', after, count),
        isAskedFor,
      );
      const paged: Paged<'host'> = {
        kind: 'host',
        keys: (after, count) => {
          if (projects || project !== undefined) return lent(after, count);
          if (maintenance !== undefined) return matching(after, count);
          return state === undefined
            ? graph.keysAfter('host', after, count)
            : graph.indexes.hostLists.after(state, after, count);
        },
        view: (row) => hostView(moment.graph, row, isMember(request)),
      };
      return pageText(moment, paged, request.query);
    }),

  getHost: (request, reply) =>
    read(station, reply, request.query.at, ({ graph }) => {
      const row = graph.get('host', request.params.fqdn);
      if (!row) throw new ApiError('unknown-host', `there is no host ${request.params.fqdn}`);
      return hostView(graph, row, isMember(request));
    }),

  addHost: (request, reply) => {
    const { fqdn } = request.body;
    const view = (graph: Station['graph']): Host => hostView(graph, graph.must('host', fqdn));
    return run(station, request, reply, { type: 'RegisterHost', fqdn }, view, true);
  },

  renameHost: (request, reply) => {
    const { fqdn } = request.params;
    const { to } = request.body;
    const view = (graph: Station['graph']): Host => hostView(graph, graph.must('host', to));
    return run(station, request, reply, { type: 'RenameHost', fqdn, to }, view);
  },

  removeHost: (request, reply) => {
    const { force = false } = request.query;
    return actions.take(request, reply, { type: 'RemoveHost', fqdn: request.params.fqdn, force });
  },

  reportFacts: async (request, reply) => {
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
      throw new ApiError('host-claimed', `another machine is ${fqdn} already`, { field: 'agent' });
    return answer.done;
  },

  reportFactsOfHosts: (request, reply) => reports.keep(request, reply),
});
