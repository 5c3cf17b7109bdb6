/** What of all that is seen of a machine is news: what differs from what the log says last. */

import type { ObmEvent } from './catalogue/events.ts';
import type { LastOrder, Obm, Obms } from './catalogue/obms.ts';
import type { PowerAction, PowerState } from './drivers/driver.ts';

/** One look at a machine. */
export type Seen =
  | { readonly type: 'PowerChanged'; readonly state: Exclude<PowerState, 'unknown'> }
  | { readonly type: 'ObmReached'; readonly reason: string | null }
  | { readonly type: 'ObmIdentified'; readonly guid: string | null };

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
  const { state } = seen;
  if (power?.state === state) return null;
  const order = explains(obm.lastOrder, state, now) ? obm.lastOrder!.id : null;
  const cause = order !== null ? 'order' : power === null ? 'first' : 'drift';
  return { type: 'PowerChanged', data: { label, state, cause, order } };
};

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
