/** People are let in, changed and sent away. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import { withoutOpened } from '../graph/rows/credentials.ts';
import type { CredentialRow } from '../graph/rows/credentials.ts';
import type { UserRow } from '../graph/rows/users.ts';
import { isOfPeople } from '../values/credential-roles.ts';
import { lockedMs, sessionsOfUserMax, triesMax, usersMax } from '../values/users.ts';
import type { SecondFactor, UserRole } from '../values/users.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export interface AddUser {
  readonly type: 'AddUser';
  readonly name: string;
  readonly role: UserRole;
}

export const addUser: Decide<AddUser> = (graph, { name, role }) => {
  if (graph.get('user', name))
    return reject('user-exists', `there is a user ${name} already`, { subject: 'name' });
  if (graph.count('user') >= usersMax)
    return reject('too-many-users', `there are as many users as there may be: ${usersMax}`);
  return decided([{ type: 'UserAdded', data: { name, role } }]);
};

const unknown = (name: string): Refused =>
  reject('unknown-user', `there is no user ${name}`, { subject: 'name' });

export interface ChangeUser {
  readonly type: 'ChangeUser';
  readonly name: string;
  readonly role?: UserRole;
  readonly disabled?: boolean;
}

/** Whoever is disabled is out at once: sessions and tokens end. */
export const changeUser: Decide<ChangeUser> = (graph, { name, role, disabled }) => {
  const user = graph.get('user', name);
  if (!user) return unknown(name);
  const events: EventDraft[] = [];
  if (role !== undefined && role !== user.role)
    events.push({ type: 'UserRoleChanged', data: { name, role } });
  if (disabled === true && !user.disabled)
    events.push({ type: 'UserDisabled', data: { name } }, ...endOf(graph, name, () => true));
  if (disabled === false && (user.disabled || user.locked > 0 || user.failures > 0))
    events.push({ type: 'UserEnabled', data: { name } });
  return decided(events);
};

export interface RemoveUser {
  readonly type: 'RemoveUser';
  readonly name: string;
}

export const removeUser: Decide<RemoveUser> = (graph, { name }) =>
  graph.get('user', name)
    ? decided([...endOf(graph, name, () => true), { type: 'UserRemoved', data: { name } }])
    : unknown(name);

/** The tokens of a user that end, in one order whatever was tried before. */
const endOf = (
  graph: Graph,
  name: string,
  which: (row: CredentialRow) => boolean,
): EventDraft[] => {
  const ended = Array.from(graph.many('owns', name)).filter(which);
  return withoutOpened(ended)
    .sort()
    .map((id) => ({ type: 'CredentialRevoked', data: { id, why: 'revoked' } }));
};

export interface ChangeFactor {
  readonly type: 'ChangeFactor';
  readonly name: string;
  /** What there is another one of; `none`: no second factor any more. */
  readonly factor: 'password' | 'code' | 'none';
  /** The session by which it was asked, which goes on. */
  readonly except: string | null;
}

/** Whoever has come in by another password than that of now is put out. */
export const changeFactor: Decide<ChangeFactor> = (graph, { name, factor, except }) => {
  const user = graph.get('user', name);
  if (!user) return unknown(name);
  if (factor !== 'password') {
    const on = factor === 'code';
    if (!on && !user.second_factor) return unchanged;
    return decided([{ type: 'UserSecondFactorSet', data: { name, on } }]);
  }
  const isOther = ({ id, session }: CredentialRow): boolean =>
    session !== undefined && id !== except;
  return decided([{ type: 'UserPasswordSet', data: { name } }, ...endOf(graph, name, isOther)]);
};

export interface RefuseLogin {
  readonly type: 'RefuseLogin';
  readonly name: string;
  readonly factor: 'password' | 'code';
}

/** So many in a row lock a user out for a while. Whoever is locked out leaves no more traces. */
export const refuseLogin: Decide<RefuseLogin> = (graph, { name, factor }, { at }) => {
  const user = graph.get('user', name);
  if (!user || user.locked > at) return unchanged;
  const refused: EventDraft = { type: 'LoginRefused', data: { name, factor } };
  if (user.failures + 1 < triesMax) return decided([refused]);
  return decided([refused, { type: 'UserLocked', data: { name, until: at + lockedMs } }]);
};

