/** Events of what leaves the cluster: processes, then their node, then its host. */

import { Type } from 'typebox';
import type { Fid } from '../values/fid.ts';
import { event } from './define.ts';
import { closed, FidField, Fqdn, Name, Nullable } from './fields.ts';

/** How many of those that hold a node back an event names. */
export const heldMax = 100;

export const removalEvents = {
  /** It is stopped, and removed when it has ended. */
  ProcessRemovalOrdered: event(1, Type.Object({ fid: FidField }, closed), {
    fid: '0x7200000000000001:0x2a' as Fid,
  }),

  /** It is removed when its last process is. */
  NodeRemovalOrdered: event(1, Type.Object({ fid: FidField }, closed), {
    fid: '0x6e00000000000001:0x9' as Fid,
  }),

  /** It is removed when its node is. */
  HostRemovalOrdered: event(1, Type.Object({ fqdn: Fqdn }, closed), {
    fqdn: 'n0001.galileo.example',
  }),

  /** Some of its processes refused, so it stays; the others leave. */
  NodeRemovalHeld: event(
    1,
    Type.Object(
      {
        fid: FidField,
        /** The host, where it was to leave with the node. */
        host: Nullable(Fqdn),
        /** The first of those that refused, and why. */
        by: Type.Array(
          Type.Object({ fid: FidField, reason: Type.String({ maxLength: 1024 }) }, closed),
          { maxItems: heldMax },
        ),
        /** How many more refused. */
        more: Type.Integer({ minimum: 0 }),
      },
      closed,
    ),
    {
      fid: '0x6e00000000000001:0x9' as Fid,
      host: 'n0001.galileo.example',
      by: [
        {
          fid: '0x7200000000000001:0x2a' as Fid,
          reason: 'it is online, and only its owner can end it',
        },
      ],
      more: 0,
    },
  ),

  /** It is removed although it could not be stopped. Until a time, whoever asks is told. */
  ProcessAbandoned: event(
    1,
    Type.Object(
      {
        fid: FidField,
        host: Fqdn,
        name: Name,
        reason: Type.String({ maxLength: 1024 }),
        until: Type.Integer({ minimum: 0 }),
      },
      closed,
    ),
    {
      fid: '0x7200000000000001:0x2a' as Fid,
      host: 'n0001.galileo.example',
      name: 's3server',
      reason: 'not ended within 600 s',
      until: 1_795_086_400_000,
    },
  ),

  ProcessRemoved: event(
    3,
    Type.Object(
      {
        fid: FidField,
        /** The node that it left; null where an old event does not say. */
        node: Nullable(FidField),
        /**
         * Until when nobody gets its endpoint unless there is no other, ms since the epoch; null: it
         * is free at once.
         */
        cools_until: Nullable(Type.Integer({ minimum: 0 })),
      },
      closed,
    ),
    {
      fid: '0x7200000000000001:0x2a' as Fid,
      node: '0x6e00000000000001:0x9' as Fid,
      cools_until: 1_795_000_060_000,
    },
    {
      upcast: {
        1: ({ fid }: { fid: Fid }) => ({ fid, node: null }),
        2: (data: { fid: Fid; node: Fid | null }) => ({ ...data, cools_until: null }),
      },
    },
  ),

  NodeRemoved: event(1, Type.Object({ fid: FidField }, closed), {
    fid: '0x6e00000000000001:0x9' as Fid,
  }),

  HostRemoved: event(1, Type.Object({ fqdn: Fqdn }, closed), { fqdn: 'n0001.galileo.example' }),

  /** What was said of abandoned processes is not kept any longer. */
  DeparturesForgotten: event(1, Type.Object({ fids: Type.Array(FidField) }, closed), {
    fids: ['0x7200000000000001:0x2a' as Fid],
  }),

  /** Endpoints of removed processes may be given out like any other again. */
  EndpointsCooled: event(
    1,
    Type.Object({ endpoints: Type.Array(Type.String({ maxLength: 256 })) }, closed),
    { endpoints: ['10.0.0.1@tcp:12345:41:303'] },
  ),
};
