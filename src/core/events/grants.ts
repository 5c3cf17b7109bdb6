/** Events of grants: who may do what to which machines for a while, and who did it by which grant. */

import { Type } from 'typebox';
import {
  grantActions,
  grantMachinesMax,
  grantReasonPattern,
  grantUsesMax,
} from '../values/grants.ts';
import { event } from './define.ts';
import { closed, Fqdn, Name, Nullable, oneOf } from './fields.ts';

const Reason = Type.String({ pattern: grantReasonPattern });
const Action = oneOf(grantActions);
const by = 'token:4f1c9d3e0c52';

export const grantEvents = {
  GrantGiven: event(
    1,
    Type.Object(
      {
        id: Name,
        /** Id of the token that may use it, and no other. */
        credential: Name,
        actions: Type.Array(Action, { minItems: 1 }),
        /** In order; null: all there are. */
        machines: Nullable(Type.Array(Fqdn, { minItems: 1, maxItems: grantMachinesMax })),
        reason: Reason,
        /** How often it may be used, a machine each time; null: any number of times. */
        uses: Nullable(Type.Integer({ minimum: 1, maximum: grantUsesMax })),
        /** When it ends by itself, ms since the epoch. */
        until: Type.Integer({ minimum: 1 }),
        /** Whether a second factor was shown for it. */
        second_factor: Type.Boolean(),
      },
      closed,
    ),
    {
      id: '5b0c7be1d7aa',
      credential: '4f1c9d3e0c52',
      actions: ['power'],
      machines: ['n0001.galileo.example', 'n0002.galileo.example'],
      reason: 'they do not answer since the switch was replaced',
      uses: 2,
      until: 1_797_592_000_000,
      second_factor: false,
    },
  ),

  /** Something is to be done to a machine by a grant. */
  GrantUsed: event(
    1,
    Type.Object({ fqdn: Fqdn, id: Name, credential: Name, action: Action, reason: Reason }, closed),
    {
      fqdn: 'n0001.galileo.example',
      id: '5b0c7be1d7aa',
      credential: '4f1c9d3e0c52',
      action: 'power',
      reason: 'no answer for two hours',
    },
  ),

  /** What waits for its turn and leans on it is not done any more. */
  GrantRevoked: event(
    1,
    Type.Object({ id: Name, by: Type.String({ minLength: 1, maxLength: 256 }) }, closed),
    { id: '5b0c7be1d7aa', by },
  ),

  GrantExpired: event(1, Type.Object({ id: Name }, closed), { id: '5b0c7be1d7aa' }),
};
