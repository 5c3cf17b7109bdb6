/**
 * The declared cluster as the core takes it: what a facts file says once it is parsed and valid.
 */

import type { RecoveryStep } from './recovery-policy.ts';
import type { RoleSource, Variables } from './roles.ts';

export interface DeclaredRole {
  readonly name: string;
  readonly overrides: Variables;
}

/** A host's out-of-band manager; its credentials live in the secret store under `secret`. */
export interface DeclaredObm {
  readonly type: 'ipmi' | 'redfish' | 'dummy';
  readonly address: string;
  /** Name of the entry in the secret store; null where the OBM needs no credentials. */
  readonly secret: string | null;
}

export interface DeclaredDevice {
  readonly wwn: string;
  readonly serial: string;
  readonly path: string;
  readonly slot: number;
  /** Block size in bytes. */
  readonly block_size: number;
  /** Capacity in bytes. */
  readonly size: number;
}

export interface DeclaredHost {
  readonly fqdn: string;
  readonly roles: readonly DeclaredRole[];
  /** Enclosure name, or null for a host that stands nowhere in particular. */
  readonly enclosure: string | null;
  /** Extra template variables of this host, over what its agent reports. */
  readonly variables: Variables;
  readonly obm: DeclaredObm | null;
  /** Who the host is lent to; null where it belongs to the cluster itself. */
  readonly project: string | null;
  readonly devices: readonly DeclaredDevice[];
  /** What is done when it is lost; null: what is done about every host. */
  readonly recovery: readonly RecoveryStep[] | null;
}

export interface DeclaredEnclosure {
  readonly name: string;
  readonly site: string;
  readonly rack: string;
}

export interface DeclaredPool {
  readonly name: string;
  readonly data_units: number;
  readonly parity_units: number;
  /** Bytes. */
  readonly unit_size: number;
  /** WWNs (or serials, or paths) of the devices in the pool. */
  readonly devices: readonly string[];
}

export interface DeclaredProfile {
  readonly name: string;
  readonly pools: readonly string[];
}

/** Everything one `cluster load` declares. */
export interface Declaration {
  readonly cluster: string;
  readonly enclosures: readonly DeclaredEnclosure[];
  readonly hosts: readonly DeclaredHost[];
  readonly pools: readonly DeclaredPool[];
  /** At least one; the first one's fid is what processes are told. */
  readonly profiles: readonly DeclaredProfile[];
  readonly roles: readonly RoleSource[];
  readonly vars: Readonly<Record<string, number>>;
  /** What is done about hosts that are lost; null: what was declared before. */
  readonly recovery: readonly RecoveryStep[] | null;
}

/** Kinds of what is declared that nothing runs of, so that it can go at once. */
export const withdrawable = [
  'obm',
  'role',
  'profile',
  'pool',
  'enclosure',
  'project',
  'var',
] as const;
