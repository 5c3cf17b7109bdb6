/** What the log comes to about consoles: who has been given a right to one, and who looks at one now. */

import type { ConsoleMode, ObmEvent } from './events.ts';

/** A right to the console of one machine, for a while and so many times: what Nova calls a console connection. */
export interface Connection {
  readonly id: string;
  readonly label: string;
  /** From 1 on; a machine has each of them once, so that they say how many may look by connections. */
  readonly port: number;
  readonly mode: ConsoleMode;
  /** SHA-256 of its token, in hexadecimal digits. */
  readonly hash: string;
  /** ms since the epoch. */
  readonly made: number;
  readonly expires: number;
  /** How often it may be attached, and has been. */
  readonly uses: number;
  readonly used: number;
  /** Who made it, and for whom; both are shown. */
  readonly by: string;
  readonly holder: string;
  /** Who is attached by it; null where nobody is. */
  readonly viewing: Viewing | null;
}

/** Somebody who is attached to a console. */
export interface Viewing {
  readonly id: string;
  readonly label: string;
  /** By which he was let in; null: by the token of the OBM. */
  readonly connection: string | null;
  readonly principal: string;
  /** Network address. */
  readonly source: string;
  readonly since: number;
}

type ConnectionEvent = Extract<
  ObmEvent,
  { type: 'ConnectionMade' | 'ConnectionEnded' | 'ConsoleAttached' | 'ConsoleDetached' }
>;

export class Connections {
  readonly #of = new Map<string, Map<string, Connection>>();
  readonly #viewings = new Map<string, Viewing>();
  #size = 0;

  /** Of all machines, whether or not they have expired. */
  get size(): number {
    return this.#size;
  }

  get(label: string, id: string): Connection | undefined {
    return this.#of.get(label)?.get(id);
  }

  /** Of one machine, in the order in which they were made. */
  of(label: string): Connection[] {
    return [...(this.#of.get(label)?.values() ?? [])];
  }

  *all(): Generator<Connection, void> {
    for (const connections of this.#of.values()) yield* connections.values();
  }

  /** All who are attached, by the token of an OBM too. */
  viewings(): IterableIterator<Viewing> {
    return this.#viewings.values();
  }

  viewing(id: string): Viewing | undefined {
    return this.#viewings.get(id);
  }

  /** @param at ms since the epoch, of its commit */
  apply(event: ConnectionEvent, at: number): void {
    switch (event.type) {
      case 'ConnectionMade': {
        const { epoch: _, ...made } = event.data;
        this.#put({ ...made, made: at, used: 0, viewing: null });
        return;
      }
      case 'ConnectionEnded':
        return this.#remove(event.data.label, event.data.id);
      case 'ConsoleAttached': {
        const { viewing: id, ...who } = event.data;
        const viewing = { ...who, id, since: at };
        this.#viewings.set(id, viewing);
        const connection = this.#by(viewing);
        if (connection) this.#put({ ...connection, used: connection.used + 1, viewing });
        return;
      }
      case 'ConsoleDetached': {
        const viewing = this.#viewings.get(event.data.viewing);
        this.#viewings.delete(event.data.viewing);
        const connection = viewing && this.#by(viewing);
        if (connection?.viewing?.id !== event.data.viewing) return;
        // One that is used up is over with its last use.
        if (connection.used >= connection.uses) this.#remove(connection.label, connection.id);
        else this.#put({ ...connection, viewing: null });
        return;
      }
    }
  }

  /** All of a machine are over: who may use it has changed. */
  endAll(label: string): void {
    this.#size -= this.#of.get(label)?.size ?? 0;
    this.#of.delete(label);
  }

  #by({ label, connection }: Viewing): Connection | undefined {
    return connection === null ? undefined : this.get(label, connection);
  }

  #put(connection: Connection): void {
    const { label, id } = connection;
    let of = this.#of.get(label);
    if (!of) this.#of.set(label, (of = new Map<string, Connection>()));
    if (!of.has(id)) this.#size += 1;
    of.set(id, connection);
  }

  #remove(label: string, id: string): void {
    const of = this.#of.get(label);
    if (!of?.delete(id)) return;
    this.#size -= 1;
    if (of.size === 0) this.#of.delete(label);
  }
}
