/**
 * Text that machines and people wrote is shown as it is to be read: what would turn its direction, or cannot be seen, is
 * made visible, as `halctl` does it. Here once for all that is drawn; markup is never made of text.
 */

import { options } from 'preact';
import type { VNode } from 'preact';
import { printableLines } from '../../../terminal/lines.ts';

export const showWhatIsInText = (): void => {
  const before = options.vnode?.bind(options);
  options.vnode = (vnode: VNode): void => {
    const { type, props } = vnode as { type: unknown; props: unknown };
    // A text is a node without a type, whose properties are the text.
    if (type === null && typeof props === 'string')
      (vnode as { props: unknown }).props = printableLines(props);
    before?.(vnode);
  };
};
