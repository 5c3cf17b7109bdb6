/** Which grant is good for something. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { GrantRow } from '../graph/rows/grants.ts';
import type { GrantAction } from '../values/grants.ts';
import type { Principal } from './asked.ts';
import { isNamed } from './named.ts';

/** Whether a grant is for that, whoever asks. */
const covers = ({ actions, machines }: GrantRow, action: GrantAction, fqdn: string): boolean =>
  actions.includes(action) && isNamed(machines, fqdn);

/**
 * The grant of a token that is good now for doing something to a machine: that which ends last, of those with uses
 * left.
 *
 * @param at now, ms since the epoch
 */
export const grantFor = (
  graph: ReadGraph,
  { id }: Pick<Principal, 'id'>,
  action: GrantAction,
  fqdn: string,
  at: number,
): GrantRow | undefined => {
  let found: GrantRow | undefined;
  for (const grant of graph.many('elevates', id)) {
    const isGood = grant.until > at && (grant.uses === null || grant.used < grant.uses);
    if (!isGood || !covers(grant, action, fqdn)) continue;
    if (!found || grant.until > found.until) found = grant;
  }
  return found;
};

/** A grant that was used for something, as long as it has not been revoked and has not ended. */
export const usedGrant = (
  graph: ReadGraph,
  id: string,
  credential: string,
  action: GrantAction,
  fqdn: string,
  at: number,
): GrantRow | undefined => {
  const grant = graph.get('grant', id);
  if (!grant || grant.credential !== credential || grant.until <= at) return undefined;
  return covers(grant, action, fqdn) ? grant : undefined;
};
