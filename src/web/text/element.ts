/** Elements of pages of text: names, attributes that are plain words, and what stands between. */

import { h as element } from 'preact';
import type { ComponentChildren, VNode } from 'preact';

export type { ComponentChildren, VNode } from 'preact';

/** No handlers and no markup: an attribute is a word, and what is false or undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | true | false | undefined>>;

export const h = (
  name: string,
  attributes: Attributes | null,
  ...children: ComponentChildren[]
): VNode => element(name, attributes as never, ...children);
