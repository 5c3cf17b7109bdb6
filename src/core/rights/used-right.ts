/** Whether a right by which something waits to be done is still good. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { GrantAction } from '../values/grants.ts';
import type { RebootNote } from '../values/reboots.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { allows } from './rights.ts';

/** By which right something waits to be done to a machine. */
export interface UsedRight {
  readonly credential: string;
  readonly grant: string;
  readonly action: GrantAction;
  readonly fqdn: string;
  /** Whether Halcyon itself suggests it, or did when it was asked for. */
  readonly suggested?: boolean;
}

/**
 * Asked just before something is done that waited: why it must not be any more. Undefined: go on.
 *
 * @param at now, ms since the epoch
 */
export const rightEnded = (
  graph: ReadGraph,
  { credential, grant, action, fqdn, suggested = false }: UsedRight,
  at: number,
): Refused | undefined => {
  const who = graph.get('credential', credential);
  const host = { kind: 'host', fqdn } as const;
  const isAllowed =
    who !== undefined &&
    (who.expires === 0 || who.expires > at) &&
    allows(graph, who, action, host, { at, suggested, stage: 'begun' }, grant).allowed;
  if (isAllowed) return undefined;
  const why = graph.get('grant', grant)
    ? `${credential} may not ${action} ${fqdn} any more`
    : `the grant ${grant} was revoked or has ended`;
  return reject('right-ended', why, { subject: fqdn });
};

/** The same of a reboot: it was by its suggestion where nothing was overridden. */
export const rebootRightEnded = (
  graph: ReadGraph,
  fqdn: string,
  { credential, grant, symptom, overridden }: RebootNote,
  at: number,
): Refused | undefined => {
  const suggested = symptom !== null && overridden.length === 0;
  return rightEnded(graph, { credential, grant, action: 'power', fqdn, suggested }, at);
};
