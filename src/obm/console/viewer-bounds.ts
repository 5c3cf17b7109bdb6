/** How many look at consoles: in all, and of one principal. */

import { ObmError } from '../errors.ts';
import type { ViewerLimits } from './settings.ts';
import type { Who } from './viewer.ts';

export class ViewerBounds {
  readonly #limits: ViewerLimits;
  readonly #of = new Map<string, number>();
  #inAll = 0;

  constructor(limits: ViewerLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#inAll;
  }

  /** @throws ObmError `limit` */
  enter({ principal }: Who): void {
    const { inAll, perPrincipal } = this.#limits;
    const own = this.#of.get(principal) ?? 0;
    if (own >= perPrincipal)
      throw new ObmError('limit', `you look at ${perPrincipal} consoles, and no more at a time`);
    if (this.#inAll >= inAll)
      throw new ObmError('limit', `consoles have ${inAll} viewers, and no more at a time`);
    this.#of.set(principal, own + 1);
    this.#inAll += 1;
  }

  leave({ principal }: Who): void {
    const left = (this.#of.get(principal) ?? 0) - 1;
    if (left > 0) this.#of.set(principal, left);
    else this.#of.delete(principal);
    this.#inAll -= 1;
  }
}
