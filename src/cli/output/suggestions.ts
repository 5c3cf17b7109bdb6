/** Suggestions for people. What machines and others wrote in them is made harmless. */

import { suggestionWords } from '../../checks/view/suggestion-words.ts';
import type { Incident, Suggestion, SuggestionItem } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { formatTable } from './table.ts';
import { printable } from './text.ts';

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

export function* suggestionLines(suggestion: Suggestion): Generator<string> {
  const { told, reasons, ending } = suggestionWords(suggestion);
  yield printable(`${suggestion.host}: ${suggestion.says}`);
  yield* told;
  for (const { title, items } of reasons) {
    yield title;
    for (const item of items) yield printable(`  ${item}`);
  }
  yield* ending;
}
