/**
 * An out-of-band manager is opened for whoever has its machine, and shut. The token comes from the OBM daemon, so that
 * each takes two steps; an epoch sees to it that of two who do this at once only one has the last word.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { notRegistered, usableHost } from '../lifecycle/obm-right.ts';
import { obmStateOf } from '../lifecycle/obm.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

const changedMeanwhile = (fqdn: string): Refused =>
  reject('obm-changed', `somebody else enabled or disabled the OBM of ${fqdn} at the same time`, {
    subject: fqdn,
  });

export interface EnableObm {
  readonly type: 'EnableObm';
  readonly fqdn: string;
  /** Although it is enabled: with a token that nobody had yet. */
  readonly anew: boolean;
}

/** Begins it, before a token is asked for. Where one was begun and nobody knows how it ended, that is begun anew. */
export const enableObm: Decide<EnableObm> = (graph, { fqdn, anew }) => {
  const refused = usableHost(graph, fqdn);
  if (refused) return refused;
  const row = graph.get('registration', fqdn);
  if (!row) return notRegistered(fqdn);
  if (obmStateOf(row) === 'enabled' && !anew) return unchanged;
  return decided([{ type: 'ObmEnableBegun', data: { fqdn } }]);
};

export interface ReportObmEnabled {
  readonly type: 'ReportObmEnabled';
  readonly fqdn: string;
  /** The commit that began it. */
  readonly epoch: number;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
}

/** The station has the token. It must be given back where this is refused. */
export const reportObmEnabled: Decide<ReportObmEnabled> = (graph, { fqdn, epoch, hash }) => {
  const row = graph.get('registration', fqdn);
  if (!row) return notRegistered(fqdn);
  if (row.epoch !== epoch) return changedMeanwhile(fqdn);
  return row.isBegun ? decided([{ type: 'ObmEnabled', data: { fqdn, epoch, hash } }]) : unchanged;
};

export interface DisableObm {
  readonly type: 'DisableObm';
  readonly fqdn: string;
  /** The one that was there when the daemon was asked to take back the token. */
  readonly epoch: number;
}

/** The daemon has taken back the token. Where another was asked for meanwhile, that is not told by this. */
export const disableObm: Decide<DisableObm> = (graph, { fqdn, epoch }) => {
  if (!graph.get('host', fqdn))
    return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  const row = graph.get('registration', fqdn);
  if (!row) return notRegistered(fqdn);
  if (obmStateOf(row) === 'disabled') return unchanged;
  if (row.epoch !== epoch) return changedMeanwhile(fqdn);
  return decided([{ type: 'ObmDisabled', data: { fqdn } }]);
};
