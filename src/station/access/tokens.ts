/**
 * Access tokens: `hal_<id>_<secret>`. The graph keeps the SHA-256 of the whole token under the id;
 * the token itself is shown once, to whoever asked for it.
 */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MintedToken } from '../../core/decision.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import { fidKey } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Keys } from './keys.ts';

export interface NewToken extends MintedToken {
  readonly token: string;
}

const tokenHash = (token: string): string => hash('sha256', token);

const named = (id: string, secret: Buffer): NewToken => {
  const token = `hal_${id}_${secret.toString('base64url')}`;
  return { id, token, hash: tokenHash(token) };
};

export const newToken = (): NewToken => named(randomBytes(6).toString('hex'), randomBytes(32));

/**
 * The token of a process: derived from the station's key and the fid, so that a repeated request
 * gets the same token although nothing but its hash was kept. A fid is never reused, so neither is
 * its token.
 */
export const processToken = (keys: Keys, fid: Fid): NewToken =>
  named(`p${fidKey(fid).toString(16)}`, keys.sign(`process token ${fid}`));

const shape = /^hal_([A-Za-z0-9-]{1,64})_[A-Za-z0-9_-]{20,128}$/;

/**
 * The credential that a token proves, if it is one that was issued, not revoked and not expired.
 */
export const verifyToken = (
  graph: Graph,
  token: string,
  now: number,
): CredentialRow | undefined => {
  const match = shape.exec(token);
  const credential = match ? graph.get('credential', match[1]!) : undefined;
  if (!credential) return undefined;
  const [given, kept] = [Buffer.from(tokenHash(token)), Buffer.from(credential.hash)];
  if (!timingSafeEqual(given, kept)) return undefined;
  return credential.expires === 0 || credential.expires > now ? credential : undefined;
};

/** Whether a token that a graph does not know may be one that a later revision of it knows. */
export const mayBeIssued = (graph: Graph, token: string): boolean => {
  const match = shape.exec(token);
  return match !== null && !graph.get('credential', match[1]!);
};
