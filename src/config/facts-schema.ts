/** The schema of Halcyon's own facts format. */

import { Type } from 'typebox';
import type { DeclaredObm } from '../core/values/facts.ts';
import type { Variables } from '../core/values/roles.ts';
import { varNames, varSpecs } from '../core/values/vars.ts';
import { namePattern } from './process-template.ts';
import { RecoverySteps } from './recovery.ts';
import type { NativeRecovery } from './recovery.ts';
import { sizePattern } from './sizes.ts';

const closed = { additionalProperties: false } as const;

const Name = Type.String({ minLength: 1, maxLength: 128 });

export const Fqdn = Type.String({
  maxLength: 253,
  pattern:
    '^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$',
  expected: 'a host name',
  description: 'The fully qualified host name, as the agent reports it. Case does not matter.',
});

const Size = Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: sizePattern, expected: 'a size such as 4KiB' }),
]);

const RoleReference = Type.Union([
  Type.String({ minLength: 1, expected: 'the name of a role' }),
  Type.Object(
    {
      name: Type.String({ minLength: 1, description: 'The name of a role.' }),
      overrides: Type.Optional(
        Type.Object({}, { description: 'Variables of the role, over those of the host.' }),
      ),
    },
    { ...closed, expected: '{name, overrides}' },
  ),
]);

const Obm = Type.Object(
  {
    type: Type.Union([Type.Literal('ipmi'), Type.Literal('redfish'), Type.Literal('dummy')]),
    address: Type.String({ minLength: 1, maxLength: 256, description: 'Host name or IP address.' }),
    user: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    password_file: Type.Optional(
      Type.String({ minLength: 1, description: 'A file of which the first line is the password.' }),
    ),
  },
  { ...closed, description: 'The out-of-band manager of the host.' },
);

const Device = Type.Object(
  {
    wwn: Name,
    serial: Name,
    path: Type.String({ minLength: 1 }),
    slot: Type.Optional(Type.Integer({ description: 'Slot of the enclosure; 0 if absent.' })),
    block_size: Type.Optional(Size),
    size: Size,
  },
  closed,
);

const Host = Type.Object(
  {
    fqdn: Fqdn,
    roles: Type.Array(RoleReference, { description: 'What runs on the host; may be empty.' }),
    enclosure: Type.Optional(
      Type.String({ minLength: 1, description: 'An enclosure that `places` names.' }),
    ),
    project: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Who the host is lent to.' }),
    ),
    variables: Type.Optional(
      Type.Object({}, { description: 'Template variables, over what the agent reports.' }),
    ),
    obm: Type.Optional(Obm),
    devices: Type.Optional(Type.Array(Device)),
    recovery: Type.Optional(RecoverySteps),
  },
  closed,
);

const Rack = Type.Object({ rack: Name, enclosures: Type.Array(Name) }, closed);
const Site = Type.Object({ site: Name, racks: Type.Array(Rack) }, closed);

const Pool = Type.Object(
  {
    name: Name,
    data_units: Type.Integer({ minimum: 1 }),
    parity_units: Type.Integer({ minimum: 0 }),
    unit_size: Size,
    devices: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'WWNs, serials or paths of devices.',
    }),
  },
  closed,
);

const Profile = Type.Object(
  { name: Name, pools: Type.Array(Type.String({ minLength: 1 })) },
  closed,
);

const VarsMap = Type.Object(
  Object.fromEntries(
    varNames.map((name) => {
      const { min, max, default: value, unit, description } = varSpecs[name];
      const what =
        unit === 'count'
          ? description
          : `${description} ${unit === 'seconds' ? 'Seconds' : 'Percent'}.`;
      const schema = Type.Integer({
        minimum: min,
        maximum: max,
        default: value,
        description: what,
      });
      return [name, Type.Optional(schema)];
    }),
  ),
  { ...closed, description: 'Settings of the cluster; absent ones keep their defaults.' },
);

export const NativeFacts = Type.Object(
  {
    cluster: Type.String({
      pattern: namePattern,
      expected: 'a name',
      description: 'The name of the cluster.',
    }),
    places: Type.Optional(
      Type.Array(Site, { description: 'Sites, their racks and the enclosures in them.' }),
    ),
    hosts: Type.Array(Host, { description: 'A host needs only its fqdn and its roles.' }),
    pools: Type.Optional(Type.Array(Pool)),
    profiles: Type.Optional(
      Type.Array(Profile, {
        minItems: 1,
        description: 'The first is what processes are told. If absent: `default`, with all pools.',
      }),
    ),
    vars: Type.Optional(VarsMap),
    recovery: Type.Optional(RecoverySteps),
  },
  {
    ...closed,
    $id: 'facts.schema.json',
    title: 'Halcyon facts',
    description: 'What a cluster consists of.',
  },
);

export type NativeObm = Readonly<{
  type: DeclaredObm['type'];
  address: string;
  user?: string;
  password?: string;
  password_file?: string;
}>;

export type NativeHost = Readonly<{
  fqdn: string;
  roles: readonly (string | Readonly<{ name: string; overrides?: Variables }>)[];
  enclosure?: string;
  project?: string;
  variables?: Variables;
  obm?: NativeObm;
  devices?: readonly Readonly<{
    wwn: string;
    serial: string;
    path: string;
    slot?: number;
    block_size?: number | string;
    size: number | string;
  }>[];
  recovery?: NativeRecovery;
}>;

/** The shape of a document that fits {@link NativeFacts}. */
export type NativeFactsDocument = Readonly<{
  cluster: string;
  places?: readonly Readonly<{
    site: string;
    racks: readonly Readonly<{ rack: string; enclosures: readonly string[] }>[];
  }>[];
  hosts: readonly NativeHost[];
  pools?: readonly Readonly<{
    name: string;
    data_units: number;
    parity_units: number;
    unit_size: number | string;
    devices: readonly string[];
  }>[];
  profiles?: readonly Readonly<{ name: string; pools: readonly string[] }>[];
  vars?: Readonly<Record<string, number>>;
  recovery?: NativeRecovery;
}>;
