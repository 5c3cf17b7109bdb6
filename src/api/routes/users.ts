/** People who log in, and their sessions. */

import type { FastifyRequest } from 'fastify';
import type * as contract from '../../contract/users.ts';
import type { Done } from '../../contract/outcome.ts';
import type { Session, SessionBody, User } from '../../contract/users.ts';
import { openedBy, sessionsOf } from '../../core/commands/users.ts';
import { holderOf } from '../../core/graph/rows/credentials.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { UserRow } from '../../core/graph/rows/users.ts';
import { sessionSecondsUsual } from '../../core/values/users.ts';
import { otpauthOf } from '../../station/access/totp.ts';
import { UserRefusedError } from '../../station/access/users.ts';
import { momentAt } from '../../station/queries/moments.ts';
import type { Station } from '../../station/station.ts';
import type { Admission } from '../admission.ts';
import { askerOf } from '../asker.ts';
import { noteUse } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { done, refusal, run, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';

/** What somebody is refused, as an answer. */
export const orRefused = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw error instanceof UserRefusedError ? refusal(error.rejection) : error;
  }
};

export const userHandlers = (station: Station, admission: Admission): Handlers<typeof contract> => {
  const { users } = station;
  const byPassword = async (request: FastifyRequest, body: SessionBody): Promise<string> => {
    const { user = '', password = '', code, seconds = sessionSecondsUsual } = body;
    const sender = {
      actor: `user:${/^[a-z0-9._-]{1,32}$/.test(user) ? user : 'unknown'}`,
      correlation: request.id,
    };
    return (await orRefused(users.begin(user, { password, code }, seconds, sender))).token;
  };
  const byTicket = async (request: FastifyRequest, ticket: string): Promise<string> => {
    const by = users.takeLink(ticket);
    if (by && station.access.accepts(by)) {
      admission.mustOpenSlowly(by);
      const sender = { actor: `token:${by.id}`, correlation: request.id };
      return orRefused(users.open(by, sender));
    }
    const why = 'the link is good no more: it was used, is older than ten minutes, or is none';
    const refused = new ApiError('login-refused', why);
    return new Promise((_resolve, reject) =>
      admission.refuseStranger(request, (error) => reject(error!), refused),
    );
  };
  const changed = (): Done => ({ revision: station.head, changed: true });
  return {
    listUsers: async () => {
      await station.settled();
      const rows = [...station.graph.all('user')].sort((a, b) => (a.name < b.name ? -1 : 1));
      return { items: rows.map((row) => userView(row, station.now())) };
    },

    addUser: async (request, reply) => {
      const { name, role } = request.body;
      await orRefused(users.add(name, role, senderOf(request)));
      reply.code(201);
      return userView(station.graph.must('user', name), station.now());
    },

    changeUser: (request, reply) => {
      const { name } = request.params;
      return run(station, request, reply, { type: 'ChangeUser', name, ...request.body }, done);
    },

    removeUser: async (request) => {
      await orRefused(users.remove(request.params.name, senderOf(request)));
      return changed();
    },

    setPassword: async (request) => {
      const { name } = request.params;
      const { password, current } = request.body;
      const who = request.credential!;
      if (who.user !== name) mustBeAdmin(who, name);
      else await orRefused(users.showPassword(who, { password: current }, senderOf(request)));
      await orRefused(users.setPassword(name, password, senderOf(request), who.id));
      return changed();
    },

    offerCodes: async (request) => {
      const { name } = request.params;
      const who = mustBe(request, name);
      const { password } = request.body;
      if (station.graph.get('user', name)?.second_factor)
        throw new ApiError(
          'forbidden',
          'codes are asked for already; an administrator can drop them first',
        );
      await orRefused(users.showPassword(who, { password }, senderOf(request)));
      const secret = await users.offerCodes(name);
      return { secret, uri: otpauthOf(name, secret) };
    },

    takeCodes: async (request) => {
      const { name } = request.params;
      mustBe(request, name);
      const codes = await orRefused(users.takeCodes(name, request.body.code, senderOf(request)));
      return { recovery_codes: codes };
    },

    dropCodes: async (request) => {
      await orRefused(users.dropCodes(request.params.name, senderOf(request)));
      return changed();
    },

    beginSession: async (request, reply) => {
      const { ticket, ...named } = request.body;
      mustBeOneWay(request.body);
      const token = await (ticket === undefined
        ? byPassword(request, named)
        : byTicket(request, ticket));
      const row = station.access.authenticate(token);
      if (!row) throw new ApiError('unauthenticated', 'the session was ended just now');
      reply.code(201);
      noteUse(station, row, request.raw);
      return { ...(await sessionView(station, row, row.id)), token };
    },

    linkSession: async (request, reply) => {
      if (request.headers['idempotency-key'] !== undefined)
        throw new ApiError('invalid-request', 'a link is good once and takes no Idempotency-Key', {
          field: 'idempotency-key',
        });
      const link = await orRefused(Promise.try(() => users.link(request.credential!)));
      reply.code(201).header('cache-control', 'no-store');
      return link;
    },

    listSessions: async (request, reply) => {
      await station.settled();
      const { graph } = station;
      const who = request.credential!;
      const { role, user } = who;
      const all = (): CredentialRow[] =>
        Array.from(graph.all('credential')).filter(({ session }) => session);
      const own = (): CredentialRow[] =>
        user === undefined ? openedBy(graph, holderOf(who)) : sessionsOf(graph, user);
      const sessions = role === 'admin' ? all() : own();
      return station.longReads.run(askerOf(reply), async (turn) => {
        const items: Session[] = [];
        for (const row of sessions.sort(byAge)) {
          items.push(await sessionView(station, row, who.id));
          if (turn.isOver) await turn.next();
        }
        return { items };
      });
    },

    endSession: async (request, reply) => {
      const who = request.credential!;
      const id = request.params.id === 'current' ? who.id : request.params.id;
      const row = station.graph.get('credential', id);
      if (!row?.session || !(isOf(row, who) || who.role === 'admin'))
        throw new ApiError('unknown-session', `there is no session ${id}`, { field: 'id' });
      return (await run(station, request, reply, { type: 'RevokeCredential', id }, done)) as Done;
    },
  };
};

