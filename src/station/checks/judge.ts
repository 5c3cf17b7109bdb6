/** Says of what was found how far it is to be believed, and keeps what was confirmed. */

import type { Observation, Verdict } from '../../checks/observation.ts';
import type { Found } from '../../checks/sweep/protocol.ts';
import { judged, noLooks, rememberedLooks } from '../../checks/verdicts.ts';
import type { Damping, Looks } from '../../checks/verdicts.ts';
import { knownChecks } from './known.ts';

/** What the graph has is sure: no second look makes it surer. */
const atOnce: Damping = { needed: 1, of: 1, flapsAt: 6 };

export interface Confirmed {
  readonly found: Found;
  readonly before: Verdict | null;
}

export interface JudgeParts {
  readonly damping: Damping;
  /** What was confirmed before this station began to look; null: nothing. */
  readonly remembered: (machine: string, check: string) => Verdict | null;
}

export class Judge {
  readonly #parts: JudgeParts;
  readonly #looks = new Map<string, Map<string, Looks>>();

  constructor(parts: JudgeParts) {
    this.#parts = parts;
  }

  /** @param confirmed is called where the confirmed verdict is another one than before */
  judge(found: Found, confirmed: (change: Confirmed) => void): Observation {
    const { machine, check, verdict } = found;
    let looks = this.#looks.get(machine);
    if (!looks) {
      looks = new Map<string, Looks>();
      this.#looks.set(machine, looks);
    }
    const before = looks.get(check) ?? this.#rememberedOf(machine, check);
    const damping = knownChecks.has(check) ? atOnce : this.#parts.damping;
    const { soft, flapping, changed, ...after } = judged(before, verdict, damping);
    looks.set(check, { confirmed: after.confirmed, history: after.history });
    if (changed) confirmed({ found, before: before.confirmed });
    return { ...found, ...(soft ? { soft } : {}), ...(flapping ? { flapping } : {}) };
  }

  forget(machine: string): void {
    this.#looks.delete(machine);
  }

  #rememberedOf(machine: string, check: string): Looks {
    const verdict = this.#parts.remembered(machine, check);
    return verdict === null ? noLooks : rememberedLooks(verdict);
  }
}
