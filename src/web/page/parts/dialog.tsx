/** A dialog over the page: Escape closes it, focus stays within and goes back to where it was. */

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  /** Whether it closes by Escape; what has to be answered does not. */
  readonly canClose?: boolean;
  readonly children: ComponentChildren;
}

export const Dialog = ({ title, close, canClose = true, children }: DialogProps): JSX.Element => {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      // What was pressed may be gone: the keyboard goes on from the page, not from nowhere.
      const back = before?.isConnected ? before : document.querySelector('main');
      if (back instanceof HTMLElement) back.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={heading}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !canClose) event.preventDefault();
      }}
      onCancel={(event) => {
        event.preventDefault();
        if (canClose) close();
      }}
      onClose={() => {
        // Browsers let nobody be held: asked to several times, they close it themselves.
        if (canClose) close();
        else element.current?.showModal();
      }}
    >
      <header>
        <h2 id={heading}>{title}</h2>
        {canClose ? (
          <button type="button" class="plain" aria-label="Close" onClick={close}>
            ✕
          </button>
        ) : null}
      </header>
      {children}
    </dialog>
  );
};
