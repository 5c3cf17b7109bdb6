/** Who is asking, and whether they may. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../contract/endpoint.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { retiredRole } from '../core/values/credential-roles.ts';
import { parseFid } from '../core/values/fid.ts';
import type { Station } from '../station/station.ts';
import type { Admission } from './admission.ts';
import type { Connections } from './connections.ts';
import { ApiError } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    credential: CredentialRow | null;
  }
}

const rank: Partial<Record<CredentialRow['role'] | Access, number>> = {
  viewer: 1,
  operator: 2,
  admin: 3,
};

const bearer = /^Bearer +([^ ]+)$/i;

const isOwn = (access: Access): boolean =>
  access === 'own-or-viewer' || access === 'own-or-operator';

/** Whether a token's role is enough. Whose process it is, is settled when the path was checked. */
export const allows = (access: Access, role: CredentialRow['role']): boolean => {
  if (access === 'any') return true;
  if (access === 'agent' || access === 'agent-or-retired')
    return role === 'agent' || role === 'admin';
  if (isOwn(access)) return role === 'process' || (rank[role] ?? 0) >= 1;
  return (rank[role] ?? 0) >= (rank[access] ?? Infinity);
};

/** The credential that an Authorization header proves; undefined: none is said, or it proves none. */
export const credentialOf = (
  station: Station,
  authorization: string | undefined,
): CredentialRow | undefined => {
  const match = bearer.exec(authorization ?? '');
  return match ? station.access.authenticate(match[1]!) : undefined;
};

/**
 * Runs before every route; a route that does not say what it asks for is closed to everybody but
 * administrators.
 */
export const authorise =
  (station: Station, connections: Connections, admission: Admission) =>
  (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const access = request.routeOptions.config.access ?? 'admin';
    if (access === 'public' || request.is404) return done();
    const { authorization } = request.headers;
    const credential = credentialOf(station, authorization);
    if (!credential) {
      const said = bearer.test(authorization ?? '')
        ? 'the token is not valid: unknown, revoked or expired'
        : 'no token was sent';
      return admission.refuseStranger(
        request,
        done,
        new ApiError('unauthenticated', `${said}; send it as: Authorization: Bearer <token>`),
      );
    }
    request.credential = credential;
    if (!connections.prove(request.raw.socket, credential)) {
      const { id } = credential;
      const why = `the token ${id} has as many connections as it may have; close one first`;
      return admission.refuseLater(request, done, why);
    }
    // What is not allowed has its turn, too: it costs an answer.
    const refusal = refusalOf(access, credential);
    admission.admit(request, credential, (late) => done(late ?? refusal));
  };

const refusalOf = (access: Access, { role }: CredentialRow): ApiError | undefined => {
  if (role === retiredRole)
    return access === 'agent-or-retired'
      ? undefined
      : new ApiError('unauthenticated', 'the host that the token spoke for was removed');
  if (allows(access, role)) return undefined;
  const needed = isOwn(access) ? 'viewer' : access;
  return new ApiError('forbidden', `this needs the role ${needed}; the token has the role ${role}`);
};

/** Refuses a process's token for any other process, and a weaker role than `least` for all. */
export const mustBeOwnOr = (request: FastifyRequest, least: 'viewer' | 'operator'): void => {
  const credential = request.credential!;
  if (credential.role === 'process') {
    if (credential.process === parseFid((request.params as { fid: string }).fid)) return;
    throw new ApiError('forbidden', `the token may see ${credential.process ?? 'nothing'} only`);
  }
  if ((rank[credential.role] ?? 0) < rank[least]!)
    throw new ApiError(
      'forbidden',
      `this needs the role ${least}; the token has the role ${credential.role}`,
    );
};
