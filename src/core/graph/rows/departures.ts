/** Processes that left without having been stopped. */

import type { Fid } from '../../values/fid.ts';
import { internal } from './row.ts';
import type { Provenance } from './row.ts';

/** A process that was removed although it could not be stopped, kept so that who asked is told. */
export interface DepartureRow extends Provenance {
  readonly fid: Fid;
  readonly host: string;
  readonly name: string;
  readonly reason: string;
}

export const departureRows = {
  departure: internal<DepartureRow>('fid'),
};
