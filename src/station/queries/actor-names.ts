/** Who acted, by the names that people know: of users, and of tokens that are nobody's. */

import { revision } from '../../core/values/revision.ts';
import { actorOf } from './audit.ts';
import type { AuditParts } from './audit.ts';

/** @param actors `token:<id>` or `user:<name>`; of others there is no name */
export const actorNames = async (
  parts: AuditParts,
  actors: Iterable<string>,
): Promise<ReadonlyMap<string, string>> => {
  const names = new Map<string, string>();
  const to = revision(parts.log.head());
  for (const actor of new Set(actors)) {
    if (!/^(token|user):/.test(actor)) continue;
    const { user, name } = await actorOf(parts, actor, to);
    const known = user ?? name;
    if (known) names.set(actor, known);
  }
  return names;
};
