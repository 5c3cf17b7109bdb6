/** Issuing an access token. The token itself never comes here, only its hash. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { CredentialRole } from '../values/credential-roles.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';

export interface IssueCredential {
  readonly type: 'IssueCredential';
  readonly id: string;
  readonly name: string;
  readonly role: CredentialRole;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  readonly host: string | null;
  readonly process: Fid | null;
  /** Ms since the epoch; 0: never. */
  readonly expires: number;
  /** Whoever runs the station gets one however many there are. */
  readonly isNeeded?: true;
}

/** Tokens in all, and one more for each process, which may have one from its beginning. Expired ones are gone. */
export const tokensMax = 20_000;

export const issueCredential: Decide<IssueCredential> = (
  graph,
  { type: _, isNeeded = false, ...data },
) => {
  if (graph.get('credential', data.id))
    return reject('credential-exists', `there already is a token ${data.id}`, { subject: data.id });
  if (data.process !== null && !graph.get('process', data.process))
    return reject('unknown-process', `there is no process ${data.process}`, {
      subject: data.process,
    });
  if (!isNeeded && graph.count('credential') - graph.count('process') >= tokensMax)
    return reject(
      'too-many-tokens',
      `there are as many tokens as there may be: ${tokensMax}, and one for each process; revoke some that nobody uses`,
    );
  return decided([{ type: 'CredentialIssued', data }]);
};
