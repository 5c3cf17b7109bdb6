/** Issuing and revoking access tokens. The token itself never comes here, only its hash. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
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

export interface RevokeCredential {
  readonly type: 'RevokeCredential';
  readonly id: string;
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

export const revokeCredential: Decide<RevokeCredential> = (graph, { id }) => {
  const credential = graph.get('credential', id);
  if (!credential) return reject('unknown-credential', `there is no token ${id}`, { subject: id });
  if (credential.role === 'admin' && countAdmins(graph) === 1)
    return reject(
      'last-admin',
      `${id} is the last token of an administrator; issue another one first`,
      {
        subject: id,
      },
    );
  return decided([{ type: 'CredentialRevoked', data: { id, why: 'revoked' } }]);
};

const countAdmins = (graph: Graph): number => {
  let admins = 0;
  for (const { role } of graph.all('credential')) if (role === 'admin') admins += 1;
  return admins;
};
