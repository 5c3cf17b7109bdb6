/** Events of the declared cluster: places, roles, pools, variables. */

import { Type } from 'typebox';
import { withdrawable } from '../values/facts.ts';
import type { Fid } from '../values/fid.ts';
import { event } from './define.ts';
import { closed, FidField, Name } from './fields.ts';

export const clusterEvents = {
  ClusterNamed: event(1, Type.Object({ name: Name }, closed), { name: 'galileo' }),

  EnclosureDeclared: event(1, Type.Object({ name: Name, site: Name, rack: Name }, closed), {
    name: 'enc-7',
    site: 'hall-1',
    rack: 'r12',
  }),

  ProjectDeclared: event(1, Type.Object({ name: Name }, closed), { name: 'weather' }),

  PoolDeclared: event(
    1,
    Type.Object(
      {
        fid: FidField,
        name: Name,
        data_units: Type.Integer({ minimum: 0 }),
        parity_units: Type.Integer({ minimum: 0 }),
        unit_size: Type.Integer({ minimum: 0 }),
        devices: Type.Array(Type.String()),
      },
      closed,
    ),
    {
      fid: '0x6f00000000000001:0x2' as Fid,
      name: 'tier1',
      data_units: 8,
      parity_units: 2,
      unit_size: 1_048_576,
      devices: ['5000c500a1b2c3d4'],
    },
  ),

  ProfileDeclared: event(
    1,
    Type.Object({ fid: FidField, name: Name, pools: Type.Array(FidField) }, closed),
    {
      fid: '0x7000000000000001:0x1' as Fid,
      name: 'default',
      pools: ['0x6f00000000000001:0x2' as Fid],
    },
  ),

  RoleDefined: event(
    1,
    Type.Object(
      {
        name: Name,
        format: Type.Union([Type.Literal('native'), Type.Literal('halon')]),
        text: Type.String({ maxLength: 262_144 }),
        file: Type.String({ maxLength: 4096 }),
        line: Type.Integer({ minimum: 1 }),
        requires: Type.Array(Name),
      },
      closed,
    ),
    {
      name: 'm0t1fs',
      format: 'native',
      text: '- role: m0t1fs\n  processes:\n    - name: m0t1fs\n      endpoint: "{{ lnid }}:12345:41:301"\n',
      file: 'roles/m0t1fs.yaml',
      line: 1,
      requires: ['ha'],
    },
  ),

  VarSet: event(1, Type.Object({ name: Name, value: Type.Number() }, closed), {
    name: 'keepalive_timeout',
    value: 115,
  }),

  /** Nothing is wanted any more; failed processes are unknown, and those between two attempts offline. */
  ClusterReset: event(1, Type.Object({ reason: Type.String({ maxLength: 1024 }) }, closed), {
    reason: 'the switch of rack 12 was replaced',
  }),

  /** Of what processes consist of or run on, their own events tell. */
  DeclarationWithdrawn: event(
    1,
    Type.Object(
      {
        kind: Type.Unsafe<(typeof withdrawable)[number]>(Type.Enum([...withdrawable])),
        name: Type.String({ minLength: 1, maxLength: 253 }),
      },
      closed,
    ),
    { kind: 'role', name: 'm0t1fs' },
  ),
};
