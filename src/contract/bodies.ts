/** Request bodies. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { instanceLengthMax } from '../core/values/instance.ts';
import { leaseSecondsMax, leaseSecondsMin } from '../core/values/lease.ts';
import { reportableStates } from '../core/values/states.ts';
import {
  CredentialRole,
  FidText,
  Fqdn,
  nullable,
  Overrides,
  ProcessState,
  RoleName,
  strict,
} from './values.ts';

const NamedText = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 4096, description: 'File name, for messages.' }),
    text: Type.String({ maxLength: 8_388_608, description: 'Content of the file.' }),
  },
  strict,
);

export const LoadBody = Type.Object(
  {
    facts: NamedText,
    roles: Type.Array(NamedText, { maxItems: 1000 }),
    passwords: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 4096 }), {
        description: 'Contents of the files that facts name as `password_file`, by that name.',
      }),
    ),
  },
  strict,
);

export const HostBody = Type.Object({ fqdn: Fqdn }, strict);

export const TracesBody = Type.Object({ enabled: Type.Boolean() }, strict);

const tokens = Type.Optional(
  Type.Boolean({
    default: false,
    description:
      'Whether to return, for each process, a token that may read only its configuration.',
  }),
);

export const NodeBody = Type.Object(
  {
    host: Fqdn,
    roles: Type.Array(
      Type.Object({ name: RoleName, overrides: Type.Optional(Overrides) }, strict),
      { minItems: 1, maxItems: 64 },
    ),
    tokens,
  },
  strict,
);

const leaseSeconds = Type.Integer({
  minimum: leaseSecondsMin,
  maximum: leaseSecondsMax,
  description: 'How long the owner may be silent before the process is failed and removed.',
});

export const ProcessBody = Type.Object(
  {
    host: Fqdn,
    role: RoleName,
    overrides: Type.Optional(Overrides),
    tokens,
    lease: Type.Optional(leaseSeconds),
  },
  strict,
);

const instance = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: instanceLengthMax,
    pattern: '^[ -~]*$',
    description:
      'Which run of the process says so: an id that it chose when it began. The first `starting` or `online` of a run ' +
      'makes it the present one; what another says afterwards is refused as `older-instance`. Absent: not said.',
  }),
);

export const StateBody = Type.Object(
  {
    state: Type.Unsafe<(typeof reportableStates)[number]>(Type.Enum([...reportableStates])),
    reason: Type.Optional(Type.String({ maxLength: 1024 })),
    instance,
  },
  strict,
);

export const LeaseBody = Type.Object(
  {
    seconds: leaseSeconds,
    instance,
  },
  strict,
);

export const TokenBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128, description: 'What the token is for.' }),
    role: CredentialRole,
    host: Type.Optional(nullable(Fqdn)),
    process: Type.Optional(nullable(FidText)),
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 315_360_000,
        description: 'Seconds until the token stops working; absent: it does not.',
      }),
    ),
  },
  strict,
);

export const OverrideBody = Type.Object(
  { state: ProcessState, reason: Type.String({ minLength: 1, maxLength: 1024 }) },
  strict,
);

export const ScaleBody = Type.Object(
  {
    role: RoleName,
    to: Type.Integer({ minimum: 0, maximum: 10_000 }),
    overrides: Type.Optional(Overrides),
  },
  strict,
);

export const ResetBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 1024 }) },
  strict,
);

export const SyncBody = Type.Object(
  { hosts: Type.Optional(Type.Array(Fqdn, { maxItems: 100_000, description: 'Absent: all.' })) },
  strict,
);

export const VarsBody = Type.Record(Type.String({ maxLength: 128 }), Type.Number(), {
  description: 'Settings by name; see docs/vars.md.',
});

export type OverrideBody = Static<typeof OverrideBody>;
export type ScaleBody = Static<typeof ScaleBody>;
export type ResetBody = Static<typeof ResetBody>;
export type SyncBody = Static<typeof SyncBody>;
export type VarsBody = Static<typeof VarsBody>;
export type LoadBody = Static<typeof LoadBody>;
export type HostBody = Static<typeof HostBody>;
export type TracesBody = Static<typeof TracesBody>;
export type NodeBody = Static<typeof NodeBody>;
export type ProcessBody = Static<typeof ProcessBody>;
export type LeaseBody = Static<typeof LeaseBody>;
export type StateBody = Static<typeof StateBody>;
export type TokenBody = Static<typeof TokenBody>;
