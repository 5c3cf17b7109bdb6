/** Keys: each page says which it takes, and `?` lists those that hold now. Nothing is ordered by one key. */

import { useEffect, useRef } from 'preact/hooks';

export interface Key {
  /** As `KeyboardEvent.key` has it: `j`, `/`, `Enter`; or two after another, with a blank between: `g f`. */
  readonly keys: string;
  readonly what: string;
  /** Returns false where it does not apply now. */
  readonly run: () => void | false;
}

const held = new Set<{ readonly keys: readonly Key[] }>();

/** The keys that hold now, the page's before those of all pages. */
export const keysNow = (): Key[] => [...held].reverse().flatMap(({ keys }) => keys);

/** Takes keys while what uses it is shown. */
export const useKeys = (keys: readonly Key[]): void => {
  const now = useRef({ keys });
  now.current.keys = keys;
  useEffect(() => {
    const entry = now.current;
    held.add(entry);
    return () => void held.delete(entry);
  }, []);
};

/** Where somebody writes, keys are letters. */
const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest(
      'input:not([type=checkbox]):not([type=radio]), textarea, select, [data-keys]',
    ) !== null);

/** Elements that do something by these keys themselves. */
const isOwn = (key: string, target: EventTarget | null): boolean =>
  (key === 'Enter' || key === ' ') &&
  target instanceof HTMLElement &&
  target.closest('button, a, summary, input') !== null;

/** How long the second key of two is waited for, ms. */
const secondKeyMs = 1500;

let first = '';
let firstAt = 0;

const onKey = (event: KeyboardEvent): void => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isWriting(event.target) || isOwn(event.key, event.target)) return;
  // A dialog has keys of its own.
  if (document.querySelector('dialog[open]') !== null) return;
  const { key } = event;
  const both = first !== '' && event.timeStamp - firstAt < secondKeyMs ? `${first} ${key}` : key;
  first = '';
  const now = keysNow();
  const longer = both === key ? [] : now.filter(({ keys }) => keys === both);
  // The second of two is not also taken as a key of its own.
  for (const one of [...longer, ...now.filter(({ keys }) => keys === key)]) {
    if (one.run() === false) continue;
    event.preventDefault();
    return;
  }
  if (now.some(({ keys }) => keys.startsWith(`${key} `))) {
    first = key;
    firstAt = event.timeStamp;
  }
};

export const listenToKeys = (): void => window.addEventListener('keydown', onKey);
