/** A secret that is shown once: it is in no address, in nothing that the browser keeps, and gone with the dialog. */

import type { ComponentChildren, JSX } from 'preact';
import { copyText } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';

interface ShownOnceProps {
  readonly title: string;
  /** What it is called in a notice: `the token`. */
  readonly what: string;
  readonly secret: string;
  readonly close: () => void;
  readonly children?: ComponentChildren;
}

export const ShownOnce = (props: ShownOnceProps): JSX.Element => {
  const { title, what, secret, close, children } = props;
  return (
    <Dialog title={title} close={close} canClose={false}>
      {children}
      <pre class="secret" aria-label={what} tabindex={0}>
        {secret}
      </pre>
      <p class="buttons">
        <button type="button" class="main" onClick={() => void copyText(secret, what)}>
          Copy
        </button>
        <button type="button" onClick={close}>
          I have it: close
        </button>
      </p>
      <p class="quiet">It is never shown again: the station keeps none that could be read.</p>
    </Dialog>
  );
};
