/** Tokens, as hashes. */

import type { CredentialRole, retiredRole } from '../../values/credential-roles.ts';
import type { Fid } from '../../values/fid.ts';
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
}

export const credentialRows = {
  credential: internal<CredentialRow>('id'),
};
