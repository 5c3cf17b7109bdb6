/** Specs by what is in them, so that equal ones are kept once. */

import type { SpecRow } from '../rows/roles.ts';
import type { Following, Index } from './following.ts';

export class Specs implements Index {
  readonly #ids = new Map<string, string>();

  readonly following: Following = {
    spec: (before, after) => {
      if (after) this.#ids.set(contentOf(after), after.id);
      else if (before) this.#ids.delete(contentOf(before));
    },
  };

  /** Id of the spec that has exactly this content, as JSON; undefined: there is none. */
  idOf(content: string): string | undefined {
    return this.#ids.get(content);
  }
}

const contentOf = ({ spec }: SpecRow): string => JSON.stringify(spec);
