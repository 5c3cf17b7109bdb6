/** Light or dark: as the system has it, unless somebody has chosen. */

export type Theme = 'system' | 'light' | 'dark';

const key = 'halcyon.theme';

/** A browser may keep nothing. */
const kept = (): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

export const themeNow = (): Theme => {
  const said = kept();
  return said === 'light' || said === 'dark' ? said : 'system';
};

export const showTheme = (theme = themeNow()): void => {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
};

export const chooseTheme = (theme: Theme): void => {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It holds until the page is left.
  }
  showTheme(theme);
};
