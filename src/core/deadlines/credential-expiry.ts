/** A token stops working. */

import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const credentialExpiry: Deadline = {
  description: 'A token will expire.',
  isQuiet: true,
  eventsOf: (_graph, due) =>
    due.map(({ subject: id }) => ({ type: 'CredentialRevoked', data: { id, why: 'expired' } })),
  progressOf: keptBack,
};
