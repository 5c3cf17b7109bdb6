/** The log, and why things are as they are. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { nullable, RevisionNumber, Timestamp } from './values.ts';

export const EventReply = Type.Object({
  id: Type.String({ description: '`<revision>.<index>`.' }),
  type: Type.String(),
  v: Type.Integer(),
  data: Type.Unsafe<unknown>(Type.Any()),
  at: Timestamp,
  actor: Type.String(),
  correlation: Type.String(),
  causation: Type.String({ description: 'The command, or the id of the event that set it off.' }),
  rule: nullable(Type.String()),
});

export const EventPage = Type.Object({
  revision: RevisionNumber,
  events: Type.Array(EventReply),
  next: nullable(RevisionNumber),
});

export const Why = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  resource: Type.Unsafe<Record<string, unknown>>(Type.Any()),
  steps: Type.Array(
    Type.Object({
      revision: RevisionNumber,
      at: Timestamp,
      actor: Type.String(),
      command: Type.String(),
      correlation: Type.String(),
      events: Type.Array(EventReply),
    }),
    {
      description:
        'The commits behind its present state, oldest first, each with the chain of events that reached it.',
    },
  ),
});

export type EventReply = Static<typeof EventReply>;
export type EventPage = Static<typeof EventPage>;
export type Why = Static<typeof Why>;

export const listEvents = ask({
  path: '/events',
  access: 'viewer',
  lent: 'shown',
  tag: 'events',
  summary: 'Events of the log',
  description:
    'A page as JSON; with `Accept: text/event-stream` a live stream (SSE) that resumes after `Last-Event-ID`.',
  query: {
    from: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Events after this revision. Default 0.' }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'At least this many, whole commits. Default 1000.',
      }),
    ),
    type: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String())], {
        description: 'Only events of these types.',
      }),
    ),
  },
  reply: EventPage,
  content: {
    'application/json': EventPage,
    'text/event-stream': Type.String({
      description: 'Messages with `id`, `event` (the type) and `data` (an event, as in a page).',
    }),
  },
});

export const why = ask({
  path: '/why/:id',
  params: { id: Type.String({ description: 'A fid, an FQDN or a name.' }) },
  access: 'viewer',
  lent: 'shown',
  tag: 'events',
  summary: 'Why a resource is as it is',
  description:
    'The commits that made and changed it, with the command, the actor and the rules behind each.',
  query: {
    kind: Type.Optional(
      Type.String({ description: 'Where a name could be of several kinds: host, role, …' }),
    ),
  },
  reply: Why,
});
