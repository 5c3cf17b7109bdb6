/** Events of nodes and processes. */

import { Type } from 'typebox';
import type { Fid } from '../values/fid.ts';
import { instanceLengthMax } from '../values/instance.ts';
import { leaseSecondsMax, leaseSecondsMin } from '../values/lease.ts';
import { defaultReadiness, ownerships, processTypes } from '../values/roles.ts';
import type { ProcessSpec } from '../values/roles.ts';
import { processStates } from '../values/states.ts';
import type { ProcessState } from '../values/states.ts';
import { event } from './define.ts';
import { closed, FidField, Fqdn, Name, oneOf } from './fields.ts';

const bytes = Type.Integer({ minimum: 0 });

const PortName = Type.String({ minLength: 1, maxLength: 128 });

const ReadinessField = Type.Union([
  Type.Object(
    { kind: Type.Literal('alive'), seconds: Type.Integer({ minimum: 0, maximum: 3600 }) },
    closed,
  ),
  Type.Object({ kind: Type.Literal('tcp'), port: PortName }, closed),
  Type.Object(
    { kind: Type.Literal('http'), port: PortName, path: Type.String({ maxLength: 2048 }) },
    closed,
  ),
  Type.Object({ kind: Type.Literal('notify') }, closed),
]);

/** Version 1 had no readiness: nothing was started then. */
const withReadiness = ({ id, spec }: { id: string; spec: Omit<ProcessSpec, 'ready'> }): object => ({
  id,
  spec: { ...spec, ready: defaultReadiness },
});

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
      ready: ReadinessField,
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
  SpecRendered: event(
    2,
    Type.Object({ id: Name, spec: Spec }, closed),
    {
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
        ready: { kind: 'tcp', port: 'MERO_S3SERVER_PORT' },
      },
    },
    { upcast: { 1: withReadiness } },
  ),

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

  /** It is to be started: its agent gets the order under this generation. */
  ProcessStarting: event(
    2,
    Type.Object(
      {
        fid: FidField,
        generation: Type.Integer({ minimum: 1 }),
        attempt: Type.Integer({ minimum: 1 }),
        /** When it must be online, ms since the epoch. */
        until: Type.Integer({ minimum: 0 }),
        /** How it ended, where it is started again at once; else empty. */
        reason: Type.String({ maxLength: 1024 }),
      },
      closed,
    ),
    {
      fid: '0x7200000000000001:0x2a' as Fid,
      generation: 3,
      attempt: 2,
      until: 1_795_000_180_000,
      reason: 'was killed by SIGKILL',
    },
    { upcast: { 1: (data: object) => ({ ...data, reason: '' }) } },
  ),

  /** Its agent has executed it. */
  ProcessRunning: event(
    1,
    Type.Object(
      {
        fid: FidField,
        generation: Type.Integer({ minimum: 1 }),
        pid: Type.Integer({ minimum: 1 }),
      },
      closed,
    ),
    { fid: '0x7200000000000001:0x2a' as Fid, generation: 3, pid: 4711 },
  ),

  /** Its owner has to renew its lease within this time, or loses it. Renewals are no events. */
  ProcessLeased: event(
    1,
    Type.Object(
      {
        fid: FidField,
        seconds: Type.Integer({ minimum: leaseSecondsMin, maximum: leaseSecondsMax }),
      },
      closed,
    ),
    { fid: '0x7200000000000001:0x2a' as Fid, seconds: 30 },
  ),

  /** A run of an independent process named itself; what older runs say is ignored from now on. */
  ProcessInstanceBegan: event(
    1,
    Type.Object(
      {
        fid: FidField,
        instance: Type.String({ minLength: 1, maxLength: instanceLengthMax }),
      },
      closed,
    ),
    { fid: '0x7200000000000001:0x2a' as Fid, instance: '3f2a9c4e-0d5b-4f6e-9a51-6f0f2b7c8d1e' },
  ),

  /** It did not run as it should and is tried again at a time. */
  ProcessRetryScheduled: event(
    1,
    Type.Object(
      {
        fid: FidField,
        attempt: Type.Integer({ minimum: 2 }),
        at: Type.Integer({ minimum: 0 }),
        reason: Type.String({ maxLength: 1024 }),
      },
      closed,
    ),
    {
      fid: '0x7200000000000001:0x2a' as Fid,
      attempt: 3,
      at: 1_795_000_005_000,
      reason: 'exit code 1',
    },
  ),

  ProcessStopOrdered: event(
    1,
    Type.Object({ fid: FidField, until: Type.Integer({ minimum: 0 }) }, closed),
    { fid: '0x7200000000000001:0x2a' as Fid, until: 1_795_000_600_000 },
  ),

  /** A time limit was put off: it cannot be judged while the host is down or its agent away. */
  DeadlinePostponed: event(
    1,
    Type.Object({ id: Type.String(), at: Type.Integer({ minimum: 0 }) }, closed),
    { id: 'process-start/0x7200000000000001:0x2a', at: 1_795_000_360_000 },
  ),
};
