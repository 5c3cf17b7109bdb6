/** What processes are made of. */

import type { ProcessSpec, RoleSource } from '../../values/roles.ts';
import { shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface RoleRow extends Provenance, RoleSource {}

export interface SpecRow extends Provenance {
  readonly id: string;
  readonly spec: ProcessSpec;
}

export const roleRows = {
  role: shown<RoleRow>('name'),
  spec: shown<SpecRow>('id'),
};
