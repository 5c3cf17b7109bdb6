/** Who is asking, and whether they may. */

import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access, AnsweredBy, Lent } from '../contract/endpoint.ts';
import type { ReadGraph } from '../core/graph/read-graph.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { allows, mayEver, rightTo } from '../core/rights/rights.ts';
import { lacks } from '../core/rights/circumstances.ts';
import type { Action, Resource, Verdict } from '../core/rights/rights.ts';
import { retiredRole } from '../core/values/credential-roles.ts';
import { parseFid } from '../core/values/fid.ts';
import type { Fid } from '../core/values/fid.ts';
import type { Station } from '../station/station.ts';
import type { Admission } from './admission.ts';
import type { Connections } from './connections.ts';
import { ApiError } from './errors.ts';
import type { UnknownTokens } from './following/unknown-tokens.ts';
import { cookieIn } from './page-session/cookie.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    lent?: Lent;
    /** Absent: the station that is asked. */
    answeredBy?: AnsweredBy;
    /** A WebSocket for the page in the browser: its cookie lets in, from pages of this station. */
    pageSocket?: boolean;
  }
  interface FastifyRequest {
    credential: CredentialRow | null;
    /** When it came, ms since the epoch. */
    askedAt: number;
  }
}

/** What an endpoint asks of a token, and the role that has it. */
const asked: {
  readonly [A in Exclude<Access, 'public'>]: { readonly action: Action; readonly role: string };
} = {
  any: { action: 'identify', role: 'viewer' },
  viewer: { action: 'look', role: 'viewer' },
  'note-taker': { action: 'note', role: 'note-taker' },
  operator: { action: 'operate', role: 'operator' },
  power: { action: 'power', role: 'operator' },
  admin: { action: 'administer', role: 'admin' },
  agent: { action: 'speak', role: 'agent' },
  'agent-or-retired': { action: 'hear', role: 'agent-or-retired' },
  'own-or-viewer': { action: 'configure', role: 'viewer' },
  'own-or-operator': { action: 'report', role: 'operator' },
};

const bearer = /^Bearer +([^ ]+)$/i;
const asBearer = 'send it as: Authorization: Bearer <token>';

/**
 * The credential that an Authorization header proves; undefined: none is said, or it proves none. The page, which has a
 * cookie in its place, goes by `proved`.
 */
export const credentialOf = (
  station: Station,
  authorization: string | undefined,
): CredentialRow | undefined => {
  const match = bearer.exec(authorization ?? '');
  return match ? station.access.authenticate(match[1]!) : undefined;
};

/** Remembers when and from where a session was used. */
export const noteUse = (
  station: Station,
  { id, session }: CredentialRow,
  { socket, headers }: IncomingMessage,
): void => {
  if (!session) return;
  const { remoteAddress: address = '' } = socket;
  const agent = headers['user-agent'] ?? null;
  station.users.uses.note(id, { at: station.now(), address, agent });
};

interface Proof {
  readonly credential: CredentialRow;
  readonly by: 'header' | 'cookie';
}

/** Why a request has no credential. */
interface Unproved {
  readonly why: string;
  /** What it showed, if anything. */
  readonly token?: string;
}

/** The credential of a request: by its header, or where there is none by the cookie of the page. */
const proved = (
  station: Station,
  request: Pick<FastifyRequest, 'headers' | 'routeOptions'>,
): Proof | Unproved => {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, token] = bearer.exec(authorization) ?? [];
    if (token === undefined) return { why: `no token was sent; ${asBearer}` };
    const credential = station.access.authenticate(token);
    if (credential) return { credential, by: 'header' };
    return { why: `the token is not valid: unknown, revoked or expired; ${asBearer}`, token };
  }
  const cookie = cookieIn(request, station.access.mark);
  if (typeof cookie === 'string') return { why: `${cookie}; ${asBearer}` };
  const { token } = cookie;
  const credential = station.access.authenticate(token);
  if (credential) return { credential, by: 'cookie' };
  return { why: 'the session has ended: it was revoked or has expired; sign in again', token };
};

export interface Guards {
  readonly connections: Connections;
  readonly admission: Admission;
  readonly unknownTokens: UnknownTokens;
}

/**
 * Runs before every route; a route that does not say what it asks for is closed to everybody but
 * administrators.
 */
export const authorise =
  (station: Station, { connections, admission, unknownTokens }: Guards) =>
  (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const { config } = request.routeOptions;
    const { access = 'admin' } = config;
    if (access === 'public' || request.is404) return done();
    const refuse = (error: Error): void => admission.refuseStranger(request, done, error);
    const letIn = ({ credential, by }: Proof): void => {
      // Caches between keep answers to nobody's header apart, but not those to a cookie.
      if (by === 'cookie') reply.header('cache-control', 'private, no-cache');
      request.credential = credential;
      noteUse(station, credential, request.raw);
      if (!connections.prove(request.raw.socket, credential)) {
        const { id } = credential;
        const why = `the token ${id} has as many connections as it may have; close one first`;
        return admission.refuseLater(request, done, why);
      }
      // What is not allowed has its turn, too: it costs an answer.
      const refusal = refusalOf(config, credential, station.graph);
      request.askedAt = station.now();
      admission.admit(request, credential, (late) => done(late ?? refusal));
    };
    const judge = (shown: Proof | Unproved): void =>
      'why' in shown ? refuse(new ApiError('unauthenticated', shown.why)) : letIn(shown);
    const shown = proved(station, request);
    const token = 'why' in shown ? shown.token : undefined;
    if (token === undefined || !unknownTokens.mayBeKnown(token)) return judge(shown);
    unknownTokens.findOut(token, request).then(() => judge(proved(station, request)), refuse);
  };

