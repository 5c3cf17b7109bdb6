/** What is read with the pointer or the keyboard in it stays as it is: rows do not move under either. */

import { useRef, useState } from 'preact/hooks';

export interface Held<T> {
  /** What is shown: the newest, or that from before somebody was in it. */
  readonly shown: T;
  /** Whether there is something newer than what is shown. */
  readonly isBehind: boolean;
  /** Shows the newest. */
  readonly catchUp: () => void;
  /** Of the element that holds still while somebody is in it. */
  readonly handlers: {
    readonly onMouseEnter: () => void;
    readonly onMouseLeave: () => void;
    readonly onFocusIn: () => void;
    readonly onFocusOut: () => void;
  };
}

/** @param key of what is shown: another one is shown at once, whoever is in it */
export const useHeld = <T>(newest: T, key: string): Held<T> => {
  const inside = useRef({ pointer: false, focus: false });
  const kept = useRef({ value: newest, key });
  const [, draw] = useState(0);
  const isHeld = inside.current.pointer || inside.current.focus;
  if (!isHeld || kept.current.key !== key) kept.current = { value: newest, key };
  const set = (part: 'pointer' | 'focus', isIn: boolean) => (): void => {
    if (inside.current[part] === isIn) return;
    inside.current[part] = isIn;
    draw((before) => before + 1);
  };
  return {
    shown: kept.current.value,
    isBehind: kept.current.value !== newest,
    catchUp: () => {
      kept.current = { value: newest, key };
      draw((before) => before + 1);
    },
    handlers: {
      onMouseEnter: set('pointer', true),
      onMouseLeave: set('pointer', false),
      onFocusIn: set('focus', true),
      onFocusOut: set('focus', false),
    },
  };
};
