/** How a terminal looks, and whether it is read out: kept by the browser. */

import type { ITheme } from '@xterm/xterm';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { themeOf } from './screen.ts';

export interface Look {
  readonly theme: ITheme;
  /** Px. */
  readonly fontSize: number;
  /** Whether screen readers are told what comes; it costs much. */
  readonly isRead: boolean;
  readonly change: (change: { fontSize?: number; isRead?: boolean }) => void;
}

const key = 'halcyon.console';
const [fontMin, fontUsual, fontMax] = [8, 14, 32];

const kept = (): { fontSize: number; isRead: boolean } => {
  try {
    const said = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
    const { fontSize, isRead } = said;
    const isSize = typeof fontSize === 'number' && fontSize >= fontMin && fontSize <= fontMax;
    return { fontSize: isSize ? fontSize : fontUsual, isRead: isRead === true };
  } catch {
    return { fontSize: fontUsual, isRead: false };
  }
};

const isDarkNow = (): boolean => {
  const chosen = document.documentElement.dataset.theme;
  if (chosen !== undefined) return chosen === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
};

export const useLook = (): Look => {
  const [{ fontSize, isRead }, set] = useState(kept);
  const [isDark, setDark] = useState(isDarkNow);
  useEffect(() => {
    const look = (): void => setDark(isDarkNow());
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', look);
    const chosen = new MutationObserver(look);
    chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      system.removeEventListener('change', look);
      chosen.disconnect();
    };
  }, []);
  const [themes] = useState(() => ({ dark: themeOf(true), light: themeOf(false) }));
  return {
    theme: isDark ? themes.dark : themes.light,
    ...{ fontSize, isRead },
    change: (change) =>
      set((before) => {
        const next = { ...before, ...change };
        try {
          localStorage.setItem(key, JSON.stringify(next));
        } catch {
          // It holds until the page is left.
        }
        return next;
      }),
  };
};

export const Settings = ({ look }: { readonly look: Look }): JSX.Element => (
  <>
    <span class="act" role="group" aria-label="Size of the letters">
      <button
        type="button"
        aria-label="A−, smaller letters"
        disabled={look.fontSize <= fontMin}
        onClick={() => look.change({ fontSize: look.fontSize - 1 })}
      >
        A−
      </button>
      <button
        type="button"
        aria-label="A+, larger letters"
        disabled={look.fontSize >= fontMax}
        onClick={() => look.change({ fontSize: look.fontSize + 1 })}
      >
        A+
      </button>
    </span>
    <label>
      <input
        type="checkbox"
        checked={look.isRead}
        onChange={({ currentTarget: { checked } }) => look.change({ isRead: checked })}
      />{' '}
      For a screen reader
    </label>
  </>
);
