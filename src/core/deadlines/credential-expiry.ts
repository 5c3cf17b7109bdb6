/** A token stops working. */

import { withoutOpened } from '../graph/rows/credentials.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const credentialExpiry: Deadline = {
  description: 'A token will expire.',
  isQuiet: true,
  eventsOf: (graph, due) => {
    const ended = due.map(({ subject: id }) => ({
      id,
      opener: graph.get('credential', id)?.opener,
    }));
    return withoutOpened(ended).map((id) => ({
      type: 'CredentialRevoked',
      data: { id, why: 'expired' },
    }));
  },
  progressOf: keptBack,
};
