/** People who log in, and their sessions. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { sessionSecondsMax, userNamePattern, userRoles } from '../core/values/users.ts';
import { ask, command, tell } from './endpoint.ts';
import { Done } from './outcome.ts';
import { nullable, strict, Timestamp, TokenRole } from './values.ts';

const UserName = Type.String({
  pattern: userNamePattern,
  description: 'Name of a user: small letters, digits, `.`, `_` and `-`, at most 32.',
});
const Role = Type.Unsafe<(typeof userRoles)[number]>(
  Type.Enum([...userRoles], { description: 'What the user may do.' }),
);
const Password = Type.String({
  minLength: 12,
  maxLength: 1024,
  description: 'At least 12 characters.',
});
const PasswordShown = Type.String({ maxLength: 1024 });
const Code = Type.String({
  maxLength: 64,
  description: 'Of the authenticator, or one of the recovery codes.',
});

export const User = Type.Object({
  name: Type.String(),
  role: Role,
  disabled: Type.Boolean(),
  password: Type.Boolean({ description: 'Whether there is one.' }),
  second_factor: Type.Boolean({ description: 'Whether a code is asked for, too.' }),
  locked: nullable(Timestamp),
});
export const UserList = Type.Object({ items: Type.Array(User) });
export const UserBody = Type.Object({ name: UserName, role: Role }, strict);
export const UserChange = Type.Object(
  { role: Type.Optional(Role), disabled: Type.Optional(Type.Boolean()) },
  strict,
);
export const PasswordBody = Type.Object(
  {
    password: Password,
    current: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'The one of now: asked of whoever is no administrator.',
      }),
    ),
  },
  strict,
);
export const CodesOffered = Type.Object({
  secret: Type.String({ description: 'For an authenticator, base32. It is not shown again.' }),
  uri: Type.String({ description: 'The same as a link.' }),
});
export const CodesOfferBody = Type.Object({ password: PasswordShown }, strict);
export const CodesBody = Type.Object({ code: Code }, strict);
export const RecoveryCodes = Type.Object({
  recovery_codes: Type.Array(Type.String(), {
    description: 'Each is good once in place of a code. They are not shown again.',
  }),
});

export const SessionBody = Type.Object(
  {
    user: Type.Optional(Type.String({ maxLength: 128 })),
    password: Type.Optional(PasswordShown),
    code: Type.Optional(Code),
    ticket: Type.Optional(
      Type.String({
        maxLength: 512,
        description: 'Of a link to sign in once, instead of all others.',
      }),
    ),
    seconds: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: sessionSecondsMax,
        description:
          'How long it lasts; absent: 12 hours. One that a ticket opens has its own time.',
      }),
    ),
  },
  strict,
);
export const Session = Type.Object({
  id: Type.String(),
  user: nullable(Type.String({ description: 'Whose it is; null: of a token that is no user’s.' })),
  role: TokenRole,
  second_factor: Type.Boolean(),
  opener: nullable(
    Type.String({
      description: 'Id of the token that opened it, with which it ends; null: a password did.',
    }),
  ),
  begun: Timestamp,
  expires: Timestamp,
  used: nullable(
    Type.Object(
      {
        at: Timestamp,
        address: Type.String({ description: 'A proxy’s, where there is one before the station.' }),
        agent: nullable(
          Type.String({ description: 'What the program calls itself; at most 200 characters.' }),
        ),
      },
      { description: 'The latest use; null: not since the station started.' },
    ),
  ),
  current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
});
export const BegunSession = Type.Intersect([
  Session,
  Type.Object({
    token: Type.String({ description: 'The token of the session; it is never shown again.' }),
  }),
]);
export const SessionLink = Type.Object({
  ticket: Type.String({
    description:
      'For `POST /session` beside the page or `POST /sessions`, once. It is never shown again.',
  }),
  expires: Timestamp,
});
export const SessionList = Type.Object({ items: Type.Array(Session) });

export type User = Static<typeof User>;
export type UserBody = Static<typeof UserBody>;
export type UserList = Static<typeof UserList>;
export type PasswordBody = Static<typeof PasswordBody>;
export type CodesOffered = Static<typeof CodesOffered>;
export type RecoveryCodes = Static<typeof RecoveryCodes>;
export type Session = Static<typeof Session>;
export type SessionLink = Static<typeof SessionLink>;
export type SessionBody = Static<typeof SessionBody>;
export type SessionList = Static<typeof SessionList>;

const name = { name: Type.String({ maxLength: 128, description: 'Name of the user.' }) };
const small = { bodyBytesMax: 16_384 } as const;

export const listUsers = ask({
  path: '/users',
  access: 'admin',
  tag: 'tokens',
  summary: 'Users',
  reply: UserList,
});

export const addUser = tell({
  method: 'POST',
  path: '/users',
  access: 'admin',
  tag: 'tokens',
  summary: 'Make a user',
  description: 'Nobody can log in as that user before a password was set.',
  body: UserBody,
  reply: User,
  creates: true,
});

export const changeUser = command({
  method: 'PUT',
  path: '/users/:name',
  params: name,
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'tokens',
  summary: 'Change the role of a user, disable or enable one',
  description:
    'Whoever is disabled is out at once: sessions and tokens end. To enable a user lets one in again who is locked out.',
  body: UserChange,
  reply: Done,
});

export const removeUser = tell({
  method: 'DELETE',
  path: '/users/:name',
  params: name,
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'tokens',
  summary: 'Remove a user',
  description: 'Sessions and tokens end; what the user did stays in the log.',
  reply: Done,
});

export const setPassword = tell({
  ...small,
  method: 'PUT',
  path: '/users/:name/password',
  params: name,
  repeat: 'as-it-is',
  access: 'any',
  tag: 'tokens',
  summary: 'Set a password',
  description:
    'One’s own by the one of now, or anybody’s as an administrator. Other sessions of the user end.',
  body: PasswordBody,
  reply: Done,
});

export const offerCodes = tell({
  ...small,
  method: 'POST',
  path: '/users/:name/totp',
  params: name,
  access: 'any',
  tag: 'tokens',
  summary: 'Offer a secret for an authenticator',
  description: 'One’s own only. Codes are asked for once one was shown (`PUT`).',
  body: CodesOfferBody,
  reply: CodesOffered,
});

export const takeCodes = tell({
  ...small,
  method: 'PUT',
  path: '/users/:name/totp',
  params: name,
  access: 'any',
  tag: 'tokens',
  summary: 'Ask for codes from now on',
  description:
    'By a code of the secret that was offered. The answer has codes for when the device is lost.',
  body: CodesBody,
  reply: RecoveryCodes,
});

export const dropCodes = tell({
  method: 'DELETE',
  path: '/users/:name/totp',
  params: name,
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'tokens',
  summary: 'Ask for no codes any more',
  description: 'For whoever has lost the device and the recovery codes.',
  reply: Done,
});

export const beginSession = tell({
  ...small,
  method: 'POST',
  path: '/sessions',
  access: 'public',
  tag: 'tokens',
  summary: 'Log in',
  description:
    'By name and password, and a code where the user has an authenticator (`code-needed` says so). After five wrong ones in ' +
    'a row the user is let in by nothing for 15 minutes. Or by the ticket of a link. The answer has a token, as any other.',
  body: SessionBody,
  reply: BegunSession,
  creates: true,
});

export const linkSession = tell({
  method: 'POST',
  path: '/sessions/links',
  access: 'any',
  tag: 'tokens',
  summary: 'Make a link to sign in once',
  description:
    'Within ten minutes its ticket opens a session of a page, which may what the token may that asks, and ends with it. ' +
    'Put it behind the `#` of an address, which browsers send to nobody: `URL/#sign-in=TICKET`.',
  reply: SessionLink,
  creates: true,
});

export const listSessions = ask({
  answeredBy: 'leader',
  path: '/sessions',
  access: 'any',
  tag: 'tokens',
  summary: 'Sessions: one’s own, or all as an administrator',
  reply: SessionList,
});

export const endSession = tell({
  method: 'DELETE',
  path: '/sessions/:id',
  params: { id: Type.String({ maxLength: 128, description: 'Id of the session, or `current`.' }) },
  repeat: 'as-it-is',
  access: 'any',
  tag: 'tokens',
  summary: 'Log out',
  description: 'One’s own session, or anybody’s as an administrator.',
  reply: Done,
});
