/** How many of a thing there may be at a time: in all, and for each who asks for it. */

import { ObmError } from '../errors.ts';

export interface BoundLimits {
  readonly inAll: number;
  readonly perPrincipal: number;
}

export class Bounds {
  readonly #what: string;
  readonly #limits: BoundLimits;
  readonly #of = new Map<string, number>();
  #inAll = 0;

  /** @param what is bounded, in the plural, for example `viewers of consoles` */
  constructor(what: string, limits: BoundLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  get count(): number {
    return this.#inAll;
  }

  /** @throws ObmError `limit` */
  enter(principal: string): void {
    this.mustHaveRoom(principal);
    this.#of.set(principal, (this.#of.get(principal) ?? 0) + 1);
    this.#inAll += 1;
  }

  /** @throws ObmError `limit` */
  mustHaveRoom(principal: string): void {
    const { inAll, perPrincipal } = this.#limits;
    const own = this.#of.get(principal) ?? 0;
    if (own >= perPrincipal)
      throw new ObmError('limit', `you have ${own} ${this.#what}, and no more at a time`);
    if (this.#inAll >= inAll)
      throw new ObmError('limit', `there are ${inAll} ${this.#what}, and no more at a time`);
  }

  leave(principal: string): void {
    const left = (this.#of.get(principal) ?? 0) - 1;
    if (left > 0) this.#of.set(principal, left);
    else this.#of.delete(principal);
    this.#inAll -= 1;
  }
}
