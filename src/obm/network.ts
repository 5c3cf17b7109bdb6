/**
 * How many OBMs of one management network are spoken to at once, and how many in a second. A place is lent for as long
 * as packets come in a burst; whoever waits for a slow OBM for longer sends next to nothing, and takes nobody's place.
 */

import type { Cancel, Time } from './time.ts';

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
  readonly #perSecond: () => number;
  #taken = 0;
  /** When a second's worth may be begun at once again, ms. */
  #rested = 0;
  #cancel: Cancel | null = null;
  readonly #hurried = new Set<() => void>();
  readonly #waiting = new Set<() => void>();

  /**
   * @param places at a time, at least 1
   * @param perSecond how many may be begun in a second, and how many of them at once
   */
  constructor(time: Time, places: number, perSecond: () => number = () => Infinity) {
    this.#time = time;
    this.#places = places;
    this.#perSecond = perSecond;
  }

  /** First come, first served; whoever hurries before whoever does not. */
  enter(): Entry {
    const { promise: entered, resolve } = Promise.withResolvers<void>();
    let isIn = false;
    let cancel: Cancel = () => undefined;
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
    this.#waiting.add(begin);
    this.#next();
    return { entered, hurry, leave };
  }

  /** A place that is free is the next one's at once. */
  #free(): void {
    this.#taken--;
    this.#next();
  }

  #next(): void {
    while (this.#taken < this.#places && this.#hurried.size + this.#waiting.size > 0) {
      const wait = this.#wait();
      if (wait > 0) {
        this.#cancel ??= this.#time.after(wait, () => {
          this.#cancel = null;
          this.#next();
        });
        return;
      }
      const [begin] = this.#hurried.size > 0 ? this.#hurried : this.#waiting;
      this.#hurried.delete(begin!);
      this.#waiting.delete(begin!);
      this.#taken++;
      begin!();
    }
  }

  /** Ms until the next one may begin; 0: now, and then it counts. */
  #wait(): number {
    const everyMs = 1_000 / this.#perSecond();
    const now = this.#time.monotonic();
    const rested = Math.max(this.#rested, now) + everyMs;
    const wait = rested - now - Math.max(1_000, everyMs);
    if (wait > 0.001) return Math.ceil(wait);
    this.#rested = rested;
    return 0;
  }
}

/** Networks by the addresses in them: of IPv4 the first three bytes, of IPv6 the first 64 bits. */
export class Networks {
  readonly #time: Time;
  readonly #places: number;
  readonly #perSecond: () => number;
  readonly #networks = new Map<string, Network>();

  /** @param perSecond of each network; see `Network` */
  constructor(time: Time, places: number, perSecond: () => number = () => Infinity) {
    this.#time = time;
    this.#places = places;
    this.#perSecond = perSecond;
  }

  /** @param address null for what is on no network, and a name for what is known by one */
  of(address: string | null): Network {
    const key = keyOf(address);
    let network = this.#networks.get(key);
    if (network) return network;
    // What is on no network is spared by nothing.
    const perSecond = key === '' ? (): number => Infinity : this.#perSecond;
    network = new Network(this.#time, this.#places, perSecond);
    this.#networks.set(key, network);
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
