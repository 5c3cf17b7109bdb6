/** What the events of access tokens change in the graph. */

import type { credentialEvents } from '../../events/credentials.ts';
import { retiredRole } from '../../values/credential-roles.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { wasRight } from './users.ts';
import { endGrantsOf } from './grants.ts';

export const credentialEvolvers: Evolvers<typeof credentialEvents> = {
  CredentialIssued: (graph, data, position) => {
    const { id, opener } = data;
    graph.put('credential', { ...data, ...made(position) });
    if (opener !== undefined) graph.put('opening', { id, opener, ...made(position) });
    if (data.expires > 0) setDeadline(graph, 'credential-expiry', data.id, data.expires, position);
    if (data.session && data.user !== undefined && data.opener === undefined)
      wasRight(graph, data.user, position);
  },

  CredentialRetired: (graph, { id, until }, position) => {
    const row = graph.must('credential', id);
    const changed = position.revision;
    graph.put('credential', { ...row, role: retiredRole, expires: until, changed });
    setDeadline(graph, 'credential-expiry', id, until, position);
  },

  CredentialRevoked: (graph, { id }) => {
    for (const opened of [...graph.many('opens', id)]) end(graph, opened.id);
    end(graph, id);
  },
};

const end = (graph: Graph, id: string): void => {
  for (const member of [...graph.many('joins', id)]) graph.remove('member', member.id);
  if (graph.get('opening', id)) graph.remove('opening', id);
  endGrantsOf(graph, id);
  graph.remove('credential', id);
  clearDeadline(graph, 'credential-expiry', id);
};
