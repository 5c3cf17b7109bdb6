/** Turns the deadlines that are due into what follows from them. */

import type { EventDraft } from '../events/catalogue.ts';
import type { DeadlineKind, DeadlineRow } from '../graph/resources.ts';
import { decided } from './command.ts';
import type { Decide } from './command.ts';

export interface FireDeadlines {
  readonly type: 'FireDeadlines';
}

/** How many deadlines one commit may fire. */
export const deadlinesPerCommit = 1000;

const handlers: { readonly [K in DeadlineKind]: (due: readonly DeadlineRow[]) => EventDraft[] } = {
  'credential-expiry': (due) =>
    due.map(({ subject }) => ({
      type: 'CredentialRevoked',
      data: { id: subject, why: 'expired' },
    })),
  'request-expiry': (due) =>
    due.length === 0
      ? []
      : [{ type: 'RequestsForgotten', data: { ids: due.map(({ subject }) => subject) } }],
};

export const fireDeadlines: Decide<FireDeadlines> = (graph, _command, { at }) => {
  const due = graph.deadlines.due(at, deadlinesPerCommit);
  return decided(
    Object.entries(handlers).flatMap(([kind, handle]) =>
      handle(due.filter((d) => d.kind === kind)),
    ),
  );
};
