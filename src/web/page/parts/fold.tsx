/** A part of a page that can be folded away; this browser keeps whether it is. What is folded is not made. */

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

interface FoldProps {
  /** By which the browser knows it again. */
  readonly name: string;
  readonly title: ComponentChildren;
  readonly isOpen?: boolean;
  readonly children: ComponentChildren;
}

const keyOf = (name: string): string => `halcyon.fold.${name}`;

const kept = (name: string): boolean | undefined => {
  try {
    const said = localStorage.getItem(keyOf(name));
    return said === null ? undefined : said === 'open';
  } catch {
    return undefined;
  }
};

const keep = (name: string, isOpen: boolean): void => {
  try {
    localStorage.setItem(keyOf(name), isOpen ? 'open' : 'folded');
  } catch {
    // It holds until the page is left.
  }
};

export const Fold = ({ name, title, isOpen = false, children }: FoldProps): JSX.Element => {
  const [shown, setShown] = useState(() => kept(name) ?? isOpen);
  return (
    <details
      class="fold"
      open={shown}
      onToggle={({ currentTarget: { open } }) => {
        if (open === shown) return;
        setShown(open);
        keep(name, open);
      }}
    >
      <summary>{title}</summary>
      {shown ? children : null}
    </details>
  );
};