/** People show what they know and have, or a ticket. */
const mustBeOneWay = ({ user, password, code, ticket, seconds }: SessionBody): void => {
  const isNamed = user !== undefined && password !== undefined;
  const isOther = [user, password, code, seconds].some((one) => one !== undefined);
  if (ticket === undefined ? isNamed : !isOther) return;
  const field = ticket !== undefined ? 'ticket' : user === undefined ? 'user' : 'password';
  throw new ApiError('invalid-request', 'give user and password, or a ticket alone', { field });
};

/** Whether a session is somebody's: of the same user, or of the same token where that is of none. */
const isOf = (session: CredentialRow, who: CredentialRow): boolean =>
  who.user === undefined
    ? session.opener !== undefined && session.opener === holderOf(who)
    : session.user === who.user;

const byAge = (a: CredentialRow, b: CredentialRow): number =>
  a.created - b.created || (a.id < b.id ? -1 : 1);

const userView = (
  { name, role, disabled, password, second_factor, locked }: UserRow,
  now: number,
): User => ({
  ...{ name, role, disabled, password, second_factor },
  locked: locked > now ? locked : null,
});

const sessionView = async (
  { log, users }: Station,
  { id, user, role, session, opener, expires, created }: CredentialRow,
  own: string,
): Promise<Session> => ({
  ...{ id, user: user ?? null, role, opener: opener ?? null, expires, current: id === own },
  second_factor: session!.second_factor,
  begun: (await momentAt(log, created))!.at,
  used: users.uses.of(id),
});

const mustBeAdmin = ({ role }: CredentialRow, name: string): void => {
  if (role !== 'admin') throw new ApiError('forbidden', `you are not ${name}`);
};

/** What somebody sets up that others must not see. */
const mustBe = ({ credential }: FastifyRequest, name: string): CredentialRow => {
  if (credential!.user === name) return credential!;
  throw new ApiError('forbidden', `you are not ${name}; nobody but the user is shown that`);
};
