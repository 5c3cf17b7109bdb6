/** Revoking an access token. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import { reject } from '../values/rejection.ts';

export interface RevokeCredential {
  readonly type: 'RevokeCredential';
  readonly id: string;
}

export const revokeCredential: Decide<RevokeCredential> = (graph, { id }) => {
  const credential = graph.get('credential', id);
  if (!credential) return reject('unknown-credential', `there is no token ${id}`, { subject: id });
  if (credential.role === 'admin' && !credential.session && countAdmins(graph) === 1)
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
  for (const { role, session, user } of graph.all('credential'))
    if (role === 'admin' && !session && user === undefined) admins += 1;
  return admins;
};
