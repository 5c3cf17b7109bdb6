/** What an OBM daemon records: every event type, with its schema. None holds a secret. */

import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { EventRecord } from '../../core/events/commit.ts';
import { powerActions } from '../drivers/driver.ts';
import { nullable, oneOf } from '../schema.ts';

const closed = { additionalProperties: false };

/** As obmd has it: whatever a path segment can hold, but for what would not show. */
export const labelPattern = '^[^\\u0000-\\u001f\\u007f/\\\\]{1,80}$';
const Label = Type.String({ pattern: labelPattern });
/** Of a registration or an order; never given twice. */
const Id = Type.String({ pattern: '^[0-9a-f]{16}$' });
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** ms since the epoch. */
const Moment = Type.Integer({ minimum: 0 });
/** Counts the changes of who may use an OBM: what was let in under an older one is let in no more. */
const Epoch = Type.Integer({ minimum: 1 });

/** Who it is, as people are told. */
const Principal = Type.String({ minLength: 1, maxLength: 160 });
/** Network address. */
const Source = Type.String({ maxLength: 64 });

/** What somebody calls an order that he gives. */
export const referencePattern = '^[\\u0021-\\u007e]{1,300}$';
const Reference = Type.String({ pattern: referencePattern });

/** What a right to a console is good for. */
export const consoleModes = ['read-only', 'read-write'] as const;
export type ConsoleMode = (typeof consoleModes)[number];

/** Labels that are named where one OBM has several. */
export const sameAsMax = 16;

/** Entries of the event log of an OBM that one look makes news of, the newest; and characters of each. */
export const systemEventsMax = 32;
export const systemEventTextMax = 256;

const Action = oneOf(powerActions);

const schemas = {
  ObmRegistered: Type.Object(
    {
      label: Label,
      id: Id,
      driver: Type.String({ minLength: 1, maxLength: 64 }),
      /** Without what is secret, which is kept sealed under the id. */
      info: Type.Record(Type.String(), Type.Unknown()),
    },
    closed,
  ),
  ObmUnregistered: Type.Object({ label: Label, id: Id }, closed),

  TokenIssued: Type.Object(
    { label: Label, epoch: Epoch, hash: Hash, expires: nullable(Moment) },
    closed,
  ),
  TokenRevoked: Type.Object({ label: Label, epoch: Epoch }, closed),

  /** Somebody has a right to the console; it is over with its epoch, whatever else it says. */
  ConnectionMade: Type.Object(
    {
      label: Label,
      id: Id,
      epoch: Epoch,
      port: Type.Integer({ minimum: 1 }),
      mode: oneOf(consoleModes),
      hash: Hash,
      expires: Moment,
      uses: Type.Integer({ minimum: 1 }),
      by: Principal,
      holder: Principal,
    },
    closed,
  ),
  ConnectionEnded: Type.Object(
    { label: Label, id: Id, why: oneOf(['revoked', 'expired']) },
    closed,
  ),

  /** Durable before a byte is shown. */
  ConsoleAttached: Type.Object(
    { label: Label, viewing: Id, connection: nullable(Id), principal: Principal, source: Source },
    closed,
  ),
  ConsoleDetached: Type.Object(
    { label: Label, viewing: Id, why: Type.String({ minLength: 1, maxLength: 64 }) },
    closed,
  ),

  /** Somebody types now, instead of whoever did. */
  WriterTaken: Type.Object(
    {
      label: Label,
      principal: Principal,
      source: Source,
      from: Type.Object({ principal: Principal, source: Source }, closed),
    },
    closed,
  ),

  /** Durable before anything is sent. */
  OrderBegun: Type.Object(
    { label: Label, order: Id, action: Action, reference: nullable(Reference) },
    closed,
  ),
  OrderEnded: Type.Object(
    {
      label: Label,
      order: Id,
      outcome: oneOf(['done', 'not-done', 'unknown']),
      by: oneOf(['answer', 'state', 'nothing']),
      /** What was sent, where that is not what was asked for. */
      instead: nullable(Action),
      /** Why, where it is not done or unknown. */
      why: nullable(Type.String({ maxLength: 1024 })),
    },
    closed,
  ),

  /** The machine is seen in another state than the last one seen. */
  PowerChanged: Type.Object(
    {
      label: Label,
      state: oneOf(['on', 'off', 'powering-on', 'powering-off', 'paused']),
      /**
       * - `order`: one of ours explains it; `drift`: nobody has ordered it here
       * - `first`: it was never seen before; `unknown`: the release that saw it did not say
       */
      cause: oneOf(['order', 'drift', 'first', 'unknown']),
      /** The order that explains it. */
      order: nullable(Id),
    },
    closed,
  ),
  /** Looking at it works no more, or again where `reason` is null. */
  ObmReached: Type.Object(
    { label: Label, reason: nullable(Type.String({ minLength: 1, maxLength: 64 })) },
    closed,
  ),
  /** Another one than before answers at its address, or the first; `same_as`: by which labels it is known too. */
  ObmIdentified: Type.Object(
    {
      label: Label,
      guid: Type.String({ pattern: '^[0-9a-f]{32}$' }),
      same_as: Type.Array(Label, { maxItems: sameAsMax }),
    },
    closed,
  ),
  /** Entries of the event log of the OBM that were not there at the look before. */
  SystemEventsSeen: Type.Object(
    {
      label: Label,
      /** Of the newest one, to go on from; null where there is none. */
      last: nullable(Type.String({ pattern: '^[0-9a-f]{16}$' })),
      /** Whether more may have been written than is here: it was cleared, has run over, or wrote much. */
      gap: Type.Boolean(),
      entries: Type.Array(
        Type.Object(
          {
            id: Type.String({ maxLength: 64 }),
            at: nullable(Type.Integer()),
            severity: oneOf(['ok', 'warning', 'critical', 'unknown']),
            text: Type.String({ maxLength: systemEventTextMax }),
          },
          closed,
        ),
        { maxItems: systemEventsMax },
      ),
    },
    closed,
  ),
};

