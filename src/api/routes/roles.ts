/** Roles, and the machines that have them. */

import type * as contract from '../../contract/roles.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { json, read, readLong } from '../reads.ts';
import type { LastingMoment } from '../reads.ts';
import { lentAfter, machinesSeen, matchingAfter, projectsSeen, seenBy } from '../sight.ts';
import { isOfRole, roleHost, roleItem, spreadsOf } from '../views/roles.ts';

/** How many roles, or machines, an answer has where nobody says. */
const usual = 100;

const unknown = (name: string): ApiError =>
  new ApiError('unknown-role', `there is no role ${name}`);

/** Machines that are counted before others have a turn. */
const machinesAtOnce = 256;

function* listText(
  { graph, head }: LastingMoment,
  names: readonly string[],
  next: string | null,
  { spreads, count }: ReturnType<typeof spreadsOf>,
): Generator<string> {
  let counted = 0;
  for (const step of count) {
    void step;
    if (++counted % machinesAtOnce === 0) yield '';
  }
  yield `{"revision":${head},"items":[`;
  for (const [index, name] of names.entries()) {
    const item = JSON.stringify(roleItem(graph.must('role', name), spreads.get(name)!));
    yield index === 0 ? item : `,${item}`;
  }
  yield `],"next":${JSON.stringify(next)}}`;
}

export const roleHandlers = (station: Station): Handlers<typeof contract> => ({
  listRoles: (request, reply) =>
    readLong(station, reply, request.query.at, json, (moment, graph) => {
      const { limit = usual, cursor } = request.query;
      const names = graph.keysAfter('role', cursor, limit + 1);
      const next = names.length > limit ? names[limit - 1]! : null;
      const shown = names.slice(0, limit);
      const seen = machinesSeen(station, request, graph);
      return listText(moment, shown, next, spreadsOf(graph, moment.graph, shown, seen));
    }),

  getRole: (request, reply) =>
    read(station, reply, request.query.at, ({ graph, head }) => {
      const { name } = request.params;
      const row = graph.get('role', name);
      if (!row) throw unknown(name);
      const seen = machinesSeen(station, request, graph);
      const { spreads, count } = spreadsOf(graph, graph, [name], seen);
      for (const step of count) void step;
      return { revision: head, ...roleItem(row, spreads.get(name)!), text: row.text };
    }),

  roleHosts: (request, reply) =>
    read(station, reply, request.query.at, ({ graph, head }) => {
      const { name } = request.params;
      const { limit = usual, cursor } = request.query;
      if (!graph.get('role', name)) throw unknown(name);
      const isSeen = seenBy(station, request, graph);
      const matches = (row: HostRow): boolean => isOfRole(graph, row, name) && isSeen(row.fqdn);
      const projects = projectsSeen(station, request)?.map((project) => project.name);
      const after = projects
        ? lentAfter(graph, projects, matches)
        : matchingAfter(graph, (last, count) => graph.keysAfter('host', last, count), matches);
      const names = after(cursor, limit + 1);
      const items = names
        .slice(0, limit)
        .map((fqdn) => roleHost(graph, graph.must('host', fqdn), name));
      return { revision: head, items, next: names.length > limit ? items.at(-1)!.host : null };
    }),
});
