/**
 * How many OBMs of one management network are spoken to at once. A place is lent for as long as packets come in a
 * burst; whoever waits for a slow OBM for longer sends next to nothing, and takes nobody's place.
 */

import type { Time } from './time.ts';

/** After this long a place is free for others, ms. */
const lentMs = 1_000;

export class Network {
  readonly #time: Time;
  readonly #places: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param places at a time, at least 1 */
  constructor(time: Time, places: number) {
    this.#time = time;
    this.#places = places;
  }

  /** Resolves when there is a place, first come first served, with what gives it back. */
  async enter(): Promise<() => void> {
    if (this.#taken >= this.#places)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#taken++;
    let isBack = false;
    const back = (): void => {
      if (isBack) return;
      isBack = true;
      cancel();
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken--;
    };
    const cancel = this.#time.after(lentMs, back);
    return back;
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
