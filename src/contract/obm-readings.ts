/** What out-of-band managers tell of their machines when they are asked. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { severities } from '../core/values/obm-news.ts';
import { ask } from './endpoint.ts';
import { Fqdn, nullable, Timestamp } from './values.ts';

const Severity = Type.Unsafe<(typeof severities)[number]>(
  Type.Enum([...severities], { description: '`unknown` is neither good nor bad.' }),
);
const Known = nullable(Type.String({ description: 'null: the OBM does not tell.' }));

export const SensorList = Type.Object({
  host: Fqdn,
  sensors: Type.Array(
    Type.Object({
      name: Type.String(),
      value: nullable(Type.Number({ description: 'null: it cannot be read now.' })),
      unit: Type.String({ description: 'Such as °C, RPM, V, W; empty: it has only states.' }),
      status: Severity,
      note: nullable(Type.String()),
    }),
  ),
  missing: Type.Array(Type.String(), { description: 'What could not be read, and why.' }),
});

export const SystemEventList = Type.Object({
  host: Fqdn,
  events: Type.Array(
    Type.Object({
      id: Type.String(),
      at: nullable({ ...Timestamp, description: 'By the clock of the OBM; null: it has none.' }),
      severity: Severity,
      text: Type.String({ description: 'Written by what runs there: nothing in it is checked.' }),
    }),
    { description: 'As the OBM has them.' },
  ),
});

export const Inventory = Type.Object({
  host: Fqdn,
  parts: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
});

export const ObmIdentity = Type.Object({
  host: Fqdn,
  guid: nullable(
    Type.String({
      description: 'Of the OBM: the same under each of its addresses; null: it has none.',
    }),
  ),
  serial: Known,
  manufacturer: Known,
  product: Known,
  firmware: Known,
});

export type SensorList = Static<typeof SensorList>;
export type SystemEventList = Static<typeof SystemEventList>;
export type Inventory = Static<typeof Inventory>;
export type ObmIdentity = Static<typeof ObmIdentity>;

const params = { fqdn: Fqdn };
const waits =
  'The OBM is asked, which may take a while: after 20 s nobody waits any more (504 `obm-silent`), and it may be asked ' +
  'again. Refused while the OBM is not enabled.';
const common = { params, access: 'operator', lent: 'machine', tag: 'obms' } as const;

export const getSensors = ask({
  ...common,
  path: '/hosts/:fqdn/obm/sensors',
  summary: 'What the sensors of a machine read',
  description: waits,
  reply: SensorList,
});

export const getSystemEvents = ask({
  ...common,
  path: '/hosts/:fqdn/obm/system-events',
  summary: 'The event log that the OBM of a machine keeps',
  description: waits,
  reply: SystemEventList,
});

export const getInventory = ask({
  ...common,
  path: '/hosts/:fqdn/obm/inventory',
  summary: 'What a machine is made of, as its OBM tells',
  description: waits,
  reply: Inventory,
});

export const identifyObm = ask({
  ...common,
  path: '/hosts/:fqdn/obm/identity',
  summary: 'Which OBM answers for a machine, which proves its credentials',
  description: waits,
  reply: ObmIdentity,
});
