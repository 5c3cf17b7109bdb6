/** Somebody writes something down about a machine. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { reject } from '../values/rejection.ts';

export interface AddNote {
  readonly type: 'AddNote';
  readonly fqdn: string;
  readonly text: string;
  /** Who writes. */
  readonly by: string;
}

export const addNote: Decide<AddNote> = (graph, { fqdn, text, by }) => {
  if (!graph.get('host', fqdn))
    return reject('unknown-host', `there is no host ${fqdn}`, { subject: 'fqdn' });
  return decided([{ type: 'NoteAdded', data: { fqdn, text, by } }]);
};
