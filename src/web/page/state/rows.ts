/** Which rows of a long list are in sight: TanStack Virtual, which knows nothing of Preact, made to draw with it. */

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { VirtualItem } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface Rows {
  readonly items: readonly VirtualItem[];
  /** Of all rows, px. */
  readonly height: number;
  readonly scrollTo: (index: number) => void;
}

/** Px; the same in the style sheet. */
export const rowHeight = 34;
/** Rows beyond the edges, so that scrolling shows no gap. */
const beyond = 12;

export const useRows = (
  scroller: RefObject<HTMLElement | null>,
  count: number,
  size = rowHeight,
): Rows => {
  const [, draw] = useState(0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => size,
    overscan: beyond,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => draw((last) => last + 1),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  return {
    items: virtualizer.getVirtualItems(),
    height: virtualizer.getTotalSize(),
    scrollTo: (index) => virtualizer.scrollToIndex(index),
  };
};
