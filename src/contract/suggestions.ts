/** What is suggested about machines, and what befell several at once. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { page } from './page.ts';
import { Fqdn, nullable, Timestamp } from './values.ts';

const Action = Type.String({
  description:
    'none, power-cycle, power-on, reboot, drain-reboot, resume, restart-slurmd, run-nhc, mount, fix-access, fix-path, ' +
    'look-at-console, visit, hardware or hand-over.',
});
const Confidence = Type.Number({
  minimum: 0,
  maximum: 1,
  description: 'How likely it helps, from the word of the rule and what came of it here.',
});

const Veto = Type.Object({
  code: Type.String({ description: 'Stable, such as `job-running`.' }),
  text: Type.String({ description: 'For people. May hold what others wrote.' }),
});

/** One of a list: what it stands on is told by the suggestion itself. */
export const SuggestionItem = Type.Object({
  host: Fqdn,
  action: Action,
  does: Type.String({ description: 'The action in words.' }),
  symptom: nullable(Type.String({ description: 'Id of the rule that matches; null: none does.' })),
  says: Type.String({ description: 'What is the matter.' }),
  confidence: Confidence,
  forbidden: nullable(
    Type.Object(
      { action: Action, confidence: Confidence },
      { description: 'What would be suggested were it not for the vetoes; null: there are none.' },
    ),
  ),
  vetoes: Type.Array(Veto, { description: 'Why nothing is to be done, the weightiest first.' }),
  n_history: Type.Integer({ description: 'How often it was tried here about such a symptom.' }),
  n_worked: Type.Integer(),
  last_worked: nullable({ ...Timestamp, description: 'When it worked last.' }),
  incident: nullable(Type.String({ description: 'The incident that the machine is part of.' })),
  expires_at: {
    ...Timestamp,
    description: 'When what it stands on is too old, ms since the epoch.',
  },
});

export const Suggestion = Type.Object({
  ...SuggestionItem.properties,
  evidence: Type.Array(
    Type.Object({
      text: Type.String({ description: 'May hold what a machine said.' }),
      speaks: Type.Enum(['for', 'against']),
      weight: Type.Number({ minimum: 0, maximum: 1 }),
      observed_at: Timestamp,
    }),
  ),
  alternatives: Type.Array(Action),
  rules: Type.String({ description: 'Version of the rules.' }),
});

/** By name of the machine. */
export const SuggestionPage = page(SuggestionItem);

export const Incident = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['chassis', 'switch', 'rack', 'partition']),
  name: Type.String({ description: 'Of what the machines have in common.' }),
  hosts: Type.Array(Fqdn),
  of: Type.Integer({ description: 'How many machines have it in common.' }),
  first: { ...Timestamp, description: 'When the first fell silent, ms since the epoch.' },
  last: { ...Timestamp, description: 'When the last one did.' },
  says: Type.String({ description: 'What happened and where to look, for people.' }),
});

export const IncidentList = Type.Object({ items: Type.Array(Incident) });

export const SuggestionRules = Type.Object({
  version: Type.String(),
  text: Type.String({ description: 'YAML, as `halcyon station --suggestions` takes it.' }),
});

export type SuggestionItem = Static<typeof SuggestionItem>;
export type Suggestion = Static<typeof Suggestion>;
export type SuggestionPage = Static<typeof SuggestionPage>;
export type Incident = Static<typeof Incident>;
export type IncidentList = Static<typeof IncidentList>;
export type SuggestionRules = Static<typeof SuggestionRules>;

const one = {
  params: { fqdn: Fqdn },
  access: 'viewer',
  lent: 'machine',
  tag: 'hosts',
  reply: Suggestion,
} as const;

export const getSuggestion = ask({
  answeredBy: 'leader',
  ...one,
  path: '/hosts/:fqdn/suggestion',
  summary: 'What to do about a machine, why, and what forbids it',
  description:
    'From what is known already: nothing is asked or sent for it, and it is never done by itself. `action` is `none` ' +
    'where nothing is the matter or where there is a veto.',
});

export const getNodeSuggestion = ask({
  answeredBy: 'leader',
  ...one,
  path: '/nodes/:fqdn/suggestion',
  summary: 'The same, said otherwise',
});

export const listSuggestions = ask({
  answeredBy: 'leader',
  path: '/suggestions',
  access: 'viewer',
  lent: 'shown',
  tag: 'hosts',
  summary: 'What to do about machines with which something is the matter',
  query: {
    action: Type.Optional({ ...Action, description: 'Only this action.' }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'Default 1000.' }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 253, description: '`next` of the page before.' }),
    ),
  },
  reply: SuggestionPage,
});

export const listIncidents = ask({
  answeredBy: 'leader',
  path: '/incidents',
  access: 'viewer',
  tag: 'hosts',
  summary: 'Machines that fell silent together, as they have something in common',
  description: 'The latest first. Nothing is suggested about machines of an incident one by one.',
  reply: IncidentList,
});

export const getSuggestionRules = ask({
  answeredBy: 'leader',
  path: '/suggestions/rules',
  access: 'viewer',
  tag: 'hosts',
  summary: 'The rules by which something is suggested',
  reply: SuggestionRules,
});
