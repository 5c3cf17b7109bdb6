/** What people have written down about machines. */

import type { Revision } from '../../values/revision.ts';
import { shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface Note {
  readonly text: string;
  /** Who has written it. */
  readonly by: string;
  /** Ms since the epoch. */
  readonly at: number;
  readonly revision: Revision;
}

export interface NotesRow extends Provenance {
  readonly host: string;
  /** The latest, oldest first; at least one. */
  readonly notes: readonly Note[];
}

export const noteRows = {
  notes: shown<NotesRow>('host'),
};
