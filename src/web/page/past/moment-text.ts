/** Moments as people write them, made what the API takes: a revision, or a time with its zone. */

import { parseQuantity } from '../../../checks/view/quantities.ts';

export type MomentSaid = { readonly at: string } | { readonly why: string };

/** With a blank or a `T`; seconds and zone may be left out. */
const time = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?\s*(Z|[+-]\d\d:\d\d)?$/i;
const ago = /^(.+?)\s*ago$/;

/**
 * @param text `1742`, `2026-11-27 14:00`, `2h ago`; a time without a zone is UTC, as the page shows times
 * @param now by the station's clock, ms
 */
export const momentSaid = (text: string, now: number): MomentSaid => {
  const said = text.trim();
  if (/^\d{1,15}$/.test(said)) return { at: said };
  const [, day, minutes = '00:00', seconds = ':00', zone = 'Z'] = time.exec(said) ?? [];
  if (day !== undefined) {
    const written = `${day}T${minutes}${seconds}${zone.toUpperCase()}`;
    if (Number.isNaN(Date.parse(written))) return { why: `There is no ${said}.` };
    return { at: written };
  }
  const [, span = ''] = ago.exec(said) ?? [];
  const past = /^[\d.]+$/.test(span) ? undefined : parseQuantity(span, 'seconds');
  if (past !== undefined) return { at: new Date(now - past * 1000).toISOString() };
  return {
    why: 'Write a revision such as 1742, a time such as 2026-11-27 14:00 (UTC), or 2h ago.',
  };
};

/** Whether it is a revision, and no time. */
export const isRevision = (at: string): boolean => /^\d{1,12}$/.test(at);