/** Why somebody is not let in, whatever they show. */
export const shutOut = (user: UserRow, at: number): Refused | undefined => {
  if (user.disabled) return reject('login-refused', 'name, password or code is not right');
  if (user.locked <= at) return undefined;
  const retryAfter = Math.ceil((user.locked - at) / 1000);
  return reject(
    'user-locked',
    `there were ${triesMax} wrong passwords or codes in a row: ${user.name} is let in again in ${Math.ceil(retryAfter / 60)} min`,
    { retryAfter },
  );
};

/** What says that a second factor was shown; refused where the same code was before. */
export const showFactor = (
  user: UserRow,
  factor: SecondFactor | null,
): { readonly ok: true; readonly events: readonly EventDraft[] } | Refused => {
  const { name } = user;
  if (factor === null) return { ok: true, events: [] };
  if ('recovery' in factor)
    return { ok: true, events: [{ type: 'SecondFactorUsed', data: { name, step: null } }] };
  const { step } = factor;
  if (step <= user.step)
    return reject('code-used', 'that code was used before; wait for the next one');
  return { ok: true, events: [{ type: 'SecondFactorUsed', data: { name, step } }] };
};

export interface BeginSession {
  readonly type: 'BeginSession';
  readonly name: string;
  /** Of its token. */
  readonly id: string;
  readonly hash: string;
  /** Ms since the epoch. */
  readonly expires: number;
  readonly factor: SecondFactor | null;
}

export const beginSession: Decide<BeginSession> = (
  graph,
  { name, id, hash, expires, factor },
  { at },
) => {
  const user = graph.get('user', name);
  if (!user) return unknown(name);
  const shown = shutOut(user, at) ?? showFactor(user, factor);
  if (!shown.ok) return shown;
  const data = {
    ...{ id, name: `session of ${name}`, role: user.role, hash, host: null, process: null },
    ...{ expires, user: name, session: { second_factor: factor !== null } },
  };
  return decided([...shown.events, ...tooMany(graph, name), { type: 'CredentialIssued', data }]);
};

export interface OpenSession {
  readonly type: 'OpenSession';
  /** Id of the token that opens it. */
  readonly opener: string;
  /** Of its token. */
  readonly id: string;
  readonly hash: string;
  /** Ms since the epoch; it ends with its opener, too. */
  readonly expires: number;
}

/** Why a token opens no sessions. */
export const opensNone = ({ role, opener }: CredentialRow): Refused | undefined => {
  if (!isOfPeople(role))
    return reject('not-allowed', `the token has the role ${role}, which is no person's`);
  if (opener !== undefined)
    return reject('not-allowed', 'a session that was opened by a token opens no others');
  return undefined;
};

/** A session that may what its opener may, for whoever has that opened to go on in a browser. */
export const openSession: Decide<OpenSession> = (graph, { opener, id, hash, expires }) => {
  const by = graph.get('credential', opener);
  if (!by) return reject('unknown-credential', `there is no token ${opener}`, { subject: opener });
  const { user, role } = by;
  const refused = opensNone(by);
  if (refused || !isOfPeople(role)) return refused!;
  const data = {
    ...{ id, name: `session of ${user ?? `token ${opener}`}`, role, hash, opener },
    ...{ host: null, process: null, ...(user === undefined ? {} : { user }) },
    expires: by.expires === 0 ? expires : Math.min(expires, by.expires),
    session: { second_factor: by.session?.second_factor ?? false },
  };
  return decided([...tooMany(graph, user, opener), { type: 'CredentialIssued', data }]);
};

/** The sessions that a token has opened. */
export const openedBy = (graph: ReadGraph, opener: string): CredentialRow[] =>
  Array.from(graph.many('opens', opener), ({ id }) => graph.must('credential', id));

/** The sessions of a user, whatever began them. */
export const sessionsOf = (graph: ReadGraph, user: string): CredentialRow[] =>
  Array.from(graph.many('owns', user)).filter(({ session }) => session);

/**
 * The oldest session that ends where there would be one too many of a user, or of a token that is of no user.
 *
 * @param opener that opens the next one, and stays
 */
const tooMany = (graph: Graph, user: string | undefined, opener?: string): EventDraft[] => {
  const sessions = user === undefined ? openedBy(graph, opener!) : sessionsOf(graph, user);
  if (sessions.length < sessionsOfUserMax) return [];
  const [oldest] = sessions
    .filter(({ id }) => id !== opener)
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1)) as [CredentialRow];
  return [{ type: 'CredentialRevoked', data: { id: oldest.id, why: 'revoked' } }];
};
