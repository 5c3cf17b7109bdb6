/** Who did what. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { Fqdn, nullable, RevisionNumber, Timestamp } from './values.ts';

export const Deed = Type.Object({
  id: Type.String({ description: 'Of the event.' }),
  at: Timestamp,
  actor: Type.String({ description: '`token:<id>` or `user:<name>`.' }),
  user: nullable(Type.String({ description: 'Whose token it was; null: no user’s.' })),
  name: nullable(Type.String({ description: 'What the token was for.' })),
  type: Type.String({ description: 'What was done: the type of the event.' }),
  hosts: Type.Array(Type.String(), { description: 'The machines that it was done to.' }),
  grant: nullable(Type.String({ description: 'The grant that it was about.' })),
  reason: nullable(Type.String()),
});

export const Audit = Type.Object({
  revision: RevisionNumber,
  items: Type.Array(Deed),
  next: nullable(
    Type.Integer({ description: '`from` of the next page; null: there is no more by now.' }),
  ),
});

export type Deed = Static<typeof Deed>;
export type Audit = Static<typeof Audit>;

export const audit = ask({
  path: '/audit',
  access: 'viewer',
  tag: 'events',
  summary: 'Who did what to which machine, when, and by which grant',
  description:
    'From the log, oldest first. What stations and agents do by themselves is not in it.',
  query: {
    host: Type.Optional(Fqdn),
    actor: Type.Optional(
      Type.String({
        maxLength: 128,
        description:
          'Name of a user, or id of a token, and then what was done by the sessions that it opened, too.',
      }),
    ),
    since: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'Only what was done from then on, ms since the epoch.',
      }),
    ),
    from: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Only what was done after this revision.' }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'Deeds of a page; absent: 200.' }),
    ),
  },
  reply: Audit,
});
