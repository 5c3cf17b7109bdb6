/** Events of what machines are told by their OBMs: ordered, begun, ended. */

import { Type } from 'typebox';
import { bootDevices, orderOutcomes, powerActions, refreshable } from '../values/obm.ts';
import type { ObmOrder } from '../values/obm.ts';
import { event } from './define.ts';
import { closed, Fqdn, Nullable, oneOf } from './fields.ts';

/** Characters of the account of how an order ended. */
export const orderDetailLength = 1024;

const Order = Type.Unsafe<ObmOrder>(
  Type.Union([
    Type.Object({ kind: Type.Literal('power'), action: oneOf(powerActions) }, closed),
    Type.Object(
      {
        kind: Type.Literal('boot-device'),
        device: oneOf(bootDevices),
        persistent: Type.Boolean(),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('light'),
        light: Type.Union([Type.Integer({ minimum: 1, maximum: 255 }), oneOf(['on', 'off'])]),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('refresh'),
        what: Type.Array(oneOf(refreshable), { minItems: 1, maxItems: refreshable.length }),
      },
      closed,
    ),
  ]),
);

const Revision = Type.Integer({ minimum: 1 });
/** Who asks; null: the station itself. */
const Asker = Nullable(Type.String({ minLength: 1, maxLength: 256 }));
const fqdn = 'n0001.galileo.example';

export const obmOrderEvents = {
  /** This commit is the order's id; `epoch` that of the right by which it was given. */
  ObmOrdered: event(
    3,
    Type.Object(
      {
        fqdn: Fqdn,
        epoch: Revision,
        order: Order,
        /** Whether it is the step of the recovery that this commit begins. */
        recovery: Type.Boolean(),
        by: Asker,
        /** Until when it is to be begun, ms since the epoch; null: whenever it has its turn. */
        begin_by: Nullable(Type.Integer({ minimum: 0 })),
        /** The procedure that it is a part of, which holds the machine; null: none. */
        procedure: Nullable(Revision),
      },
      closed,
    ),
    {
      ...{ fqdn, epoch: 1742, order: { kind: 'power', action: 'cycle' }, recovery: false },
      ...{ by: 'token:4f1c9d3e0c52', begin_by: 1_790_000_060_000, procedure: null },
    },
    {
      upcast: {
        1: (data: object) => data,
        // Before, nobody was remembered, and it waited for as long as it took.
        2: (data: object) => ({ ...data, by: null, begin_by: null, procedure: null }),
      },
    },
  ),

  /** Somebody else has asked for the same, which had not been begun. */
  ObmOrderJoined: event(1, Type.Object({ fqdn: Fqdn, ordered: Revision, by: Asker }, closed), {
    fqdn,
    ordered: 1744,
    by: 'token:77aa01b2c3d4',
  }),

  /** Recorded before anything is sent. */
  ObmOrderBegun: event(1, Type.Object({ fqdn: Fqdn, ordered: Revision }, closed), {
    fqdn,
    ordered: 1744,
  }),

  ObmOrderEnded: event(
    2,
    Type.Object(
      {
        fqdn: Fqdn,
        ordered: Revision,
        outcome: oneOf(orderOutcomes),
        detail: Type.String({ maxLength: orderDetailLength }),
      },
      closed,
    ),
    { fqdn, ordered: 1744, outcome: 'done', detail: '' },
    // The second version may be `cancelled`.
    { upcast: { 1: (data: object) => data } },
  ),
};
