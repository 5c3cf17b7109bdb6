/**
 * What an OBM daemon says, as news. It is not to be believed: what is not understood is none, and what is text is one
 * line within its limits.
 */

import type { ObmdEventType, ObmdKnown } from '../../contract/obmd-events.ts';
import { newsLimits, observedPowers, powerCauses } from '../../core/values/obm-news.ts';
import type { ObmNews, ObmVisitor } from '../../core/values/obm-news.ts';
import { obmLabelPattern, powerActions } from '../../core/values/obm.ts';
import { isObject } from './obmd.ts';
import { entryOf } from './readings.ts';
import { isMoment, isText, lineOf, oneOf } from './told-text.ts';

type Fields = Readonly<Record<string, unknown>>;
type Told<N = ObmNews> = N extends ObmNews ? Omit<N, 'label' | 'seen'> : never;

const known: ObmdKnown['type'] = 'known';

/** Orders of stations are called so; see `orderId`. */
const ours = /^\d+\//;

/** What is no news of a kind that is worth knowing has none; null: it makes no sense. */
const readers: {
  readonly [T in ObmdEventType]?: (data: Fields, actor: string) => Told | null;
} = {
  'power-changed': ({ state, cause }) => {
    const [power, why] = [oneOf(observedPowers, state), oneOf(powerCauses, cause)];
    return power && { type: 'power', state: power, cause: why ?? 'unknown' };
  },
  unreachable: ({ reason }) => ({
    type: 'unreachable',
    reason: lineOf(reason, newsLimits.reason) ?? 'unknown',
  }),
  reachable: () => ({ type: 'reachable' }),
  'console-attached': ({ viewing, ...who }) => {
    const [id, visitor] = [lineOf(viewing, newsLimits.id), visitorOf(who)];
    return id === null || !visitor ? null : { type: 'console-attached', viewing: id, ...visitor };
  },
  'console-detached': ({ viewing, why }) => {
    const id = lineOf(viewing, newsLimits.id);
    if (id === null) return null;
    return { type: 'console-detached', viewing: id, why: lineOf(why, newsLimits.reason) ?? '' };
  },
  'writer-taken': ({ from, ...who }) => {
    const [visitor, before] = [visitorOf(who), visitorOf(from)];
    return visitor && before && { type: 'writer-taken', ...visitor, from: before };
  },
  'order-begun': ({ action, reference }, actor) => {
    const ordered = oneOf(powerActions, action);
    if (typeof reference === 'string' && ours.test(reference)) return null;
    return ordered && { type: 'order', action: ordered, by: principalOf(actor) };
  },
  identified: ({ guid, same_as: sameAs }) => {
    if (typeof guid !== 'string' || !/^[0-9a-f]{32}$/.test(guid)) return null;
    const labels = (Array.isArray(sameAs) ? sameAs : []).filter(isText).slice(0, newsLimits.twins);
    return { type: 'guid', guid, labels };
  },
  'system-events': ({ gap, entries }) => {
    if (!Array.isArray(entries)) return null;
    const read = entries
      .slice(0, newsLimits.entries)
      .map(entryOf)
      .filter((entry) => entry !== null);
    return { type: 'entries', gap: gap === true || read.length < entries.length, entries: read };
  },
};

/** None: it tells nothing that is worth knowing, or that could be understood. */
export const newsOf = (data: string): readonly ObmNews[] => {
  const event: Fields = parsed(data) ?? {};
  const { type, label, at, actor } = event;
  const said = event['data'];
  if (!isText(type) || !isText(label) || !labels.test(label) || !isObject(said)) return [];
  if (type === known) return knownIn(label, said);
  const reader = Object.hasOwn(readers, type) ? readers[type as ObmdEventType] : undefined;
  const told = isTime(at) ? reader?.(said, isText(actor) ? actor : '') : null;
  return told ? [{ ...told, label, seen: at } as ObmNews] : [];
};

/** What a daemon says that it knows of a machine already. */
export const knownIn = (label: string, { power, unreachable }: Fields): ObmNews[] => {
  const news: ObmNews[] = [];
  if (isObject(power)) {
    const [state, seen] = [oneOf(observedPowers, power['state']), power['since'] ?? power['at']];
    if (state && isTime(seen)) news.push({ type: 'power-known', label, state, seen });
  }
  if (isObject(unreachable) && isTime(unreachable['since'])) {
    const reason = lineOf(unreachable['reason'], newsLimits.reason) ?? 'unknown';
    news.push({ type: 'unreachable', label, reason, seen: unreachable['since'] });
  }
  return news;
};

const labels = new RegExp(obmLabelPattern);

const parsed = (text: string): Fields | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

const isTime = (value: unknown): value is number => isMoment(value) && value >= 0;

/** Whoever has the token of an OBM is called by its label, which is not for everybody. */
const principalOf = (text: string): string =>
  text.startsWith('holder:') ? 'holder' : lineOf(text, newsLimits.principal)!;

const visitorOf = (value: unknown): ObmVisitor | null => {
  if (!isObject(value) || !isText(value['principal'])) return null;
  const source = lineOf(value['source'], newsLimits.source) ?? '';
  return { principal: principalOf(value['principal']), source };
};