export type ObmEventType = keyof typeof schemas;
export type ObmEvent = {
  [T in ObmEventType]: { readonly type: T; readonly data: Static<(typeof schemas)[T]> };
}[ObmEventType];

const checks = new Map(
  Object.entries(schemas).map(([type, schema]) => [type, Compile<TSchema>(schema)]),
);

/** What is not here is of version 1. */
const versions: Partial<Record<ObmEventType, number>> = { OrderBegun: 2, PowerChanged: 2 };

/** What a version made of an event becomes in the next one, by type and version. */
const upcasters: Record<string, (data: object) => object> = {
  'OrderBegun 1': (data) => ({ ...data, reference: null }),
  'PowerChanged 1': (data) => ({ ...data, cause: 'unknown', order: null }),
};

/** @throws Error the data does not fit, which is a mistake of ours */
export const recordOf = ({ type, data }: ObmEvent): EventRecord => {
  mustFit(type, data);
  return { type, v: versions[type] ?? 1, data };
};

/** @throws Error it was written by a newer release, or is not what it claims to be */
export const eventOf = ({ type, v, data: written }: EventRecord): ObmEvent => {
  const isKnown = Object.hasOwn(schemas, type);
  const newest = isKnown ? (versions[type as ObmEventType] ?? 1) : 0;
  if (v > newest || v < 1)
    throw new Error(`this version knows no event ${type}, version ${v}; a newer one wrote it`);
  let data = written as object;
  for (let version = v; version < newest; version++) data = upcasters[`${type} ${version}`]!(data);
  mustFit(type, data);
  return { type, data } as ObmEvent;
};

const mustFit = (type: string, data: unknown): void => {
  const check = checks.get(type)!;
  if (check.Check(data)) return;
  const [first] = check.Errors(data);
  throw new Error(`${type}: ${first?.instancePath || '/'} ${first?.message ?? 'does not fit'}`);
};
