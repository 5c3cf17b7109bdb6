/** What of all that is seen of a machine is news: what differs from what the log says last. */

import { createHash } from 'node:crypto';
import { systemEventsMax, systemEventTextMax } from './catalogue/events.ts';
import type { ObmEvent } from './catalogue/events.ts';
import type { LastOrder, Obm, Obms } from './catalogue/obms.ts';
import type { PowerAction, PowerState, SystemEvent } from './drivers/driver.ts';

/** One look at a machine. */
export type Seen =
  | { readonly type: 'PowerChanged'; readonly state: Exclude<PowerState, 'unknown'> }
  | { readonly type: 'ObmReached'; readonly reason: string | null }
  | { readonly type: 'ObmIdentified'; readonly guid: string | null }
  /** Oldest first. */
  | { readonly type: 'SystemEventsSeen'; readonly entries: readonly SystemEvent[] };

/** An OBM that is reached now and then makes so many events and no more, ms. */
const troubleMs = 60_000;
/** How long after the end of an order what it does may show, ms: some machines take minutes to follow. */
const settlingMs: Record<PowerAction, number> = {
  on: 180_000,
  off: 180_000,
  cycle: 180_000,
  reset: 180_000,
  soft: 900_000,
  'diagnostic-interrupt': 900_000,
};

/** null where the log says the same; what is not told now is told by a later look. */
export const newsOf = (obms: Obms, obm: Obm, seen: Seen, now: number): ObmEvent | null => {
  const { label, power, reached } = obm;
  if (seen.type === 'ObmIdentified') {
    const { guid } = seen;
    if (guid === null || !isTelling(guid) || guid === obm.guid) return null;
    const data = { label, guid, same_as: obms.sameAs(label, guid) };
    return { type: 'ObmIdentified', data };
  }
  if (seen.type === 'ObmReached') {
    const { reason } = seen;
    if ((reached?.reason ?? null) === reason) return null;
    if (reached !== null && now - reached.since < troubleMs) return null;
    return { type: 'ObmReached', data: { label, reason } };
  }
  if (seen.type === 'SystemEventsSeen') return systemNewsOf(obm, seen.entries);
  const { state } = seen;
  if (power?.state === state) return null;
  const order = explains(obm.lastOrder, state, now) ? obm.lastOrder!.id : null;
  const cause = order !== null ? 'order' : power === null ? 'first' : 'drift';
  return { type: 'PowerChanged', data: { label, state, cause, order } };
};

/** Behind the entry that was the newest one at the look before. What was there at the first look is none. */
const systemNewsOf = (
  { label, systemEvents }: Obm,
  entries: readonly SystemEvent[],
): ObmEvent | null => {
  const newest = entries.at(-1);
  const last = newest === undefined ? null : keyOf(newest);
  if (systemEvents?.last === last) return null;
  const known = systemEvents?.last ?? null;
  const index = known === null ? -1 : entries.findLastIndex((entry) => keyOf(entry) === known);
  const fresh = systemEvents === null ? [] : entries.slice(index + 1);
  const told = fresh.slice(-systemEventsMax).map(({ id, at, severity, text }) => ({
    ...{ id: id.slice(0, 64), at, severity, text: text.slice(0, systemEventTextMax) },
  }));
  const isGone = known !== null && index < 0;
  const gap = isGone || told.length < fresh.length;
  return { type: 'SystemEventsSeen', data: { label, last, gap, entries: told } };
};

/** The same entry has the same one; ids begin anew when a log is cleared. */
const keyOf = ({ id, at }: SystemEvent): string =>
  createHash('sha256').update(`${id} ${at}`).digest('hex').slice(0, 16);

/** Some BMCs have a GUID of zeros, or one that nobody has set. */
const isTelling = (guid: string): boolean => /^[0-9a-f]{32}$/.test(guid) && !/^(.)\1+$/.test(guid);

/** Whether a machine may be in a state because of an order. */
const explains = (order: LastOrder | null, state: PowerState, now: number): boolean => {
  if (order === null) return false;
  const { action, ended } = order;
  if (ended !== null && now - ended > settlingMs[action]) return false;
  if (action === 'on') return state === 'on' || state === 'powering-on';
  if (action === 'off' || action === 'soft') return state === 'off' || state === 'powering-off';
  return true;
};
