/**
 * Writes down what was confirmed. Ten thousand machines may change in one sweep: so many changes make a commit, one
 * commit follows the other, and whatever changes again meanwhile is written down as it is then.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { ConfirmedChange, ReportChecks } from '../../core/commands/report-checks.ts';
import { checkLimits } from '../../core/values/checks.ts';
import type { Confirmed } from './judge.ts';

export class ConfirmedChanges {
  readonly #submit: (command: ReportChecks) => Promise<unknown>;
  /** The last of each machine and check, in the order in which they came first. */
  readonly #waiting = new Map<string, ConfirmedChange>();
  #writing: Promise<void> | null = null;

  /** @param submit resolves when the command is durable, and rejects where it cannot be now */
  constructor(submit: (command: ReportChecks) => Promise<unknown>) {
    this.#submit = submit;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  add(changes: readonly Confirmed[]): void {
    for (const { found } of changes) {
      const { machine: fqdn, check, verdict, cause = null, text, observedAt } = found;
      const seen = Math.round(observedAt);
      this.#waiting.set(`${fqdn} ${check}`, { fqdn, check, verdict, cause, text, seen });
    }
    if (this.#waiting.size === 0) return;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when all that could be written down is. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Where it cannot be written now, it is tried again with what is confirmed next. */
  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      // Others have their turn, and what comes in it goes with the rest.
      await turn();
      const some = this.#some();
      for (const key of some.keys()) this.#waiting.delete(key);
      try {
        await this.#submit({ type: 'ReportChecks', changes: [...some.values()] });
      } catch {
        for (const [key, change] of some)
          if (!this.#waiting.has(key)) this.#waiting.set(key, change);
        return;
      }
    }
  }

  #some(): ReadonlyMap<string, ConfirmedChange> {
    const some = new Map<string, ConfirmedChange>();
    for (const [key, change] of this.#waiting) {
      some.set(key, change);
      if (some.size === checkLimits.perCommit) break;
    }
    return some;
  }
}
