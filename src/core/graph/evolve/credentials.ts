/** What the events of access tokens change in the graph. */

import type { credentialEvents } from '../../events/credentials.ts';
import { retiredRole } from '../../values/credential-roles.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers } from '../changes.ts';
import { wasRight } from './users.ts';
import { endGrantsOf } from './grants.ts';

export const credentialEvolvers: Evolvers<typeof credentialEvents> = {
  CredentialIssued: (graph, data, position) => {
    graph.put('credential', { ...data, ...made(position) });
    if (data.expires > 0) setDeadline(graph, 'credential-expiry', data.id, data.expires, position);
    if (data.session && data.user !== undefined) wasRight(graph, data.user, position);
  },

  CredentialRetired: (graph, { id, until }, position) => {
    const row = graph.must('credential', id);
    const changed = position.revision;
    graph.put('credential', { ...row, role: retiredRole, expires: until, changed });
    setDeadline(graph, 'credential-expiry', id, until, position);
  },

  CredentialRevoked: (graph, { id }) => {
    for (const member of [...graph.many('joins', id)]) graph.remove('member', member.id);
    endGrantsOf(graph, id);
    graph.remove('credential', id);
    clearDeadline(graph, 'credential-expiry', id);
  },
};
