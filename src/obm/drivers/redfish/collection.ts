/** Collections of a service, page by page and no further than bounds allow. */

import { linkAt, listAt, objectAt, pathIn, textAt } from './resource.ts';
import type { Json } from './resource.ts';
import type { Session } from './session.ts';

/** Pages and members of one collection that are read. */
const pagesMax = 128;
const membersMax = 8_192;

export interface Member {
  readonly path: string;
  /** What the collection itself says of it; some say all, most nothing but its path. */
  readonly json: Json;
}

/** Each member once, in the order of the service; of a longer collection the first ones. */
export const membersOf = async (
  session: Session,
  path: string,
  signal: AbortSignal,
): Promise<readonly Member[]> => {
  const members = new Map<string, Member>();
  const seen = new Set<string>();
  let next: string | null = path;
  while (next !== null && !seen.has(next) && seen.size < pagesMax && members.size < membersMax) {
    seen.add(next);
    const { json } = await session.get(next, signal);
    for (const one of listAt(json, 'Members')) {
      const at = linkAt(one);
      if (at !== null && !members.has(at)) members.set(at, { path: at, json: objectAt(one) ?? {} });
    }
    const link = textAt(json, 'Members@odata.nextLink');
    next = link === null ? null : pathIn(link);
  }
  return [...members.values()].slice(0, membersMax);
};
