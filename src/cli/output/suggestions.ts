/** Suggestions for people. What machines and others wrote in them is made harmless. */

import type { Incident, Suggestion, SuggestionItem } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { formatTable } from './table.ts';
import { formatTime, printable } from './text.ts';

/** `0.80`, or `-` where nothing is suggested. */
const sureness = ({ action, confidence }: SuggestionItem): string =>
  action === 'none' ? '-' : confidence.toFixed(2);

const tried = ({ n_history, n_worked }: SuggestionItem): string =>
  n_history === 0 ? '' : ` (worked ${n_worked} of ${n_history} times)`;

/** Why it is suggested, or why nothing is. */
const whyOf = (item: SuggestionItem): string => {
  const [veto] = item.vetoes;
  if (!veto) return item.says + tried(item);
  const { forbidden } = item;
  const instead =
    forbidden === null || forbidden.action === 'none'
      ? ''
      : ` (else ${forbidden.action} ${forbidden.confidence.toFixed(2)})`;
  const more = item.vetoes.length === 1 ? '' : `; and ${item.vetoes.length - 1} more`;
  return `${veto.text}${more}${instead}`;
};

interface Folded {
  readonly item: SuggestionItem;
  readonly hosts: string[];
}

/** Machines of which the same is said, in one line; what is surest first. */
export const suggestionTable = (items: readonly SuggestionItem[], width?: number): string[] => {
  const folded = new Map<string, Folded>();
  for (const item of items) {
    const key = JSON.stringify([item.action, sureness(item), whyOf(item)]);
    const same = folded.get(key);
    if (same) same.hosts.push(item.host);
    else folded.set(key, { item, hosts: [item.host] });
  }
  const rows = [...folded.values()].sort(
    (a, b) => b.item.confidence - a.item.confidence || b.hosts.length - a.hosts.length,
  );
  return formatTable<Folded>(
    [
      { title: 'HOSTS', value: ({ hosts }) => foldNodeset(hosts), yields: 1 },
      { title: 'SUGGESTION', value: ({ item }) => item.action },
      { title: 'SURE', value: ({ item }) => sureness(item), align: 'right' },
      { title: 'WHY', value: ({ item }) => whyOf(item), yields: 2 },
    ],
    rows,
    width,
  );
};

export function* incidentLines({ kind, name, hosts, says }: Incident): Generator<string> {
  yield printable(`One incident, not ${hosts.length}: ${kind} ${name}`);
  yield printable(`  ${foldNodeset(hosts)}`);
  yield printable(`  ${says}`);
}

const time = (at: number): string => formatTime(at);

export function* suggestionLines(suggestion: Suggestion): Generator<string> {
  const { host, action, does, says, confidence, forbidden, vetoes, evidence } = suggestion;
  yield printable(`${host}: ${says}`);
  if (action !== 'none') yield `Suggested: ${action}, that is: ${does}.`;
  else if (forbidden && forbidden.action !== 'none')
    yield `Suggested: none. It would be ${forbidden.action} (${forbidden.confidence.toFixed(2)}), which is forbidden.`;
  else yield 'Suggested: none.';
  if (action !== 'none') {
    const { n_history: n, n_worked: worked, last_worked: last } = suggestion;
    const history =
      n === 0
        ? 'never tried here'
        : `worked ${worked} of ${n} times here${last === null ? '' : `, last ${time(last)}`}`;
    yield `Sure: ${confidence.toFixed(2)} (${history})`;
  }
  if (vetoes.length > 0) yield 'Forbidden because:';
  for (const { code, text } of vetoes) yield printable(`  ${code}: ${text}`);
  for (const side of ['for', 'against'] as const) {
    const told = evidence.filter(({ speaks }) => speaks === side);
    if (told.length > 0) yield side === 'for' ? 'What speaks for it:' : 'What speaks against it:';
    for (const { text, observed_at: at } of told) yield printable(`  ${text}  (${time(at)})`);
  }
  if (suggestion.alternatives.length > 0) yield `Else: ${suggestion.alternatives.join(', ')}`;
  yield `Good until ${time(suggestion.expires_at)}, by rules ${suggestion.rules}.`;
}
