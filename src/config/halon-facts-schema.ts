/**
 * The schema of Halon's facts format. Halon ignores keys that it does not know: they are worth a
 * warning, no more.
 */

import { Type } from 'typebox';
import type { TOptional, TSchema } from 'typebox';
import { Fqdn } from './facts-schema.ts';

const closed = { additionalProperties: false } as const;

const Text = Type.String();
const Name = Type.String({ minLength: 1, maxLength: 128 });
const Index = Type.Integer();
const Unsigned = Type.Number({ minimum: 0 });

/** Keys of former versions, which say nothing any more. */
const former = (...keys: readonly string[]): Record<string, TOptional<TSchema>> =>
  Object.fromEntries(keys.map((key) => [key, Type.Optional(Type.Any())]));

const RoleReference = Type.Object(
  {
    name: Name,
    overrides: Type.Optional(Type.Union([Type.Object({}), Type.Null()])),
  },
  closed,
);

const Bmc = Type.Object({ bmc_addr: Text, bmc_user: Text, bmc_pass: Text }, closed);

const EnclosureHost = Type.Object(
  {
    h_fqdn: Fqdn,
    h_halon: Type.Optional(
      Type.Union([
        Type.Object({ address: Text, roles: Type.Array(RoleReference) }, closed),
        Type.Null(),
      ]),
    ),
    ...former('h_memsize', 'h_cpucount', 'h_interfaces'),
  },
  closed,
);

const Enclosure = Type.Object(
  {
    enc_idx: Index,
    enc_id: Name,
    enc_bmc: Type.Array(Bmc),
    enc_hosts: Type.Array(EnclosureHost),
  },
  closed,
);

const Rack = Type.Object({ rack_idx: Index, rack_enclosures: Type.Array(Enclosure) }, closed);
const Site = Type.Object({ site_idx: Index, site_racks: Type.Array(Rack) }, closed);

const Device = Type.Object(
  {
    m0d_wwn: Name,
    m0d_serial: Text,
    m0d_bsize: Unsigned,
    m0d_size: Unsigned,
    m0d_path: Text,
    m0d_slot: Index,
  },
  closed,
);

/** Everything but the three keys of its own is the environment of the roles' templates. */
const Server = Type.Object({
  m0h_fqdn: Fqdn,
  m0h_roles: Type.Array(RoleReference),
  m0h_devices: Type.Array(Device),
});

const optionalGlobals = [
  'm0_be_ios_seg_size',
  'm0_be_log_size',
  'm0_be_seg_size',
  'm0_be_tx_payload_size_max',
  'm0_be_tx_reg_nr_max',
  'm0_be_tx_reg_size_max',
  'm0_be_txgr_freeze_timeout_max',
  'm0_be_txgr_freeze_timeout_min',
  'm0_be_txgr_payload_size_max',
  'm0_be_txgr_reg_nr_max',
  'm0_be_txgr_reg_size_max',
  'm0_be_txgr_tx_nr_max',
  'm0_min_rpc_recvq_len',
];

const Globals = Type.Object(
  {
    m0_md_redundancy: Unsigned,
    ...Object.fromEntries(
      optionalGlobals.map((key) => [key, Type.Optional(Type.Union([Unsigned, Type.Null()]))]),
    ),
    ...former('m0_block_size', 'm0_data_units', 'm0_parity_units', 'm0_failure_set_gen'),
  },
  closed,
);

const DeviceReference = Type.Object(
  {
    dr_wwn: Type.Optional(Type.Union([Text, Type.Null()])),
    dr_serial: Type.Optional(Type.Union([Text, Type.Null()])),
    dr_path: Type.Optional(Type.Union([Text, Type.Null()])),
  },
  closed,
);

const Pool = Type.Object(
  {
    pool_id: Name,
    // Absent from files of the time when the globals held these.
    pool_pdclust_attrs: Type.Optional(
      Type.Object(
        {
          data_units: Unsigned,
          parity_units: Unsigned,
          unit_size: Unsigned,
          seed: Type.Optional(Type.Any()),
        },
        closed,
      ),
    ),
    pool_allowed_failures: Type.Optional(Type.Any()),
    pool_device_refs: Type.Array(DeviceReference, { minItems: 1 }),
  },
  closed,
);

const Profile = Type.Object({ prof_id: Name, prof_pools: Type.Array(Name) }, closed);

export const HalonFacts = Type.Object(
  {
    id_sites: Type.Array(Site),
    id_m0_servers: Type.Array(Server),
    id_m0_globals: Globals,
    id_pools: Type.Array(Pool),
    id_profiles: Type.Array(Profile, { minItems: 1 }),
  },
  closed,
);

interface Reference {
  readonly name: string;
  readonly overrides?: Readonly<Record<string, unknown>> | null;
}

/** The shape of a document that fits {@link HalonFacts}. */
export interface HalonFactsDocument {
  readonly id_sites: readonly {
    readonly site_idx: number;
    readonly site_racks: readonly {
      readonly rack_idx: number;
      readonly rack_enclosures: readonly {
        readonly enc_idx: number;
        readonly enc_id: string;
        readonly enc_bmc: readonly {
          readonly bmc_addr: string;
          readonly bmc_user: string;
          readonly bmc_pass: string;
        }[];
        readonly enc_hosts: readonly {
          readonly h_fqdn: string;
          readonly h_halon?: { readonly roles: readonly Reference[] } | null;
        }[];
      }[];
    }[];
  }[];
  readonly id_m0_servers: readonly ({
    readonly m0h_fqdn: string;
    readonly m0h_roles: readonly Reference[];
    readonly m0h_devices: readonly {
      readonly m0d_wwn: string;
      readonly m0d_serial: string;
      readonly m0d_bsize: number;
      readonly m0d_size: number;
      readonly m0d_path: string;
      readonly m0d_slot: number;
    }[];
  } & Readonly<Record<string, unknown>>)[];
  readonly id_m0_globals: {
    readonly m0_data_units?: unknown;
    readonly m0_parity_units?: unknown;
  };
  readonly id_pools: readonly {
    readonly pool_id: string;
    readonly pool_pdclust_attrs?: {
      readonly data_units: number;
      readonly parity_units: number;
      readonly unit_size: number;
    };
    readonly pool_device_refs: readonly {
      readonly dr_wwn?: string | null;
      readonly dr_serial?: string | null;
      readonly dr_path?: string | null;
    }[];
  }[];
  readonly id_profiles: readonly {
    readonly prof_id: string;
    readonly prof_pools: readonly string[];
  }[];
}
