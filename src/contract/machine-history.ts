/** What happened to a machine, and what people wrote down about it. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { notePattern, notesKeptMax } from '../core/values/notes.ts';
import { ask, command } from './endpoint.ts';
import { EventReply } from './events.ts';
import { Done } from './outcome.ts';
import { Fqdn, nullable, RevisionNumber, strict, Timestamp } from './values.ts';

export const historyKinds = [
  ...(['boot', 'check', 'power', 'console', 'process', 'operation', 'maintenance'] as const),
  ...(['recovery', 'note', 'project', 'hardware', 'other'] as const),
] as const;
export type HistoryKind = (typeof historyKinds)[number];

export const HistoryEntry = Type.Object({
  id: Type.String({ description: '`<revision>.<index>` of the event.' }),
  revision: { ...RevisionNumber, description: 'Of its commit: `at` of other reads takes it.' },
  at: { ...Timestamp, description: 'By the clock of the station.' },
  kind: Type.String({ description: historyKinds.join(', ') }),
  text: Type.String({ description: 'What happened, in one line.' }),
  by: Type.String({ description: 'Who asked for it, or `station`.' }),
  by_name: nullable(
    Type.String({ description: 'The name of that user, or of that token; null: it is not known.' }),
  ),
  changes: Type.Array(
    Type.Object({
      of: Type.String({
        description:
          'A check; `agent`, `power`, `obm`, `writer` (of the console), `maintenance`, `name`; the fid of a process.',
      }),
      from: nullable(Type.String({ description: 'null: the event does not say.' })),
      to: nullable(Type.String()),
    }),
    { description: 'What became another by it.' },
  ),
  process: nullable(Type.String({ description: 'The process that it is about; it may be gone.' })),
  operation: nullable(Type.Integer({ description: 'The operation that it belongs to.' })),
  event: EventReply,
});

export const HistoryPage = Type.Object({
  revision: RevisionNumber,
  entries: Type.Array(HistoryEntry, { description: 'Newest first.' }),
  next: nullable(Type.String({ description: '`cursor` of the next page; null on the last one.' })),
});

export const NoteBody = Type.Object(
  {
    text: Type.String({
      pattern: notePattern,
      description: 'One line; whoever sees the host sees it.',
    }),
  },
  strict,
);

export const NoteList = Type.Object({
  notes: Type.Array(
    Type.Object({
      text: Type.String(),
      by: Type.String(),
      by_name: nullable(
        Type.String({ description: 'The name of that user, or of that token; null: not known.' }),
      ),
      at: Timestamp,
      revision: RevisionNumber,
    }),
    { description: `Newest first; the last ${notesKeptMax}. Older ones are in the history.` },
  ),
});

export type HistoryEntry = Static<typeof HistoryEntry>;
export type HistoryPage = Static<typeof HistoryPage>;
export type NoteList = Static<typeof NoteList>;
export type NoteBody = Static<typeof NoteBody>;

const params = { fqdn: Fqdn };
const Kind = Type.Enum([...historyKinds]);
const moment = { pattern: '^[1-9][0-9]{0,14}$' } as const;

export const machineHistory = ask({
  path: '/hosts/:fqdn/history',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'fleet',
  summary: 'What happened to a machine, newest first',
  description:
    'Boots, checks that changed, power, consoles, processes (those that are gone, too), what somebody asked for, ' +
    'maintenance, notes. A machine that has left is known by its name still. Ordered as the station had it, whatever the ' +
    'clock of the machine says. A page looks at 20,000 commits at most; where it found less than its limit by then, ' +
    '`next` goes on.',
  query: {
    since: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Not before; ms since the epoch.' }),
    ),
    until: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Not after; ms since the epoch.' }),
    ),
    kind: Type.Optional(
      Type.Union([Kind, Type.Array(Kind, { maxItems: historyKinds.length })], {
        description: 'Only of this kind; several times: of these.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default 100.' })),
    cursor: Type.Optional(Type.String({ ...moment, description: '`next` of the page before.' })),
  },
  reply: HistoryPage,
});

export const listNotes = ask({
  path: '/hosts/:fqdn/notes',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'fleet',
  summary: 'What people wrote down about a machine',
  reply: NoteList,
});

export const addNote = command({
  method: 'POST',
  path: '/hosts/:fqdn/notes',
  params,
  access: 'note-taker',
  lent: 'machine',
  tag: 'fleet',
  summary: 'Write something down about a machine',
  body: NoteBody,
  reply: Done,
});
