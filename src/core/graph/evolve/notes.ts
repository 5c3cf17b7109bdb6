/** What the events of notes change in the graph. */

import type { noteEvents } from '../../events/notes.ts';
import { notesKeptMax } from '../../values/notes.ts';
import { upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';

/** A host is gone; what was written about it is in the log. */
export const forgetNotes = (graph: Graph, fqdn: string): void => {
  if (graph.get('notes', fqdn)) graph.remove('notes', fqdn);
};

/** They are about the same machine under its new name. */
export const renameNotes = (graph: Graph, from: string, to: string, position: Position): void => {
  const row = graph.get('notes', from);
  if (!row) return;
  graph.remove('notes', from);
  graph.put('notes', { ...row, host: to, changed: position.revision });
};

export const noteEvolvers: Evolvers<typeof noteEvents> = {
  NoteAdded: (graph, { fqdn: host, text, by }, position) => {
    const { at, revision } = position;
    const before = graph.get('notes', host)?.notes ?? [];
    const notes = [...before, { text, by, at, revision }].slice(-notesKeptMax);
    upsert(graph, 'notes', host, { host, notes }, position);
  },
};
