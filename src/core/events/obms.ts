/** Events of out-of-band managers that an OBM daemon has: registered there, opened for whoever has the machine, shut. */

import { Type } from 'typebox';
import { obmdUrlPattern, obmLabelPattern } from '../values/obm.ts';
import { event } from './define.ts';
import { closed, Fqdn } from './fields.ts';

const fqdn = 'n0001.galileo.example';

/** The commit that began it; none but the last one counts. */
const Epoch = Type.Integer({ minimum: 1 });

export const obmEvents = {
  /** An OBM daemon has the OBM of a host, under a label. Nobody may use it yet. */
  ObmRegistered: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        /** Base URL. */
        obmd: Type.String({ maxLength: 512, pattern: obmdUrlPattern }),
        label: Type.String({ pattern: obmLabelPattern }),
      },
      closed,
    ),
    { fqdn, obmd: 'https://obmd.galileo.example:7410', label: fqdn },
  ),

  ObmUnregistered: event(1, Type.Object({ fqdn: Fqdn }, closed), { fqdn }),

  /** A token is about to be asked for: from now on one may be out. This commit is its epoch. */
  ObmEnableBegun: event(1, Type.Object({ fqdn: Fqdn }, closed), { fqdn }),

  /** The station has the token of that epoch, and every earlier one is good no more. */
  ObmEnabled: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        epoch: Epoch,
        /** SHA-256 of the token. */
        hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      },
      closed,
    ),
    {
      fqdn,
      epoch: 1742,
      hash: '0f9e8d7c6b5a49382716059483726150a3f5c1d2e4b697887766554433221100',
    },
  ),

  /** No token is good any more: the daemon has said so. */
  ObmDisabled: event(1, Type.Object({ fqdn: Fqdn }, closed), { fqdn }),
};
