/** Who did what. */

import type * as contract from '../../contract/audit.ts';
import type { Deed } from '../../contract/audit.ts';
import { revision } from '../../core/values/revision.ts';
import { auditPage, hostsOf } from '../../station/queries/audit.ts';
import type { DeedFound } from '../../station/queries/audit.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';

export const auditHandlers = (station: Station): Handlers<typeof contract> => ({
  audit: (request, reply) =>
    station.longReads.run(askerOf(reply), async (turn) => {
      const { host, actor, since = 0, from = 0, limit = 200 } = request.query;
      const query = { host, actor, since, from: revision(from), limit };
      const { found, next } = await auditPage(station, query, turn);
      return {
        revision: station.log.head(),
        items: found.map((deed) => deedView(station, deed)),
        next,
      };
    }),
});

const deedView = ({ graph }: Station, { commit, index, by }: DeedFound): Deed => {
  const { type, data } = commit.events[index]!;
  const { id, reason } = data as { id?: unknown; reason?: unknown };
  return {
    ...{ id: `${commit.revision}.${index}`, at: commit.at, actor: commit.actor, ...by, type },
    hosts: [...hostsOf(graph, data)],
    grant: type.startsWith('Grant') && typeof id === 'string' ? id : null,
    reason: typeof reason === 'string' ? reason : null,
  };
};
