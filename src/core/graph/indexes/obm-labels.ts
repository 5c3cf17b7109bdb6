/** Which host an OBM is of, by what it is called at its daemon; and which daemons there are. */

import type { RegistrationRow } from '../rows/obms.ts';
import type { Following, Index } from './following.ts';

export class ObmLabels implements Index {
  /** By daemon and label. */
  readonly #hosts = new Map<string, Map<string, string>>();

  readonly following: Following = {
    registration: (before, after) => {
      if (before) this.#delete(before);
      if (after) this.#add(after);
    },
  };

  hostOf(obmd: string, label: string): string | undefined {
    return this.#hosts.get(obmd)?.get(label);
  }

  /** Of all OBMs that a daemon has, in no order. */
  hostsOf(obmd: string): readonly string[] {
    const labels = this.#hosts.get(obmd);
    return labels ? [...labels.values()] : [];
  }

  countOf(obmd: string): number {
    return this.#hosts.get(obmd)?.size ?? 0;
  }

  /** Base URLs of all daemons that have an OBM, in no order. */
  daemons(): Iterable<string> {
    return this.#hosts.keys();
  }

  #add({ obmd, label, host }: RegistrationRow): void {
    let labels = this.#hosts.get(obmd);
    if (!labels) this.#hosts.set(obmd, (labels = new Map<string, string>()));
    labels.set(label, host);
  }

  #delete({ obmd, label }: RegistrationRow): void {
    const labels = this.#hosts.get(obmd);
    labels?.delete(label);
    if (labels?.size === 0) this.#hosts.delete(obmd);
  }
}
