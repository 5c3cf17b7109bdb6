/** Events of hosts: declared, heard of, lost. */

import { Type } from 'typebox';
import type { DeclaredDevice } from '../values/facts.ts';
import { event } from './define.ts';
import { closed, DeclaredRoleField, Fqdn, Name, Nullable, VariablesField } from './fields.ts';

const count = Type.Integer({ minimum: 0 });

const Device = Type.Unsafe<DeclaredDevice>(
  Type.Object(
    {
      wwn: Type.String(),
      serial: Type.String(),
      path: Type.String(),
      slot: Type.Integer(),
      block_size: count,
      size: count,
    },
    closed,
  ),
);

/** Characters that the account of why a role waits may have. */
export const problemLength = 4096;

/** What an agent reports of its host. */
export const HostFactsField = Type.Object(
  {
    agent: Type.String({ minLength: 1, maxLength: 64 }),
    address: Type.String({ maxLength: 256 }),
    lnid: Type.String({ maxLength: 256 }),
    interfaces: Type.Array(
      Type.Object(
        { name: Type.String({ maxLength: 64 }), address: Type.String({ maxLength: 64 }) },
        closed,
      ),
      { maxItems: 256 },
    ),
    memory_mib: count,
    cpus: Type.Integer({ minimum: 1, maximum: 65_536 }),
    kernel: Type.String({ maxLength: 256 }),
    boot_id: Type.String({ maxLength: 64 }),
    version: Type.String({ maxLength: 64 }),
  },
  closed,
);

export const hostEvents = {
  /**
   * A host and everything a facts file or an operator says of it; said again, it replaces what was
   * said before.
   */
  HostDeclared: event(
    2,
    Type.Object(
      {
        fqdn: Fqdn,
        enclosure: Nullable(Name),
        project: Nullable(Name),
        variables: VariablesField,
        roles: Type.Array(DeclaredRoleField),
        devices: Type.Array(Device),
        /** False in logs of versions that did not tell such hosts from those that joined by themselves. */
        declared: Type.Boolean(),
      },
      closed,
    ),
    {
      fqdn: 'n0001.galileo.example',
      enclosure: 'enc-7',
      project: null,
      variables: {},
      roles: [{ name: 'm0t1fs', overrides: {} }],
      devices: [],
      declared: true,
    },
    { upcast: { 1: (data: object) => ({ ...data, declared: false }) } },
  ),

  /** A host that nobody declared: its agent reported, or an operator named it. */
  HostRegistered: event(1, Type.Object({ fqdn: Fqdn }, closed), { fqdn: 'n0002.galileo.example' }),

  /** The machine got another name; it is the host that it was. */
  HostRenamed: event(1, Type.Object({ from: Fqdn, to: Fqdn }, closed), {
    from: 'n0002.galileo.example',
    to: 'n0102.galileo.example',
  }),

  ObmDeclared: event(
    1,
    Type.Object(
      {
        host: Fqdn,
        type: Type.Union([Type.Literal('ipmi'), Type.Literal('redfish'), Type.Literal('dummy')]),
        address: Type.String({ maxLength: 256 }),
        secret: Nullable(Type.String({ maxLength: 512 })),
      },
      closed,
    ),
    {
      host: 'n0001.galileo.example',
      type: 'ipmi',
      address: '10.1.0.1:623',
      secret: 'obm/n0001.galileo.example',
    },
  ),

  NodeUp: event(1, Type.Object({ fqdn: Fqdn, facts: HostFactsField }, closed), {
    fqdn: 'n0001.galileo.example',
    facts: {
      agent: 'd2b6b1f0-7f0e-4f3e-9a53-1a4f0a1d6c11',
      address: '10.0.0.1',
      lnid: '10.0.0.1@tcp',
      interfaces: [{ name: 'eth0', address: '10.0.0.1' }],
      memory_mib: 64_230,
      cpus: 20,
      kernel: '6.1.0-40-amd64',
      boot_id: '6f0c1a52-2f7f-4c86-8d3e-2f1d0e9b7a10',
      version: '0.1.0',
    },
  }),

  NodeDown: event(
    1,
    Type.Object({ fqdn: Fqdn, reason: Type.String({ maxLength: 1024 }) }, closed),
    {
      fqdn: 'n0001.galileo.example',
      reason: 'no heartbeat for 115 s',
    },
  ),

  /** Another machine said it was this host while its own agent was alive. */
  HostClaimRefused: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        agent: Type.String({ maxLength: 64 }),
        address: Type.String({ maxLength: 256 }),
      },
      closed,
    ),
    {
      fqdn: 'n0001.galileo.example',
      agent: '0b0c7f0a-3d7c-4a52-b0f6-0b2d3a1c9e77',
      address: '10.0.9.9',
    },
  ),

  /** The processes of a declared role are there. */
  DeclaredRoleAllocated: event(
    2,
    Type.Object(
      {
        fqdn: Fqdn,
        role: Name,
        /** How many processes the role gives the host; null in logs of versions that did not tell. */
        processes: Nullable(count),
      },
      closed,
    ),
    { fqdn: 'n0001.galileo.example', role: 'm0t1fs', processes: 1 },
    { upcast: { 1: (data: object) => ({ ...data, processes: null }) } },
  ),

  /** Of a declared role processes are gone, and facts that still declare it were loaded: they are to be there again. */
  DeclaredRoleWanted: event(1, Type.Object({ fqdn: Fqdn, role: Name }, closed), {
    fqdn: 'n0001.galileo.example',
    role: 'm0t1fs',
  }),

  /** A declared role waits, and this is why. */
  DeclaredRoleBlocked: event(
    1,
    Type.Object(
      { fqdn: Fqdn, role: Name, code: Name, message: Type.String({ maxLength: problemLength }) },
      closed,
    ),
    {
      fqdn: 'n0001.galileo.example',
      role: 'm0t1fs',
      code: 'no-free-endpoint',
      message: 'every endpoint from 10.0.0.1@tcp:12345:41:301 to 4095 is taken',
    },
  ),
};
