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
}

/** A token's place in a project. */
export interface MemberRow extends Provenance {
  /** Of the token and of the project: `memberId`. */
  readonly id: string;
  readonly credential: string;
  readonly project: string;
  readonly role: ProjectRole;
}

/** Ids of tokens hold no slash. */
export const memberId = (credential: string, project: string): string => `${credential}/${project}`;

/** Whom the uses of grants are counted for: all tokens of one user are one. */
export const usageOf = ({ id, user }: Pick<CredentialRow, 'id' | 'user'>): string =>
  user === undefined ? `token/${id}` : `user/${user}`;

export const credentialRows = {
  credential: internal<CredentialRow>('id'),
  member: internal<MemberRow>('id'),
};
