/** Where somebody was in a list when he opened one of it: the browser's history keeps it, so that going back leads there. */

import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface ListPlace {
  /** How far it was scrolled, px. */
  readonly top: number;
  /** Key of the row that was opened. */
  readonly at: string | null;
}

/** The rows may come little by little; after so long nobody waits for those that are gone, ms. */
const comeBackMs = 10_000;

const states = (): Readonly<Record<string, unknown>> =>
  (window.history.state as Readonly<Record<string, unknown>> | null) ?? {};

interface UsedPlace {
  /** Key of the row that was opened from here before; null: none. */
  readonly before: string | null;
  /** Whoever looks goes elsewhere by himself. */
  readonly stayHere: () => void;
  /** Before a row is opened. */
  readonly keepPlace: (at: string) => void;
}

/**
 * @param list what its rows are: there may be several on a page
 * @param height of all rows, px
 */
export const usePlaceIn = (
  list: string,
  scroller: RefObject<HTMLElement | null>,
  height: number,
): UsedPlace => {
  const [{ top, at }] = useState(() => (states()[list] as ListPlace | undefined) ?? nowhere);
  const [until] = useState(() => performance.now() + comeBackMs);
  const isDone = useRef(top === 0);
  useLayoutEffect(() => {
    const element = scroller.current;
    isDone.current ||= performance.now() > until;
    if (!element || isDone.current) return;
    element.scrollTop = top;
    isDone.current = element.scrollTop >= top;
  }, [height]);
  return {
    before: at,
    stayHere: () => void (isDone.current = true),
    keepPlace: (now) => {
      const place: ListPlace = { top: Math.floor(scroller.current?.scrollTop ?? 0), at: now };
      window.history.replaceState({ ...states(), [list]: place }, '');
    },
  };
};

const nowhere: ListPlace = { top: 0, at: null };
