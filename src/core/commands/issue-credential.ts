/** Issuing an access token. The token itself never comes here, only its hash. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { CredentialRole } from '../values/credential-roles.ts';
import type { Fid } from '../values/fid.ts';
import type { ProjectRole } from '../values/projects.ts';
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
  /** What it may be in which projects; only with the role `member`. */
  readonly projects?: readonly { readonly name: string; readonly role: ProjectRole }[];
  /** Whoever runs the station gets one however many there are. */
  readonly isNeeded?: true;
  /** Whose it is, and may then what the user may; absent: no user's. */
  readonly user?: string;
}

/** Tokens in all, and one more for each process, which may have one from its beginning. Expired ones are gone. */
export const tokensMax = 20_000;

export const issueCredential: Decide<IssueCredential> = (
  graph,
  { type: _, isNeeded = false, projects = [], ...data },
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
  if (data.user !== undefined) {
    const user = graph.get('user', data.user);
    if (!user || user.disabled)
      return reject('unknown-user', `there is no user ${data.user} who may log in`, {
        subject: 'user',
      });
    if (user.role !== data.role)
      return reject(
        'role-differs',
        `${data.user} is ${user.role}, and so are all of their tokens`,
        {
          subject: 'role',
        },
      );
  }
  const missing = projects.find(({ name }) => !graph.get('project', name));
  if (missing)
    return reject('unknown-project', `there is no project ${missing.name}`, {
      subject: 'projects',
    });
  return decided([
    { type: 'CredentialIssued', data },
    ...projects.map(({ name: project, role }) => ({
      type: 'ProjectJoined' as const,
      data: { project, token: data.id, role },
    })),
  ]);
};
