/** Tokens join projects and leave them. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import { memberId } from '../graph/rows/credentials.ts';
import { projectsOfTokenMax } from '../values/projects.ts';
import type { ProjectRole } from '../values/projects.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export interface JoinProject {
  readonly type: 'JoinProject';
  readonly project: string;
  /** Id of the token. */
  readonly token: string;
  readonly role: ProjectRole;
}

const unknown = (graph: Graph, project: string, token: string): Refused | undefined => {
  if (!graph.get('project', project))
    return reject('unknown-project', `there is no project ${project}`, { subject: 'name' });
  if (!graph.get('credential', token))
    return reject('unknown-credential', `there is no token ${token}`, { subject: token });
  return undefined;
};

/** Only a token that is bound to projects can join one: any other is let in everywhere by its role. */
export const joinProject: Decide<JoinProject> = (graph, { project, token, role }) => {
  const refused = unknown(graph, project, token);
  if (refused) return refused;
  const { role: kind, opener } = graph.must('credential', token);
  if (opener !== undefined)
    return reject('not-a-member', `the session ${token} is where the token ${opener} is`, {
      subject: token,
    });
  if (kind !== 'member')
    return reject('not-a-member', `the token ${token} is good for the whole cluster`, {
      subject: token,
    });
  const present = graph.get('member', memberId(token, project));
  if (present?.role === role) return unchanged;
  if (!present && graph.related('joins', token) >= projectsOfTokenMax)
    return reject(
      'too-many-memberships',
      `a token may be in ${projectsOfTokenMax} projects, and ${token} is in as many`,
      { subject: token },
    );
  return decided([{ type: 'ProjectJoined', data: { project, token, role } }]);
};

export interface LeaveProject {
  readonly type: 'LeaveProject';
  readonly project: string;
  readonly token: string;
}

export const leaveProject: Decide<LeaveProject> = (graph, { project, token }) => {
  const refused = unknown(graph, project, token);
  if (refused) return refused;
  return graph.get('member', memberId(token, project))
    ? decided([{ type: 'ProjectLeft', data: { project, token } }])
    : unchanged;
};
