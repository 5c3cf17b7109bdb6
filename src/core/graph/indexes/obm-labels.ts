/** Which host an OBM is of, by what it is called at its daemon. */

import type { RegistrationRow } from '../rows/obms.ts';
import type { Following, Index } from './following.ts';

export class ObmLabels implements Index {
  readonly #hosts = new Map<string, string>();

  readonly following: Following = {
    registration: (before, after) => {
      if (before) this.#hosts.delete(keyOf(before));
      if (after) this.#hosts.set(keyOf(after), after.host);
    },
  };

  hostOf(obmd: string, label: string): string | undefined {
    return this.#hosts.get(keyOf({ obmd, label }));
  }
}

/** URLs hold no space. */
const keyOf = ({ obmd, label }: Pick<RegistrationRow, 'obmd' | 'label'>): string =>
  `${obmd} ${label}`;
