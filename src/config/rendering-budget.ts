/**
 * What rendering may cost, counted instead of timed: the same template and the same variables cost
 * the same on every machine, however busy it is.
 *
 * A step is a tag, an output, a filter, a comparison, the reading of a variable, an element of a
 * list, or so many characters. It takes about a microsecond.
 */

import { Drop } from 'liquidjs';

/** Steps of one role on one host. A role of Halon's takes a thousand on 64 cores. */
export const stepsOfRendering = 20_000;

/**
 * Steps of everything that one command renders: so many, and so many more for each rendering, so that
 * the largest cluster of usual roles is not refused.
 */
export const stepsOfCommand = { base: 20_000, perRendering: 5_000 } as const;

/** Characters that are copied for a step. */
export const copiedPerStep = 64;
/** Characters of YAML that are read for a step. */
const readPerStep = 4;

/** A template does more than it may. */
export class OverBudgetError extends Error {}

/** Steps of all renderings of one command together. */
export class CommandBudget {
  #left = stepsOfCommand.base;
  #renderings = 0;

  /** The budget of one more rendering. */
  rendering(): RenderingBudget {
    this.#left += stepsOfCommand.perRendering;
    this.#renderings += 1;
    return new RenderingBudget(stepsOfRendering, this);
  }

  /** Takes another rendering's steps. @returns whether that was within the limits */
  allows(steps: number): boolean {
    try {
      this.rendering().use(steps);
      return true;
    } catch {
      return false;
    }
  }

  /** @throws {OverBudgetError} */
  use(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    const { base, perRendering } = stepsOfCommand;
    throw new OverBudgetError(
      `the first ${this.#renderings} renderings of this command take more than ` +
        `${base + perRendering * this.#renderings} steps together, as many as they may; ` +
        'make the templates cheaper, or ask for fewer hosts at a time',
    );
  }
}

/** Steps of one role on one host. */
export class RenderingBudget {
  #used = 0;
  readonly #limit: number;
  readonly #command: CommandBudget | undefined;

  constructor(limit = stepsOfRendering, command?: CommandBudget) {
    this.#limit = limit;
    this.#command = command;
  }

  /** Steps that were taken. */
  get used(): number {
    return this.#used;
  }

  /** @throws {OverBudgetError} */
  use(steps: number): void {
    this.#used += steps;
    if (this.#used > this.#limit)
      throw new OverBudgetError(
        `the role takes more than ${this.#limit} steps to render, as many as it may`,
      );
    this.#command?.use(steps);
  }

  /** Characters, or elements, that are made out of others. */
  copy(characters: number): void {
    if (characters > 0) this.use(Math.ceil(characters / copiedPerStep));
  }

  /** Characters of a rendered text that is to be read as YAML. */
  read(characters: number): void {
    this.use(Math.ceil(characters / readPerStep));
  }

  /** Looks at all of a value: a list may hold another many times. */
  weigh(value: unknown): void {
    if (value instanceof Drop) return this.weigh(value.valueOf());
    if (typeof value === 'string') return this.copy(value.length);
    if (typeof value !== 'object' || value === null) return;
    const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    this.use(children.length);
    for (const child of children) this.weigh(child);
  }
}

/** As Liquid bounds what it does: it says what it is about to use. */
export interface Limiter {
  use(count: number): void;
  check(count: number): void;
}

/** @param count what is used; checks of the time are none of ours */
export const limiter = (count: (used: number) => void): Limiter => ({
  use: (used) => count(Number(used)),
  check: () => undefined,
});
