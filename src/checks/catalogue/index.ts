/** All checks that there are: ours and those of the site. Columns, routes, completion and documentation come of it. */

import { nearest } from '../../config/problem.ts';
import type { CheckDescription } from '../check.ts';
import { builtIn } from './built-in.ts';

export class Catalogue {
  readonly #byId: ReadonlyMap<string, CheckDescription>;
  /** Parents before their children, else in the order in which they are shown. */
  readonly all: readonly CheckDescription[];

  /** @param given each with an id of its own */
  constructor(given: readonly CheckDescription[] = builtIn) {
    const children = Map.groupBy(
      given.filter(({ parent }) => parent !== undefined),
      ({ parent }) => parent,
    );
    this.all = given
      .filter(({ parent }) => parent === undefined)
      .flatMap((check) => [check, ...(children.get(check.id) ?? [])]);
    this.#byId = new Map(this.all.map((check) => [check.id, check]));
  }

  get ids(): Iterable<string> {
    return this.#byId.keys();
  }

  /** @param id as it is listed; `df_tmp` is taken for `df/tmp`, as old addresses have it */
  find(id: string): CheckDescription | undefined {
    return this.#byId.get(id) ?? this.#byId.get(id.replaceAll('_', '/'));
  }

  /** The check that somebody probably meant who wrote this. */
  near(id: string): string | undefined {
    return nearest(id, this.ids);
  }

  /** A check's children; empty for most. */
  childrenOf(id: string): readonly CheckDescription[] {
    return this.all.filter(({ parent }) => parent === id);
  }
}
