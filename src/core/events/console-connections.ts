/** Events of console connections: rights to the console of one machine, for a while, at the OBM daemon that has it. */

import { Type } from 'typebox';
import { connectionIdPattern, consoleModes, consolePurposes } from '../values/consoles.ts';
import { event } from './define.ts';
import { closed, Fqdn, Name, oneOf } from './fields.ts';

const fqdn = 'n0001.galileo.example';
const Id = Type.String({ pattern: connectionIdPattern });

export const consoleConnectionEvents = {
  /** Recorded before whoever asked for it is told how it is used. Its tickets and its token are nowhere. */
  ConsoleConnectionMade: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        /** As the OBM daemon calls it in its own events. */
        id: Id,
        purpose: oneOf(consolePurposes),
        mode: oneOf(consoleModes),
        /** Id of the access token for which it was made: it ends with that token's right. */
        token: Name,
        /** Of the right to the OBM under which it was made: it ends with it. */
        epoch: Type.Integer({ minimum: 1 }),
        /** Ms since the epoch. */
        expires: Type.Integer({ minimum: 1 }),
      },
      closed,
    ),
    {
      fqdn,
      id: '5d0c2f9be1a74630',
      purpose: 'console',
      mode: 'read-write',
      token: '4f1c9d3e0c52',
      epoch: 1742,
      expires: 1_797_592_000_000,
    },
  ),

  /**
   * `right-ended`: whoever it was made for may not do it any more; `over`: the daemon does not have it any more, because
   * he has left. Those whose OBM is disabled, or enabled anew, end without it.
   */
  ConsoleConnectionEnded: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        id: Id,
        why: oneOf(['revoked', 'right-ended', 'expired', 'over']),
      },
      closed,
    ),
    { fqdn, id: '5d0c2f9be1a74630', why: 'right-ended' },
  ),
};
