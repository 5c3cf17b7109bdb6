/**
 * Renders what a load is about to need in a thread of its own, so that nobody else waits for it. What
 * it takes is counted as if it were rendered when it is needed: where that was changes no answer.
 */

import { sourceKey } from '../../config/render.ts';
import { CommandBudget } from '../../config/rendering-budget.ts';
import type { CountedResult, RenderedAhead, Rendering } from '../../core/allocation/renderings.ts';
import type { Asker } from '../fair-use/long-reads.ts';
import { inTurns } from '../fair-use/turns.ts';
import type { Turns } from '../fair-use/turns.ts';
import { Thread } from './thread.ts';

/** Memory of the thread, MiB. */
const memoryMax = 512;
/** Renderings that are asked for together; those of several loads take turns. */
const perBatch = 25;

/** As many renderings of a command as may be left to its decision. */
export const renderingsAtOnce = 4;

/** What was rendered before it is needed. */
class AheadOfCommand implements RenderedAhead {
  readonly #bySource = new Map<string, Map<string, CountedResult>>();
  readonly #budget = new CommandBudget();
  /** Whether it is all that one command may render. */
  isFull = false;

  add({ role, variables, overrides }: Rendering, counted: CountedResult): void {
    this.isFull ||= !this.#budget.allows(counted.steps);
    const source = sourceKey(role);
    let results = this.#bySource.get(source);
    if (!results) {
      results = new Map<string, CountedResult>();
      this.#bySource.set(source, results);
    }
    results.set(JSON.stringify([variables, overrides]), counted);
  }

  get({ role, variables, overrides }: Rendering): CountedResult | undefined {
    if (this.#bySource.size === 0) return undefined;
    return this.#bySource.get(sourceKey(role))?.get(JSON.stringify([variables, overrides]));
  }
}

export class RenderingAhead {
  readonly #turns: Turns;
  readonly #thread = new Thread<readonly Rendering[], readonly CountedResult[]>({
    name: 'rendering',
    file: 'rendering-thread',
    memoryMax,
  });

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * Renders up to where one command's budget ends. Few are left to whoever needs them.
   *
   * @throws the reason of the signal, once it is aborted
   */
  async render(
    { principal, signal }: Asker,
    found: Iterable<readonly Rendering[]>,
  ): Promise<RenderedAhead> {
    const all: Rendering[] = [];
    const collect = function* (): Generator {
      for (const some of found) yield all.push(...some);
    };
    await inTurns(await this.#turns.begin(principal, signal), collect());
    const ahead = new AheadOfCommand();
    if (all.length <= renderingsAtOnce) return ahead;
    for (let from = 0; from < all.length && !ahead.isFull; from += perBatch) {
      const batch = all.slice(from, from + perBatch);
      const results = await this.#thread.ask(batch, signal);
      signal.throwIfAborted();
      for (const [i, result] of results.entries()) ahead.add(batch[i]!, result);
    }
    return ahead;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