/** Why a token can have nothing of an endpoint, whatever it is asked of. */
export const refusalOf = (
  { access = 'admin', lent }: { readonly access?: Access; readonly lent?: Lent },
  credential: CredentialRow,
  graph: ReadGraph,
): ApiError | undefined => {
  if (access === 'public') return undefined;
  const { action } = asked[access];
  if (!mayEver(graph, credential, action))
    return credential.role === retiredRole
      ? new ApiError('unauthenticated', 'the host that the token spoke for was removed')
      : lacking(access, credential);
  if (credential.role === 'member' && lent === undefined && action !== 'identify')
    return new ApiError(
      'forbidden',
      'the token is bound to projects, and this is about the whole cluster',
    );
  return undefined;
};

const lacking = (access: Exclude<Access, 'public'>, { role }: CredentialRow): ApiError =>
  new ApiError(
    'forbidden',
    `this needs the role ${asked[access].role}; the token has the role ${role}`,
  );

/**
 * Refuses a token what it may not have of what the request names.
 *
 * A member is answered alike for a machine of others and for one that does not exist.
 *
 * @param then the graph as it was, where the past is looked at
 */
export const mustBeAllowed = (
  graph: ReadGraph,
  request: FastifyRequest,
  then?: ReadGraph,
  { access = 'admin' }: { readonly access?: Access } = request.routeOptions.config,
): void => {
  if (access === 'public') return;
  const credential = request.credential!;
  const resource = resourceOf(request, then);
  const verdict = rightOf(graph, request, asked[access].action, resource);
  if (verdict.allowed) return;
  if (credential.role !== 'member') refuseByPolicy(verdict);
  const { role, process } = credential;
  if (role === 'process') throw new ApiError('forbidden', `the token may see ${process} only`);
  if (role !== 'member') throw lacking(access, credential);
  if (!allows(graph, credential, 'look', resource).allowed) throw unknown(resource);
  throw new ApiError('forbidden', 'in the project of the machine, the token is a viewer only');
};

/** Refuses a token what it may not have of another endpoint than the one that was asked, of what the request names. */
export const mustBeLetInto = (
  endpoint: { readonly access: Access; readonly lent?: Lent },
  graph: ReadGraph,
  request: FastifyRequest,
): void => {
  const refusal = refusalOf(endpoint, request.credential!, graph);
  if (refusal) throw refusal;
  mustBeAllowed(graph, request, undefined, endpoint);
};

/** What takes a grant is asked again by the command, which knows the circumstances. */
const rightOf = (
  graph: ReadGraph,
  { credential, askedAt: at }: FastifyRequest,
  action: Action,
  resource: Resource,
): Verdict =>
  action === 'power'
    ? rightTo(graph, credential!, action, resource, { stage: 'ahead', second_factor: true })
    : allows(graph, credential!, action, resource, { at });

/** Where it was the policy of the site that decided, it is named. */
const refuseByPolicy = ({ rule, lack }: Verdict): void => {
  if (lack === 'second-factor')
    throw new ApiError('step-up-needed', `this takes ${lacks[lack]} (${rule})`);
  if (!rule.startsWith('policy: ')) return;
  const why = lack === undefined ? 'this is not allowed' : `this takes ${lacks[lack]}`;
  throw new ApiError('forbidden', `${why} (${rule})`);
};

/** What the path or the body names; where that is nothing, the cluster. */
const resourceOf = (request: FastifyRequest, then: ReadGraph | undefined): Resource => {
  const { fqdn, fid } = request.params as { fqdn?: string; fid?: string };
  const past = then && { then };
  const name = fqdn ?? (request.body as { host?: string } | undefined)?.host;
  if (name !== undefined) return { kind: 'host', fqdn: name, ...past };
  if (fid === undefined) return { kind: 'cluster' };
  const kind = request.routeOptions.url?.startsWith('/api/v1/nodes/') ? 'node' : 'process';
  // A node is named by its host, too.
  if (kind === 'node' && parseFid(fid) === null) return { kind: 'host', fqdn: fid, ...past };
  return { kind, fid: parseFid(fid) ?? (fid as Fid), ...past };
};

const unknown = (resource: Resource): ApiError => {
  switch (resource.kind) {
    case 'host':
      return new ApiError('unknown-host', `there is no host ${resource.fqdn}`);
    case 'node':
      return new ApiError('unknown-node', `there is no node ${resource.fid}`);
    case 'process':
      return new ApiError('unknown-process', `there is no process ${resource.fid}`);
    default:
      return new ApiError('not-found', 'there is no such thing');
  }
};

/** Whether a request is a member's, who sees machines of its projects and nothing else. */
export const isMember = ({ credential }: FastifyRequest): boolean => credential?.role === 'member';
