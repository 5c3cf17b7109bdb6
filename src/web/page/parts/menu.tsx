/** A button that unfolds more of them: what is done seldom, and what is disabled, with its reason, stands there. */

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface MenuProps {
  readonly title: string;
  /** Buttons; null is left out. */
  readonly children: ComponentChildren;
}

export const Menu = ({ title, children }: MenuProps): JSX.Element => {
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = ({ target }: Event): void => {
      const menu = element.current;
      if (menu?.open && target instanceof Node && !menu.contains(target)) menu.open = false;
    };
    document.addEventListener('click', close);
    return () => document.removeEventListener('click', close);
  }, []);
  return (
    <details
      class="menu"
      ref={element}
      onKeyDown={(event) => {
        const menu = event.currentTarget;
        if (event.key !== 'Escape' || !menu.open) return;
        menu.open = false;
        menu.querySelector('summary')?.focus();
      }}
    >
      <summary>{title}</summary>
      <div
        class="items"
        onClick={({ currentTarget, target }) => {
          const button = target instanceof Element ? target.closest('button') : null;
          if (!button || button.getAttribute('aria-disabled') === 'true') return;
          // What was pressed may be gone when its dialog is; the keyboard goes on from here.
          const menu = currentTarget.closest('details')!;
          menu.open = false;
          menu.querySelector('summary')?.focus();
        }}
      >
        {children}
      </div>
    </details>
  );
};
