/** Suggestions and incidents, as they are answered. */

import { actionText } from '../../checks/suggestions/actions.ts';
import type { Suggestion as Made } from '../../checks/suggestions/suggest.ts';
import type { Incident as Known } from '../../checks/suggestions/symptoms.ts';
import type { Incident, Suggestion, SuggestionItem } from '../../contract/suggestions.ts';

export const suggestionItem = (made: Made): SuggestionItem => ({
  host: made.machine,
  action: made.action,
  does: actionText[made.action],
  symptom: made.symptom,
  says: made.says,
  confidence: made.confidence,
  forbidden: made.forbidden,
  vetoes: made.vetoes.map(({ code, text }) => ({ code, text })),
  n_history: made.history.tried,
  n_worked: made.history.worked,
  last_worked: made.history.lastWorked,
  incident: made.incident,
  expires_at: made.expiresAt,
});

export const suggestionView = (made: Made): Suggestion => ({
  ...suggestionItem(made),
  evidence: made.evidence.map(({ text, speaks, weight, observedAt }) => ({
    ...{ text, speaks, weight },
    observed_at: observedAt,
  })),
  alternatives: [...made.alternatives],
  rules: made.rules,
});

const whereToLook: Readonly<Record<Known['kind'], string>> = {
  chassis: 'its power supplies and its management module',
  switch: 'the switch and its uplinks',
  rack: 'the power of the rack and its switches',
  partition: 'the network and the file systems that the partition uses',
};

export const incidentView = ({ id, kind, name, machines, of, first, last }: Known): Incident => {
  const seconds = Math.ceil((last - first) / 1000);
  const says =
    `${machines.length} of the ${of} machines of ${kind} ${name} fell silent within ${seconds} s; ` +
    `look at ${whereToLook[kind]}`;
  return { id, kind, name, hosts: [...machines], of, first, last, says };
};
