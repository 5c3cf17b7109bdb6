/**
 * What is known of machines by their OBMs, with its age: it is told at once. Where that is too old, a look is set off
 * behind whoever asks.
 */

import type { Graph } from '../../core/graph/graph.ts';
import type { RegistrationRow } from '../../core/graph/rows/obms.ts';
import { varOf } from '../../core/graph/vars.ts';
import type { Refreshed } from '../../core/values/obm.ts';
import type { Time } from '../time.ts';
import type { Holder } from './holder.ts';
import { KeptReadings } from './kept-readings.ts';
import type { Look, Looks } from './looks.ts';
import { notTold } from './readings.ts';
import type { Identity, Reading, ReadingOf } from './readings.ts';
import type { Observed, ObservedObm, Trouble } from './observed.ts';

/** Something as it was seen last. */
export interface Sight<T> {
  /** null: it was never seen. */
  readonly value: T | null;
  /** Ms since the epoch; null: never, or nobody knows when. */
  readonly observedAt: number | null;
  /** Whether it is older than it should be. */
  readonly stale: boolean;
  /** Why it could not be seen anew; null: it could, as far as is known. */
  readonly trouble: Trouble | null;
  /** A look that is under way, over when this resolves; null: none is. */
  readonly look: Promise<void> | null;
}

export interface PowerSeen {
  readonly state: string;
  /** Ms since the epoch. */
  readonly since: number | null;
  /** Orders that the daemon has under way. */
  readonly orders: number;
}

export type ConsoleSeen = NonNullable<ObservedObm['console']>;

/** Who wants to know. */
export interface Wish {
  /** Whom a look counts for; null: none is set off. */
  readonly actor: string | null;
  /** What is older is stale, s; absent: as the vars have it. */
  readonly maxAge?: number | undefined;
}

export interface SightsParts {
  readonly graph: () => Graph;
  readonly time: Time;
  readonly observed: Observed;
  readonly looks: Looks;
  /** By the right of now; null: nobody may use it. */
  readonly holder: (fqdn: string) => Holder | null;
}

export class Sights {
  readonly #parts: SightsParts;
  readonly #readings = new KeptReadings();

  constructor(parts: SightsParts) {
    this.#parts = parts;
  }

  /** undefined: nobody may use the OBM, as with all that follow. */
  power(fqdn: string, wish: Wish): Sight<PowerSeen> | undefined {
    const row = this.#usable(fqdn);
    if (!row) return undefined;
    const seen = this.#seen(row);
    const told = this.#parts.graph().get('observation', fqdn)?.power ?? null;
    // A station that has just begun knows from its log how it was.
    const state = seen?.power?.state ?? told?.state;
    const since = seen?.power?.since ?? told?.seen ?? null;
    const value = state === undefined ? null : { state, since, orders: seen?.orders ?? 0 };
    const at = seen?.power?.at ?? null;
    // What was seen before an order says little of now.
    const orderedAt = this.#orderedAt(fqdn);
    const withinMs = this.#parts.time.now() - orderedAt;
    const aged = at !== null && at <= orderedAt ? { ...wish, maxAge: -1, withinMs } : wish;
    return this.#sight(row, 'power', aged, value, at, seen?.look?.trouble ?? null);
  }

  identity(fqdn: string, wish: Wish): Sight<Identity> | undefined {
    const row = this.#usable(fqdn);
    if (!row) return undefined;
    const seen = this.#seen(row);
    const { at = null, ...identity } = seen?.identity ?? {};
    const value = at === null ? null : (identity as Identity);
    return this.#sight(row, 'identity', wish, value, at, seen?.validated?.trouble ?? null);
  }

  /** The daemon knows by itself how its consoles are. */
  console(fqdn: string): Sight<ConsoleSeen> | undefined {
    const row = this.#usable(fqdn);
    if (!row) return undefined;
    const { observed } = this.#parts;
    const at = observed.heard(row.obmd);
    const value = this.#seen(row)?.console ?? null;
    const trouble = this.#daemonTrouble(row);
    return { value, observedAt: at, stale: this.#isOld(at), trouble, look: null };
  }

  reading<R extends Reading>(fqdn: string, what: R, wish: Wish): Sight<ReadingOf<R>> | undefined {
    const row = this.#usable(fqdn);
    if (!row) return undefined;
    const kept = this.#readings.get(fqdn, what, row.token!);
    return this.#sight(row, what, wish, kept?.reading ?? null, kept?.at ?? null, null);
  }

  /** Has something looked at again, or joins a look that is under way. @returns why it could not be */
  refresh(fqdn: string, what: Refreshed): Promise<Trouble | null> {
    return this.#parts.looks.must(fqdn, what, this.#look(fqdn, what));
  }

  #sight<T>(
    row: RegistrationRow,
    what: Refreshed,
    { actor, maxAge, withinMs }: Wish & { readonly withinMs?: number },
    value: T | null,
    observedAt: number | null,
    seenTrouble: Trouble | null,
  ): Sight<T> {
    const { looks } = this.#parts;
    const fqdn = row.host;
    const stale = this.#isOld(observedAt, maxAge);
    const look =
      stale && actor !== null
        ? looks.want(fqdn, what, actor, this.#look(fqdn, what), withinMs)
        : looks.underWay(fqdn, what);
    const tried = stale ? (looks.lastTry(fqdn, what)?.trouble ?? null) : null;
    const trouble = this.#daemonTrouble(row) ?? tried ?? seenTrouble;
    return { value, observedAt, stale, trouble, look };
  }

  /** When the last order about its power was sent or over, ms since the epoch. */
  #orderedAt(fqdn: string): number {
    let latest = -Infinity;
    for (const { order, state, since } of this.#parts.graph().many('obeys', fqdn))
      if (order.kind === 'power' && state !== 'waiting') latest = Math.max(latest, since);
    return latest;
  }

  #look(fqdn: string, what: Refreshed): Look {
    return async (signal) => {
      const row = this.#usable(fqdn);
      const holder = this.#parts.holder(fqdn);
      if (!row || !holder) throw notTold(fqdn, 'disabled', 'the OBM is not enabled any more');
      if (what === 'power' || what === 'identity') {
        const { row: seen, trouble } = await holder.refresh(what, this.#freshMs, signal);
        if (seen) this.#parts.observed.put(row.obmd, seen);
        if (trouble) throw notTold(fqdn, trouble.reason, trouble.message);
      } else {
        const reading = await holder.read(fqdn, what, signal);
        const at = this.#parts.time.now();
        this.#readings.put(fqdn, what, { reading, at, epoch: row.token! });
      }
    };
  }

  #usable(fqdn: string): RegistrationRow | undefined {
    const row = this.#parts.graph().get('registration', fqdn);
    return row && row.token !== null ? row : undefined;
  }

  #seen({ obmd, label }: RegistrationRow): ObservedObm | undefined {
    return this.#parts.observed.of(obmd, label);
  }

  #daemonTrouble({ obmd }: RegistrationRow): Trouble | null {
    const message = this.#parts.observed.trouble(obmd);
    return message === null ? null : { reason: 'away', message };
  }

  #isOld(at: number | null, maxAge = Infinity): boolean {
    const seconds = Math.min(maxAge, varOf(this.#parts.graph(), 'obm_stale_after'));
    return at === null || this.#parts.time.now() - at > seconds * 1000;
  }

  get #freshMs(): number {
    return varOf(this.#parts.graph(), 'obm_refresh_interval') * 1000;
  }
}
