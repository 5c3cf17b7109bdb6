/** Which button is apt: what is suggested about a machine, as what can be ordered from its page. */

import type { Suggestion } from '../../../../client/types.ts';

type Suggested = Pick<Suggestion, 'action' | 'forbidden' | 'vetoes'>;

export interface Apt {
  readonly kind: 'reboot' | 'maintenance' | 'console';
  /** On the button. */
  readonly title: string;
  /** Why it is not to be done although it would be apt; undefined: nothing forbids it. */
  readonly forbidden: string | undefined;
}

const buttons: Readonly<Record<string, Pick<Apt, 'kind' | 'title'>>> = {
  'power-cycle': { kind: 'reboot', title: 'Cycle its power…' },
  'power-on': { kind: 'reboot', title: 'Switch it on…' },
  reboot: { kind: 'reboot', title: 'Reboot it…' },
  'drain-reboot': { kind: 'reboot', title: 'Drain and reboot it…' },
  'look-at-console': { kind: 'console', title: 'Look at its console' },
  visit: { kind: 'maintenance', title: 'Begin maintenance…' },
  hardware: { kind: 'maintenance', title: 'Begin maintenance…' },
  'hand-over': { kind: 'maintenance', title: 'Begin maintenance…' },
};

/** Null: nothing is apt, or nothing that is ordered from a page. */
export const aptOf = ({ action, forbidden, vetoes }: Suggested): Apt | null => {
  const wanted = action === 'none' ? (forbidden?.action ?? 'none') : action;
  const button = Object.hasOwn(buttons, wanted) ? buttons[wanted] : undefined;
  if (!button) return null;
  const isForbidden = action === 'none';
  return {
    ...button,
    forbidden: isForbidden
      ? vetoes.map(({ text }) => text).join('; ') || 'it is forbidden'
      : undefined,
  };
};

/** Whether it is suggested to start the machine anew, as rights ask it. */
export const isRebootSuggested = (suggestion: Suggested | undefined): boolean =>
  suggestion !== undefined && suggestion.action !== 'none' && aptOf(suggestion)?.kind === 'reboot';
