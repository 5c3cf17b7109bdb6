/** What the log comes to: the OBMs, who may use them, and the orders under way. */

import type { BootDevice, PowerAction, PowerState } from '../drivers/driver.ts';
import { Connections } from './connections.ts';
import { sameAsMax } from './events.ts';
import type { ObmEvent } from './events.ts';

export type { BootDevice };

export interface Token {
  /** SHA-256, in hexadecimal digits. */
  readonly hash: string;
  /** ms since the epoch; null: it does not expire. */
  readonly expires: number | null;
}

/** An order that was recorded as begun, and of whose end nothing is recorded. */
export interface BegunOrder {
  readonly id: string;
  readonly action: PowerAction;
  readonly begun: number;
}

/** The order that was begun last; `ended` is null while it goes on. */
export interface LastOrder {
  readonly id: string;
  readonly action: PowerAction;
  readonly begun: number;
  readonly ended: number | null;
}

export interface Obm {
  readonly label: string;
  /** Of this registration; another one of the same label has another. */
  readonly id: string;
  readonly driver: string;
  /** Without what is secret. */
  readonly info: Readonly<Record<string, unknown>>;
  readonly registered: number;
  readonly epoch: number;
  /** null: nobody may use it. */
  readonly token: Token | null;
  readonly orders: readonly BegunOrder[];
  readonly lastOrder: LastOrder | null;
  /** As last seen; null before the first time. */
  readonly power: { readonly state: PowerState; readonly since: number } | null;
  /** How far the event log of the OBM was read; null before the first time. */
  readonly systemEvents: { readonly last: string | null } | null;
  /** Of the OBM that answered last; null while that is not known. */
  readonly guid: string | null;
  /** Why it cannot be looked at, or null where it can again, and since when; null before it was ever told. */
  readonly reached: { readonly reason: string | null; readonly since: number } | null;
}

export class Obms {
  /** Rights to consoles, and who looks. */
  readonly connections = new Connections();
  readonly #obms = new Map<string, Obm>();
  /** Epochs outlive registrations: a token of an earlier one is never good for a later one. */
  readonly #epochs = new Map<string, number>();
  readonly #byGuid = new Map<string, Set<string>>();

  get(label: string): Obm | undefined {
    return this.#obms.get(label);
  }

  /** In the order in which they were registered. */
  all(): IterableIterator<Obm> {
    return this.#obms.values();
  }

  get size(): number {
    return this.#obms.size;
  }

  /** The other labels by which an OBM is known that has this GUID; a few of them. */
  sameAs(label: string, guid: string | null): string[] {
    const others = [];
    for (const other of (guid !== null && this.#byGuid.get(guid)) || []) {
      if (other !== label) others.push(other);
      if (others.length === sameAsMax) break;
    }
    return others;
  }

  /** The one that the next change of who may use it makes. */
  nextEpoch(label: string): number {
    return (this.#epochs.get(label) ?? 0) + 1;
  }

  /** @param at ms since the epoch, of its commit */
  apply(event: ObmEvent, at: number): void {
    switch (event.type) {
      case 'ObmRegistered': {
        const { label, id, driver, info } = event.data;
        const epoch = this.#turn(label);
        this.#know(label, null);
        const fresh = {
          token: null,
          orders: [],
          lastOrder: null,
          power: null,
          reached: null,
          guid: null,
          systemEvents: null,
        };
        this.#obms.set(label, { label, id, driver, info, registered: at, epoch, ...fresh });
        return;
      }
      case 'ObmUnregistered':
        this.#turn(event.data.label);
        this.#know(event.data.label, null);
        this.#obms.delete(event.data.label);
        return;
      case 'TokenIssued': {
        const { label, hash, expires } = event.data;
        this.#change(label, { epoch: this.#turn(label), token: { hash, expires } });
        return;
      }
      case 'TokenRevoked':
        this.#change(event.data.label, { epoch: this.#turn(event.data.label), token: null });
        return;
      case 'OrderBegun': {
        const { label, order, action } = event.data;
        const orders = this.#obms.get(label)?.orders ?? [];
        const begun = { id: order, action, begun: at };
        this.#change(label, { orders: [...orders, begun], lastOrder: { ...begun, ended: null } });
        return;
      }
      case 'OrderEnded': {
        const { label, order } = event.data;
        const { orders = [], lastOrder = null } = this.#obms.get(label) ?? {};
        this.#change(label, {
          orders: orders.filter(({ id }) => id !== order),
          ...(lastOrder?.id === order ? { lastOrder: { ...lastOrder, ended: at } } : {}),
        });
        return;
      }
      case 'PowerChanged':
        this.#change(event.data.label, { power: { state: event.data.state, since: at } });
        return;
      case 'ObmReached': {
        const { label, reason } = event.data;
        this.#change(label, { reached: { reason, since: at } });
        return;
      }
      case 'ObmIdentified': {
        const { label, guid } = event.data;
        this.#know(label, guid);
        this.#change(label, { guid });
        return;
      }
      case 'SystemEventsSeen': {
        const { label, last } = event.data;
        this.#change(label, { systemEvents: { last } });
        return;
      }
      // Of what is over at once the log tells, and nothing is kept.
      case 'WriterTaken':
        return;
      default:
        this.connections.apply(event, at);
    }
  }

  /** @param guid null: not any more */
  #know(label: string, guid: string | null): void {
    const before = this.#obms.get(label)?.guid ?? null;
    if (before !== null) {
      const labels = this.#byGuid.get(before);
      labels?.delete(label);
      if (labels?.size === 0) this.#byGuid.delete(before);
    }
    if (guid === null || !this.#obms.has(label)) return;
    const labels = this.#byGuid.get(guid);
    if (labels) labels.add(label);
    else this.#byGuid.set(guid, new Set([label]));
  }

  #turn(label: string): number {
    const epoch = this.nextEpoch(label);
    this.#epochs.set(label, epoch);
    this.connections.endAll(label);
    return epoch;
  }

  /** What is said of an OBM that is not registered any more changes nothing. */
  #change(label: string, change: Partial<Obm>): void {
    const obm = this.#obms.get(label);
    if (obm) this.#obms.set(label, { ...obm, ...change });
  }
}
