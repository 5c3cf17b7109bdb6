/** Work that several want at the same time: done once, for all of them. */

import { ShareExceededError } from '../../station/fair-use/shares.ts';
import { Abandoned } from '../asker.ts';

/** Whoever's these are; the others have not left, and may have room. */
const isTheirOwn = (error: unknown): boolean =>
  error instanceof Abandoned || error instanceof ShareExceededError;

export class Once<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  /** What the work that is under way by that name comes to; where none is, of this one. */
  async do(name: string, work: () => Promise<T>): Promise<T> {
    for (let other = this.#underWay.get(name); other; other = this.#underWay.get(name))
      try {
        return await other;
      } catch (error) {
        if (!isTheirOwn(error)) throw error;
      }
    const doing = work().finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, doing);
    return doing;
  }
}
