/**
 * Dialogs that stay until whoever opened them closes them. One that is drawn beneath something that news may take away (a
 * suggestion, what a machine is about, a row) would go with it, and with it what was typed or how an order ends.
 */

import { createContext, Fragment } from 'preact';
import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useContext, useState } from 'preact/hooks';
import { randomId } from '../../../client/random-id.ts';

/** Draws a dialog as it was opened: about what was there then. */
export type DrawDialog = (close: () => void) => JSX.Element;

const OpenContext = createContext<(draw: DrawDialog) => void>(() => {
  throw new Error('no dialog can be opened here: it is not within WithDialogs');
});

/** Opens a dialog over the page that is shown; one that was open gives way. */
export const useOpenDialog = (): ((draw: DrawDialog) => void) => useContext(OpenContext);

interface Opened {
  /** Another for each: a dialog that gives way to one of its kind leaves nothing of itself in it. */
  readonly key: string;
  readonly draw: DrawDialog;
  readonly close: () => void;
}

/** Around a page: what was opened on it goes when another page comes. */
export const WithDialogs = ({
  children,
}: {
  readonly children: ComponentChildren;
}): JSX.Element => {
  const [opened, setOpened] = useState<Opened | null>(null);
  const open = useCallback((draw: DrawDialog) => {
    const key = randomId();
    // One that gave way closes nothing but itself.
    const close = (): void => setOpened((now) => (now?.key === key ? null : now));
    setOpened({ key, draw, close });
  }, []);
  return (
    <OpenContext.Provider value={open}>
      {children}
      {opened ? <Fragment key={opened.key}>{opened.draw(opened.close)}</Fragment> : null}
    </OpenContext.Provider>
  );
};
