/** Whether a machine may be rebooted now: asked when somebody wants it, and again just before anything is sent. */

import { actionText, isReboot } from './actions.ts';
import type { Action } from './actions.ts';
import type { Rules } from './rules.ts';
import { ruleOf } from './suggest.ts';
import type { Suggestion } from './suggest.ts';
import type { Symptoms } from './symptoms.ts';
import { vetoesOf } from './vetoes.ts';
import type { VetoCode } from './vetoes.ts';

export interface RebootVeto {
  readonly code: VetoCode | 'no-suggestion' | 'too-many-at-once';
  readonly text: string;
}

export interface RebootAnswer {
  /** What forbids it, the weightiest first; none: it may be. */
  readonly vetoes: readonly RebootVeto[];
  /** What is suggested, of what a reboot can do; null: nothing of it. */
  readonly suggested: Action | null;
  /** Of the suggestion. */
  readonly symptom: string | null;
}

/**
 * @param drains the scheduler ends its jobs first: that some run now is no reason against it
 */
export const mayReboot = (
  symptoms: Symptoms,
  suggestion: Suggestion,
  rules: Rules,
  drains: boolean,
): RebootAnswer => {
  const { action, symptom } = suggestion;
  const suggested = isReboot(action) ? action : null;
  const asked = drains ? 'drain-reboot' : suggested === 'power-on' ? suggested : 'reboot';
  const vetoes = new Map<RebootVeto['code'], RebootVeto>();
  const rule = ruleOf(symptom, rules);
  for (const veto of vetoesOf(symptoms, { action: asked, rule, grounds: [] }, rules))
    vetoes.set(veto.code, veto);
  for (const veto of suggestion.vetoes)
    if (!vetoes.has(veto.code) && !(drains && veto.code === 'job-running'))
      vetoes.set(veto.code, veto);
  if (suggested === null && !isReboot(suggestion.forbidden?.action ?? 'none')) {
    const instead = action === 'none' ? '' : `; suggested is to ${actionText[action]}`;
    const text = `nothing suggests to reboot it: ${suggestion.says}${instead}`;
    vetoes.set('no-suggestion', { code: 'no-suggestion', text });
  }
  return { vetoes: [...vetoes.values()], suggested, symptom };
};
