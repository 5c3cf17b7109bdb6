/** Nodes, their processes, and the services of these. */

import type { Fid } from '../../values/fid.ts';
import type { Revision } from '../../values/revision.ts';
import type { ProcessState } from '../../values/states.ts';
import { shown } from './row.ts';
import type { Provenance, Wanted } from './row.ts';

export interface NodeRow extends Provenance {
  readonly fid: Fid;
  readonly host: string;
  readonly wanted: Wanted | null;
  /** It goes with its last process. */
  readonly removing: boolean;
}

export interface ProcessRow extends Provenance {
  readonly fid: Fid;
  readonly node: Fid;
  readonly role: string;
  readonly spec: string;
  readonly endpoint: string;
  /** The values allocated from the spec's ranges. */
  readonly ranges: Readonly<Record<string, number>>;
  readonly state: ProcessState;
  /** Why it is in that state, where there is a reason; empty otherwise. */
  readonly reason: string;
  /** When the state last changed, ms since the epoch. */
  readonly since: number;
  /** The commit in which the state last changed. */
  readonly moved: Revision;
  readonly wanted: Wanted | null;
  /** It goes once it has ended. */
  readonly removing: boolean;
  /** Counts the orders to start it, so that late reports about older ones are recognised. */
  readonly generation: number;
  /** Attempts since it was last wanted or stable, from 1; 0 before the first. */
  readonly attempt: number;
  /** Process id on its host; null where none is known. */
  readonly pid: number | null;
  /** Seconds for which the owner of an independent process may be silent; null: for ever. */
  readonly lease: number | null;
  /** The runs of an independent process that named themselves, newest first; absent: none did. */
  readonly instances?: readonly string[];
}

export interface ServiceRow extends Provenance {
  readonly fid: Fid;
  readonly process: Fid;
  readonly type: string;
}

export const processRows = {
  node: shown<NodeRow>('fid'),
  process: shown<ProcessRow>('fid'),
  service: shown<ServiceRow>('fid'),
};
