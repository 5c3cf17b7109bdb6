/** The out-of-band manager of a host is registered with an OBM daemon, and goes from there. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import { reject } from '../values/rejection.ts';
import { usableHost } from '../lifecycle/obm-right.ts';

export interface RegisterObm {
  readonly type: 'RegisterObm';
  readonly fqdn: string;
  /** Base URL of the daemon. */
  readonly obmd: string;
  readonly label: string;
}

/** Of a daemon that has it by now. To register it there again is to register it once. */
export const registerObm: Decide<RegisterObm> = (graph, { fqdn, obmd, label }) => {
  const refused = usableHost(graph, fqdn);
  if (refused) return refused;
  const present = graph.get('registration', fqdn);
  if (present?.obmd === obmd && present.label === label) return unchanged;
  if (present)
    return reject(
      'obm-registered',
      `the OBM of ${fqdn} is registered with ${present.obmd} as ${present.label}; unregister it first`,
      { subject: fqdn },
    );
  const other = graph.indexes.obmLabels.hostOf(obmd, label);
  if (other !== undefined)
    return reject('obm-taken', `${label} at ${obmd} is the OBM of ${other}`, { subject: 'label' });
  return decided([{ type: 'ObmRegistered', data: { fqdn, obmd, label } }]);
};

export interface UnregisterObm {
  readonly type: 'UnregisterObm';
  readonly fqdn: string;
}

/** One that is not registered is gone already. */
export const unregisterObm: Decide<UnregisterObm> = (graph, { fqdn }) => {
  if (!graph.get('host', fqdn))
    return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  if (isObmEnabled(graph, fqdn))
    return reject('obm-enabled', `the OBM of ${fqdn} is enabled; disable it first`, {
      subject: fqdn,
    });
  return graph.get('registration', fqdn)
    ? decided([{ type: 'ObmUnregistered', data: { fqdn } }])
    : unchanged;
};
