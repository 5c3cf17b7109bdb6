/** The cluster as it is declared: places, pools, settings. */

import type { Fid } from '../../values/fid.ts';
import { internal, shown } from './row.ts';
import type { Provenance, Wanted } from './row.ts';

export interface ClusterRow extends Provenance {
  readonly name: string;
  /** What operators want of the cluster; null until it was started or stopped. */
  readonly wanted: Wanted | null;
}

/** Numbers that only grow: the last fid key and the last spec id given out. */
export interface CounterRow extends Provenance {
  readonly name: 'fid' | 'spec';
  readonly value: number;
}

export interface VarRow extends Provenance {
  readonly name: string;
  readonly value: number;
}

export interface SiteRow extends Provenance {
  readonly name: string;
}

export interface RackRow extends Provenance {
  /** `<site>/<rack>`. */
  readonly id: string;
  readonly site: string;
}

export interface EnclosureRow extends Provenance {
  readonly name: string;
  readonly rack: string;
}

export interface ProjectRow extends Provenance {
  readonly name: string;
  /** Somebody created it, so that it stays when no facts name it any more. */
  readonly lasting?: true;
}

export interface PoolRow extends Provenance {
  readonly fid: Fid;
  readonly name: string;
  readonly data_units: number;
  readonly parity_units: number;
  /** Bytes. */
  readonly unit_size: number;
  readonly devices: readonly string[];
}

export interface ProfileRow extends Provenance {
  readonly fid: Fid;
  readonly name: string;
  readonly pools: readonly Fid[];
}

export const clusterRows = {
  cluster: shown<ClusterRow>('name'),
  counter: internal<CounterRow>('name'),
  var: shown<VarRow>('name'),
  site: shown<SiteRow>('name'),
  rack: shown<RackRow>('id'),
  enclosure: shown<EnclosureRow>('name'),
  project: shown<ProjectRow>('name'),
  pool: shown<PoolRow>('fid'),
  profile: shown<ProfileRow>('fid'),
};
