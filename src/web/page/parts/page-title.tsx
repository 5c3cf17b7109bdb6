/** The heading of a page, which is the title of its tab as well. */

import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { printable } from '../../../terminal/lines.ts';

interface PageTitleProps {
  readonly title: string;
  /** Beside it: a state, buttons. */
  readonly children?: ComponentChildren;
}

export const PageTitle = ({ title, children }: PageTitleProps): JSX.Element => {
  useEffect(() => {
    document.title = `${printable(title)} - Halcyon`;
  }, [title]);
  return (
    <div class="title">
      <h1>{title}</h1>
      {children}
    </div>
  );
};
