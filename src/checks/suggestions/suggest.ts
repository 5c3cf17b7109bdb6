/** What to do about a machine, why, how sure that is, and what forbids it. It does nothing. */

import { isDisruptive } from './actions.ts';
import type { Action } from './actions.ts';
import { confidenceOf } from './confidence.ts';
import type { Experience } from './confidence.ts';
import type { FactName } from './fact-names.ts';
import { factOf } from './facts.ts';
import type { Ground } from './facts.ts';
import { beginsWith } from './reasons.ts';
import type { Rule, Rules } from './rules.ts';
import type { Symptoms } from './symptoms.ts';
import { vetoesOf } from './vetoes.ts';
import type { Veto } from './vetoes.ts';

export interface Evidence {
  readonly text: string;
  readonly speaks: 'for' | 'against';
  /** 0 to 1. What speaks for it is what the rule asks for: all of it together has the weight of its word. */
  readonly weight: number;
  /** ms since the epoch */
  readonly observedAt: number;
}

export interface Suggestion {
  readonly machine: string;
  /** `none` where nothing is the matter, nothing helps, or something forbids what would. */
  readonly action: Action;
  /** Id of the rule; null: none matches. */
  readonly symptom: string | null;
  /** What is the matter. */
  readonly says: string;
  /** 0 to 1; 0 where it is forbidden. */
  readonly confidence: number;
  /** What is forbidden, and how sure it would be; null: nothing is. */
  readonly forbidden: { readonly action: Action; readonly confidence: number } | null;
  /** How often it was tried here, and what came of it. */
  readonly history: {
    readonly tried: number;
    readonly worked: number;
    readonly lastWorked: number | null;
  };
  readonly evidence: readonly Evidence[];
  readonly vetoes: readonly Veto[];
  readonly alternatives: readonly Action[];
  /** When what it stands on is too old, ms since the epoch. */
  readonly expiresAt: number;
  readonly incident: string | null;
  readonly rules: string;
}

interface Matched {
  readonly rule: Rule;
  readonly grounds: readonly Ground[];
  readonly evidence: readonly Evidence[];
}

/** The rule of a symptom; null: none has that name any more. */
export const ruleOf = (symptom: string | null, { rules }: Rules): Rule | null =>
  rules.find(({ id }) => id === symptom) ?? null;

const waitOf = ({ for: wait = 0 }: Rule, { bootSeconds }: Rules): number =>
  (wait === 'boot' ? bootSeconds : wait) * 1000;

const evidenceOf = (ground: Ground, weight: number, speaks: Evidence['speaks']): Evidence => ({
  text: ground.text,
  speaks,
  weight,
  observedAt: ground.observedAt,
});

const reasonGround = ({ scheduler, at }: Symptoms): Ground[] =>
  scheduler && scheduler.reason !== ''
    ? [
        {
          text: `scheduler: ${scheduler.reason}`,
          observedAt: scheduler.observedAt,
          since: scheduler.since ?? at,
          isSoft: false,
          isFlapping: false,
        },
      ]
    : [];

/** The rule and what it stands on, where it matches. */
const matched = (rule: Rule, symptoms: Symptoms, rules: Rules): Matched | undefined => {
  const { scheduler } = symptoms;
  if (rule.reasons && !beginsWith(scheduler?.reason ?? '', rule.reasons)) return undefined;
  const grounds: Ground[] = rule.reasons ? reasonGround(symptoms) : [];
  for (const name of rule.when) {
    const fact = factOf(name, symptoms, rules);
    if (fact.holds !== true) return undefined;
    grounds.push(...fact.grounds);
  }
  if (rule.unless?.some((name) => factOf(name, symptoms, rules).holds === true)) return undefined;
  const since = Math.max(0, ...grounds.map((ground) => ground.since));
  if (symptoms.at - since < waitOf(rule, rules)) return undefined;
  const unique = [...new Map(grounds.map((ground) => [ground.text, ground])).values()];
  const weight = Math.round((rule.prior / Math.max(1, unique.length)) * 100) / 100;
  return {
    rule,
    grounds: unique,
    evidence: unique.map((ground) => evidenceOf(ground, weight, 'for')),
  };
};

/** What speaks against what a rule suggests though it matches. */
const objections = ({ against = {} }: Rule, symptoms: Symptoms, rules: Rules): Evidence[] =>
  (Object.entries(against) as [FactName, number][]).flatMap(([name, weight]) => {
    const { holds, grounds } = factOf(name, symptoms, rules);
    const [ground] = grounds;
    return holds === true && ground ? [evidenceOf(ground, weight, 'against')] : [];
  });

/** After which another look may say something else though nothing new is known: a wait is over, or evidence too old. */
const expiryOf = (grounds: readonly Ground[], { at }: Symptoms, rules: Rules): number => {
  const oldest = Math.min(at, ...grounds.map(({ observedAt }) => observedAt));
  return oldest + rules.evidenceSeconds * 1000;
};

const firstMatch = (symptoms: Symptoms, rules: Rules): Matched | undefined =>
  rules.rules
    .values()
    .map((rule) => matched(rule, symptoms, rules))
    .find((each) => each !== undefined);

const nothing = (symptoms: Symptoms, rules: Rules): Suggestion => ({
  machine: symptoms.machine,
  action: 'none',
  symptom: null,
  says: 'Nothing that a rule knows is the matter with it.',
  confidence: 0,
  forbidden: null,
  history: { tried: 0, worked: 0, lastWorked: null },
  evidence: [],
  // Whoever looks for what may be done is told who has it, and for what.
  vetoes: vetoesOf(symptoms, { action: 'resume', rule: null, grounds: [] }, rules),
  alternatives: [],
  expiresAt: symptoms.at + rules.bootSeconds * 1000,
  incident: symptoms.incident?.id ?? null,
  rules: rules.version,
});

/**
 * What the first rule that matches suggests. The same symptoms, experience and rules give the same answer at any time
 * and anywhere.
 */
export const suggest = (symptoms: Symptoms, experience: Experience, rules: Rules): Suggestion => {
  const found = firstMatch(symptoms, rules);
  if (!found) return nothing(symptoms, rules);
  const { rule, grounds } = found;
  const against = objections(rule, symptoms, rules);
  const tally = experience.tallyOf(rule.id, rule.action, symptoms.hardware);
  const confidence = confidenceOf(
    rule.prior,
    tally,
    against.map(({ weight }) => weight),
  );
  const vetoes = vetoesOf(symptoms, { action: rule.action, rule, grounds }, rules);
  const isForbidden = vetoes.length > 0;
  return {
    machine: symptoms.machine,
    action: isForbidden ? 'none' : rule.action,
    symptom: rule.id,
    says: rule.says,
    confidence: isForbidden ? 0 : confidence,
    forbidden: isForbidden ? { action: rule.action, confidence } : null,
    history: tally,
    evidence: [...found.evidence, ...against],
    vetoes,
    alternatives: alternativesOf(rule, vetoes),
    expiresAt: expiryOf(grounds, symptoms, rules),
    incident: symptoms.incident?.id ?? null,
    rules: rules.version,
  };
};

/** What else one may do. Where something forbids to end what runs there, nothing that does so is among them. */
const alternativesOf = (rule: Rule, vetoes: readonly Veto[]): readonly Action[] => {
  const others = rule.alternatives ?? [];
  if (vetoes.some(({ code }) => code === 'loop-guard'))
    return rule.beyond ? [rule.beyond] : ['hand-over'];
  return vetoes.length > 0 ? others.filter((action) => !isDisruptive(action)) : others;
};
