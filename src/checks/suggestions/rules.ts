/** The rules by which something is suggested: data, which a site may replace as a whole. */

import type { Action } from './actions.ts';
import type { FactName } from './fact-names.ts';
import type { Neighbourhood } from './symptoms.ts';

export interface Rule {
  /** Its name is that of the symptom in what is remembered of outcomes. */
  readonly id: string;
  /** What is the matter, one sentence. */
  readonly says: string;
  /** All of them hold; what is not known does not hold. */
  readonly when: readonly FactName[];
  /** None of them holds. */
  readonly unless?: readonly FactName[];
  /** What the scheduler's reason begins with, one of them, whatever its case; absent: whatever it is. */
  readonly reasons?: readonly string[];
  /** For how long all of it has been so, s; `boot`: for as long as a machine takes to boot. */
  readonly for?: number | 'boot';
  readonly action: Action;
  /** How often it helps, before anything was tried here: 0 to 1. */
  readonly prior: number;
  /** What speaks against it though it holds, and by how much: confidence is multiplied by 1 less the weight. */
  readonly against?: Readonly<Partial<Record<FactName, number>>>;
  readonly alternatives?: readonly Action[];
  /** So often at most within so many hours; beyond, somebody has to look. */
  readonly guard?: { readonly times: number; readonly hours: number };
  /** What is suggested where the guard holds. */
  readonly beyond?: Action;
}

export interface Rules {
  /** Told with each suggestion. */
  readonly version: string;
  /** How long machines take to boot, s. */
  readonly bootSeconds: number;
  /** What was observed longer ago is not known any more, s. */
  readonly evidenceSeconds: number;
  /** What the reasons that machines write begin with, whatever their case. All others were written by people. */
  readonly machineReasons: readonly string[];
  /** In whose name programs write reasons. */
  readonly machineAuthors: readonly string[];
  /** States and flags of a scheduler in which something is planned or in progress. */
  readonly plannedStates: readonly string[];
  readonly correlated: {
    /** s */
    readonly within: number;
    /** So many silent machines are one incident. */
    readonly least: Readonly<Record<Neighbourhood, number>>;
  };
  /** The first that matches is it. */
  readonly rules: readonly Rule[];
}
