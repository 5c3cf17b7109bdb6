/** Tokens, as hashes. */

import type { CredentialRole, retiredRole } from '../../values/credential-roles.ts';
import type { Fid } from '../../values/fid.ts';
import type { ProjectRole } from '../../values/projects.ts';
import { internal } from './row.ts';
import type { Provenance } from './row.ts';

export interface CredentialRow extends Provenance {
  readonly id: string;
  readonly name: string;
  readonly role: CredentialRole | typeof retiredRole;
  /** SHA-256 of the token, hex. The token itself is nowhere. */
  readonly hash: string;
  /** The only host an agent's token may speak for; null: any. */
  readonly host: string | null;
  /** The only process a process's token may see. */
  readonly process: Fid | null;
  /** When it stops working, ms since the epoch; 0: never. */
  readonly expires: number;
  /** Whose it is, where it is a user's. */
  readonly user?: string;
  /** Of a session, which whoever logs in gets: whether a second factor was shown for it. */
  readonly session?: { readonly second_factor: boolean };
  /** Of a session that a token has opened: that token. What it may is what that one may, and it ends with it. */
  readonly opener?: string;
}

/** Whose places in projects, and whose uses, those of a token are. */
export const holderOf = ({ id, opener }: Pick<CredentialRow, 'id' | 'opener'>): string =>
  opener ?? id;

/** Ids of those that end together, without those that end with another one of them. */
export const withoutOpened = (
  ended: readonly { readonly id: string; readonly opener?: string | undefined }[],
): string[] => {
  const ids = new Set(ended.map(({ id }) => id));
  return ended.filter(({ opener }) => opener === undefined || !ids.has(opener)).map(({ id }) => id);
};

/** A token's place in a project. */
export interface MemberRow extends Provenance {
  /** Of the token and of the project: `memberId`. */
  readonly id: string;
  readonly credential: string;
  readonly project: string;
  readonly role: ProjectRole;
}

/** That a token has opened a session. */
export interface OpeningRow extends Provenance {
  /** Of the session. */
  readonly id: string;
  readonly opener: string;
}

/** Ids of tokens hold no slash. */
export const memberId = (credential: string, project: string): string => `${credential}/${project}`;

/** Whom the uses of grants are counted for: all tokens of one user are one, and a token and what it has opened. */
export const usageOf = ({ user, ...of }: Pick<CredentialRow, 'id' | 'user' | 'opener'>): string =>
  user === undefined ? `token/${holderOf(of)}` : `user/${user}`;

export const credentialRows = {
  credential: internal<CredentialRow>('id'),
  member: internal<MemberRow>('id'),
  opening: internal<OpeningRow>('id'),
};
