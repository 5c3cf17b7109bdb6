/** What out-of-band managers tell of their machines, as they told it last. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { severities } from '../core/values/obm-news.ts';
import { ask } from './endpoint.ts';
import { age, atOnce, maxAge } from './obm-ages.ts';
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
  ...age,
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
  ...age,
});

export const Inventory = Type.Object({
  host: Fqdn,
  parts: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  ...age,
});

export const ObmIdentity = Type.Object({
  host: Fqdn,
  valid: nullable(
    Type.Boolean({
      description:
        'Whether the OBM takes the credentials and says who it is; false: it refused them, or cannot be the one that is ' +
        'meant; null: nobody knows now.',
    }),
  ),
  guid: nullable(
    Type.String({
      description: 'Of the OBM: the same under each of its addresses; null: it has none.',
    }),
  ),
  serial: Known,
  manufacturer: Known,
  product: Known,
  firmware: Known,
  ...age,
});

export const ConsoleInfo = Type.Object({
  host: Fqdn,
  state: nullable(
    Type.String({
      description:
        '`connected`, `connecting`; `waiting`: it is tried again; `idle`: nobody looks, and no log is kept; `closed`; ' +
        'null: the OBM has no console, as far as is known.',
    }),
  ),
  viewers: Type.Integer({ description: 'How many look.' }),
  logged: Type.Boolean({ description: 'Whether the daemon keeps a log of it.' }),
  ...age,
});

export type SensorList = Static<typeof SensorList>;
export type SystemEventList = Static<typeof SystemEventList>;
export type Inventory = Static<typeof Inventory>;
export type ObmIdentity = Static<typeof ObmIdentity>;
export type ConsoleInfo = Static<typeof ConsoleInfo>;

const params = { fqdn: Fqdn };
const common = {
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  query: maxAge,
  description: atOnce,
  patient: true,
} as const;

export const getSensors = ask({
  answeredBy: 'leader',
  ...common,
  path: '/hosts/:fqdn/obm/sensors',
  summary: 'What the sensors of a machine read',
  reply: SensorList,
});

export const getSystemEvents = ask({
  answeredBy: 'leader',
  ...common,
  path: '/hosts/:fqdn/obm/system-events',
  summary: 'The event log that the OBM of a machine keeps',
  reply: SystemEventList,
});

export const getInventory = ask({
  answeredBy: 'leader',
  ...common,
  path: '/hosts/:fqdn/obm/inventory',
  summary: 'What a machine is made of, as its OBM tells',
  reply: Inventory,
});

export const identifyObm = ask({
  answeredBy: 'leader',
  ...common,
  path: '/hosts/:fqdn/obm/identity',
  summary: 'Which OBM answers for a machine, and whether its credentials are right',
  reply: ObmIdentity,
});

export const getConsoleInfo = ask({
  answeredBy: 'leader',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  path: '/hosts/:fqdn/obm/console/info',
  summary: 'How the console of a machine is',
  description:
    'As its OBM daemon told it last; nobody is waited for. Refused while the OBM is not enabled.',
  reply: ConsoleInfo,
});
