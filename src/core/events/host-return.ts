/** Events of hosts that are awaited: an order to their OBM lets them start anew, and is over when they are up. */

import { Type } from 'typebox';
import { returnOutcomes, waitUpMax } from '../values/obm.ts';
import { event } from './define.ts';
import { closed, Fqdn, oneOf } from './fields.ts';

const fqdn = 'n0001.galileo.example';
const Revision = Type.Integer({ minimum: 1 });

export const hostReturnEvents = {
  /** The order of this commit is over when the host is up, or so long after it was sent. */
  HostAwaited: event(
    1,
    Type.Object({ fqdn: Fqdn, seconds: Type.Integer({ minimum: 1, maximum: waitUpMax }) }, closed),
    { fqdn, seconds: 600 },
  ),

  /** It was not to be said yet whether the host is up. */
  HostAwaitProlonged: event(
    1,
    Type.Object({ fqdn: Fqdn, ordered: Revision, until: Type.Integer({ minimum: 0 }) }, closed),
    { fqdn, ordered: 1744, until: 1_795_000_600_000 },
  ),

  /** Nobody waits any more, and this is how it is. */
  HostAwaitEnded: event(
    1,
    Type.Object({ fqdn: Fqdn, ordered: Revision, outcome: oneOf(returnOutcomes) }, closed),
    { fqdn, ordered: 1744, outcome: 'away' },
  ),
};
