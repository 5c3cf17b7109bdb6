/** Events of nodes and processes. */

import { Type } from 'typebox';
import type { Fid } from '../allocation/fid.ts';
import { processStates } from '../graph/resources.ts';
import type { ProcessState } from '../graph/resources.ts';
import { ownerships, processTypes } from '../roles.ts';
import type { ProcessSpec } from '../roles.ts';
import { event } from './define.ts';
import { closed, FidField, Fqdn, Name } from './fields.ts';

const bytes = Type.Integer({ minimum: 0 });
const oneOf = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))));

const Spec = Type.Unsafe<ProcessSpec>(
  Type.Object(
    {
      name: Name,
      unit: Name,
      type: oneOf(processTypes),
      ownership: oneOf(ownerships),
      boot_level: Type.Integer({ minimum: 0, maximum: 99 }),
      memory: Type.Object({ as: bytes, rss: bytes, stack: bytes, memlock: bytes }, closed),
      cores: Type.Array(Type.Integer({ minimum: 0 })),
      services: Type.Array(Name),
      environment: Type.Record(Type.String(), Type.String()),
      ranges: Type.Record(Type.String(), Type.Tuple([Type.Integer(), Type.Integer()])),
      command: Type.Array(Type.String()),
    },
    closed,
  ),
);

export const processEvents = {
  NodeAdded: event(1, Type.Object({ fid: FidField, host: Fqdn }, closed), {
    fid: '0x6e00000000000001:0x9' as Fid,
    host: 'n0001.galileo.example',
  }),

  /** A rendered template that no process had before; the processes that share it name it. */
  SpecRendered: event(1, Type.Object({ id: Name, spec: Spec }, closed), {
    id: 's3',
    spec: {
      name: 's3server',
      unit: 's3server',
      type: 'client',
      ownership: 'managed',
      boot_level: 3,
      memory: { as: 0, rss: 0, stack: 0, memlock: 0 },
      cores: [1, 1],
      services: ['RMS'],
      environment: { LANG: 'C' },
      ranges: { MERO_S3SERVER_PORT: [8081, 8099] },
      command: [],
    },
  }),

  ProcessAdded: event(
    1,
    Type.Object(
      {
        fid: FidField,
        node: FidField,
        role: Name,
        spec: Name,
        endpoint: Type.String({ maxLength: 256 }),
        ranges: Type.Record(Type.String(), Type.Integer()),
        /** One fid a service of the spec, in its order. */
        services: Type.Array(FidField),
      },
      closed,
    ),
    {
      fid: '0x7200000000000001:0x2a' as Fid,
      node: '0x6e00000000000001:0x9' as Fid,
      role: 's3server',
      spec: 's3',
      endpoint: '10.0.0.1@tcp:12345:41:303',
      ranges: { MERO_S3SERVER_PORT: 8081 },
      services: ['0x7300000000000001:0x2b' as Fid],
    },
  ),

  ProcessStateChanged: event(
    1,
    Type.Object(
      {
        fid: FidField,
        state: Type.Unsafe<ProcessState>(oneOf(processStates)),
        reason: Type.String({ maxLength: 1024 }),
      },
      closed,
    ),
    { fid: '0x7200000000000001:0x2a' as Fid, state: 'failed', reason: 'exit code 1' },
  ),

  ProcessRemoved: event(1, Type.Object({ fid: FidField }, closed), {
    fid: '0x7200000000000001:0x2a' as Fid,
  }),
};
