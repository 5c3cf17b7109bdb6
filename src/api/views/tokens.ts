/** Tokens as the API shows them: never the token, never its hash. */

import type { CredentialRow } from '../../core/graph/resources.ts';
import type { Token } from '../schemas/replies.ts';

export const tokenView = ({ id, name, role, host, process, expires }: CredentialRow): Token => ({
  id,
  name,
  role,
  host,
  process,
  expires: expires === 0 ? null : expires,
});
