/**
 * How many OBMs of one management network are spoken to at once. A place is lent for as long as packets come in a
 * burst; whoever waits for a slow OBM for longer sends next to nothing, and takes nobody's place.
 */

import type { Time } from './time.ts';

/** After this long a place is free for others, ms. */
const lentMs = 1_000;

/** A place in the queue, and then one in the network. */
export interface Entry {
  /** Resolves when there is a place. */
  readonly entered: Promise<void>;
  /** Goes before all who do not hurry. */
  readonly hurry: () => void;
  /** Gives the place back, or leaves the queue. */
  readonly leave: () => void;
}

export class Network {
  readonly #time: Time;
  readonly #places: number;
  #taken = 0;
  readonly #hurried = new Set<() => void>();
  readonly #waiting = new Set<() => void>();

  /** @param places at a time, at least 1 */
  constructor(time: Time, places: number) {
    this.#time = time;
    this.#places = places;
  }

  /** First come, first served; whoever hurries before whoever does not. */
  enter(): Entry {
    const { promise: entered, resolve } = Promise.withResolvers<void>();
    let isIn = false;
    let cancel: () => void = () => undefined;
    const leave = (): void => {
      cancel();
      this.#hurried.delete(begin);
      this.#waiting.delete(begin);
      if (isIn) this.#free();
      isIn = false;
    };
    const begin = (): void => {
      isIn = true;
      cancel = this.#time.after(lentMs, leave);
      resolve();
    };
    const hurry = (): void => {
      if (this.#waiting.delete(begin)) this.#hurried.add(begin);
    };
    if (this.#taken >= this.#places) this.#waiting.add(begin);
    else {
      this.#taken++;
      begin();
    }
    return { entered, hurry, leave };
  }

  /** A place that is free is the next one's at once. */
  #free(): void {
    const [next] = this.#hurried.size > 0 ? this.#hurried : this.#waiting;
    if (next === undefined) this.#taken--;
    else {
      this.#hurried.delete(next);
      this.#waiting.delete(next);
      next();
    }
  }
}

/** Networks by the addresses in them: of IPv4 the first three bytes, of IPv6 the first 64 bits. */
export class Networks {
  readonly #time: Time;
  readonly #places: number;
  readonly #networks = new Map<string, Network>();

  constructor(time: Time, places: number) {
    this.#time = time;
    this.#places = places;
  }

  /** @param address null for what is on no network, and a name for what is known by one */
  of(address: string | null): Network {
    const key = keyOf(address);
    let network = this.#networks.get(key);
    if (!network) this.#networks.set(key, (network = new Network(this.#time, this.#places)));
    return network;
  }
}

const keyOf = (address: string | null): string => {
  if (address === null) return '';
  const four = /^(\d+\.\d+\.\d+)\.\d+$/.exec(address);
  if (four) return four[1]!;
  if (!address.includes(':')) return address.replace(/^[^.]*\.?/, '.');
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  if (tail !== undefined) while (groups.length < 4) groups.push('0');
  return groups.slice(0, 4).join(':').toLowerCase();
};
