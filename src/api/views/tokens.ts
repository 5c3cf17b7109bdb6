/** Tokens as the API shows them: never the token, never its hash. */

import type { Token } from '../../contract/tokens.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';

export const tokenView = ({ id, name, role, host, process, expires }: CredentialRow): Token => ({
  id,
  name,
  role,
  host,
  process,
  expires: expires === 0 ? null : expires,
});
