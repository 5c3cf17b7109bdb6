/** What is suggested about a machine, and why, in words: for the terminal and pages alike. */

import { formatMoment } from './quantities.ts';

/** A suggestion as the API tells it. Times are ms since the epoch. */
export interface ToldSuggestion {
  readonly action: string;
  readonly does: string;
  readonly says: string;
  readonly confidence: number;
  readonly forbidden: { readonly action: string; readonly confidence: number } | null;
  readonly vetoes: readonly { readonly code: string; readonly text: string }[];
  readonly evidence: readonly {
    readonly text: string;
    readonly speaks: 'for' | 'against';
    readonly observed_at: number;
  }[];
  readonly alternatives: readonly string[];
  readonly n_history: number;
  readonly n_worked: number;
  readonly last_worked: number | null;
  readonly expires_at: number;
  readonly rules: string;
}

/** May hold what machines and others wrote, as it is: whoever shows it makes it harmless. */
export interface SuggestionWords {
  /** What is suggested, and how sure that is. */
  readonly told: readonly string[];
  /** Why, and why not; a title and what stands below it. */
  readonly reasons: readonly { readonly title: string; readonly items: readonly string[] }[];
  /** What else there is, and for how long this is good. */
  readonly ending: readonly string[];
}

export const suggestionWords = (suggestion: ToldSuggestion): SuggestionWords => {
  const { vetoes, evidence, alternatives, expires_at: end, rules } = suggestion;
  const reasons = [
    { title: 'Forbidden because:', items: vetoes.map(({ code, text }) => `${code}: ${text}`) },
    ...(['for', 'against'] as const).map((side) => ({
      title: side === 'for' ? 'What speaks for it:' : 'What speaks against it:',
      items: evidence
        .filter(({ speaks }) => speaks === side)
        .map(({ text, observed_at: at }) => `${text}  (${formatMoment(at)})`),
    })),
  ];
  return {
    told: toldOf(suggestion),
    reasons: reasons.filter(({ items }) => items.length > 0),
    ending: [
      ...(alternatives.length > 0 ? [`Else: ${alternatives.join(', ')}`] : []),
      `Good until ${formatMoment(end)}, by rules ${rules}.`,
    ],
  };
};

const toldOf = (suggestion: ToldSuggestion): string[] => {
  const { action, does, confidence, forbidden } = suggestion;
  if (action !== 'none')
    return [
      `Suggested: ${action}, that is: ${does}.`,
      `Sure: ${confidence.toFixed(2)} (${triedOf(suggestion)})`,
    ];
  if (forbidden && forbidden.action !== 'none')
    return [
      `Suggested: none. It would be ${forbidden.action} (${forbidden.confidence.toFixed(2)}), which is forbidden.`,
    ];
  return ['Suggested: none.'];
};

const triedOf = ({ n_history: n, n_worked: worked, last_worked: last }: ToldSuggestion): string =>
  n === 0
    ? 'never tried here'
    : `worked ${worked} of ${n} times here${last === null ? '' : `, last ${formatMoment(last)}`}`;

/** What `halctl reboot` does at once where it is suggested. */
const reboots: ReadonlySet<string> = new Set(['power-cycle', 'power-on', 'reboot']);

/** The commands that do what is suggested, to be copied; none: `halctl reboot` is not what does it. */
export const rebootCommands = (fqdn: string, { action }: { action: string }): readonly string[] =>
  reboots.has(action) && /^[a-z0-9][a-z0-9.-]*$/.test(fqdn)
    ? [
        `halctl auth elevate --action power --scope ${fqdn} --for 1h --reason '...'`,
        `halctl reboot ${fqdn}`,
      ]
    : [];
