/** Groups of machines, from all sources, and what nodesets mean. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { nullable } from './values.ts';

const Time = nullable(Type.Integer({ description: 'ms since the epoch; null: never.' }));

export const GroupSourceState = Type.Object({
  name: Type.String({ description: 'As in `@name:group`.' }),
  kind: Type.String({
    description: 'facts, groups, yaml, files, genders, clustershell or slurm.',
  }),
  groups: Type.Integer({ description: 'How many it has.' }),
  read_at: Time,
  age_seconds: nullable(Type.Integer({ description: 'Since it was read; null: never.' })),
  error: nullable(
    Type.String({
      description: 'Why it could not be read the last time; what it said before stays.',
    }),
  ),
  warnings: Type.Array(Type.String(), { description: 'What of it cannot be used.' }),
});

export const Group = Type.Object({
  name: Type.String(),
  source: Type.String(),
  count: Type.Integer({ description: 'How many names it has.' }),
  nodeset: Type.String({ description: 'Who is in it, in short.' }),
  shadowed_by: nullable(
    Type.String({ description: 'The source whose group `@name` means; null: this one.' }),
  ),
  error: nullable(
    Type.String({ description: 'Why nobody can say who is in it; then `count` is 0.' }),
  ),
  read_at: Time,
  nodes: Type.Optional(Type.Array(Type.String(), { description: 'With `expand`.' })),
});

export const GroupList = Type.Object({
  items: Type.Array(Group),
  more: Type.Boolean({ description: 'There are more groups than are told at once.' }),
  sources: Type.Array(GroupSourceState),
});

export const ResolvedNodeset = Type.Object({
  count: Type.Integer(),
  nodeset: Type.String({ description: 'The machines, in short.' }),
  nodes: Type.Array(Type.String(), { description: 'The machines, in their order.' }),
  unmatched: Type.Array(Type.String(), {
    description: 'Names that mean no machine of the cluster, or several; they are not in `nodes`.',
  }),
});

export type GroupSourceState = Static<typeof GroupSourceState>;
export type Group = Static<typeof Group>;
export type GroupList = Static<typeof GroupList>;
export type ResolvedNodeset = Static<typeof ResolvedNodeset>;

const source = {
  source: Type.Optional(Type.String({ maxLength: 64, description: 'Only of this source.' })),
};
const name = Type.String({ minLength: 1, maxLength: 128, description: 'Or `*`: all of a source.' });

export const listGroups = ask({
  answeredBy: 'leader',
  path: '/groups',
  access: 'viewer',
  tag: 'hosts',
  summary: 'Groups of machines',
  description:
    'What the sources said last: nobody is waited for, and a source that does not answer costs age. At most 10,000 ' +
    'groups are told.',
  query: {
    ...source,
    expand: Type.Optional(Type.Boolean({ description: 'With the names of each group.' })),
  },
  reply: GroupList,
});

export const getGroup = ask({
  answeredBy: 'leader',
  path: '/groups/:name',
  params: { name },
  access: 'viewer',
  tag: 'hosts',
  summary: 'One group of machines',
  description: 'Of the first source that has it, unless one is named.',
  query: source,
  reply: Group,
});

export const getSubgroup = ask({
  answeredBy: 'leader',
  path: '/groups/:name/:child',
  params: {
    name,
    child: Type.String({ minLength: 1, maxLength: 128, description: 'What follows the slash.' }),
  },
  access: 'viewer',
  tag: 'hosts',
  summary: 'One group of machines that has a slash in its name',
  query: source,
  reply: Group,
});

export const resolveNodeset = ask({
  answeredBy: 'leader',
  path: '/nodesets',
  access: 'viewer',
  tag: 'hosts',
  summary: 'What a nodeset means',
  description:
    'With groups and wildcards. Names are those of machines, or their beginnings up to a dot.',
  query: {
    nodeset: Type.String({ minLength: 1, maxLength: 65_536, description: 'As in `n[1-9]&@gpu`.' }),
  },
  reply: ResolvedNodeset,
});
