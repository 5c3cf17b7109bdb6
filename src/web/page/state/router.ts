/** Where the page is: its address, below the folder that the station serves it from. All that is looked at stands there. */

import { useEffect, useState } from 'preact/hooks';
import { pageAt } from '../../page-paths.ts';
import type { PageName, PageParameters } from '../../page-paths.ts';

/** The folder of the page, with a slash at its end; whatever a proxy has put before it is part of it. */
export const folder = new URL('.', document.baseURI);

export interface Place {
  /** Below the folder, beginning with `/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly page: { readonly name: PageName; readonly parameters: PageParameters } | undefined;
}

/** What is asked to change of a query; null takes a parameter away. */
export type QueryChange = Readonly<Record<string, string | null>>;

const listeners = new Set<() => void>();

const read = (): Place => {
  const { pathname, search } = window.location;
  const path = `/${pathname.slice(folder.pathname.length)}`;
  return { path, query: new URLSearchParams(search), page: pageAt(path) };
};

let place = read();

const moved = (): void => {
  place = read();
  for (const listener of listeners) listener();
};

window.addEventListener('popstate', moved);

/** The address of a path below the folder, as a link has it. The moment that is looked at goes along. */
export const hrefOf = (path: string): string => {
  const url = new URL(`.${path}`, folder);
  const at = place.query.get('at');
  if (at !== null && !url.searchParams.has('at')) url.searchParams.set('at', at);
  return url.pathname + url.search;
};

/** Goes to a path below the folder, which may have a query. */
export const goTo = (path: string, { replace = false } = {}): void => {
  const href = hrefOf(path);
  if (replace) window.history.replaceState(null, '', href);
  else window.history.pushState(null, '', href);
  moved();
  if (!replace) window.scrollTo(0, 0);
};

/**
 * Changes what is asked in the address and stays on the page.
 *
 * @param replace whether going back skips what was before; for what changes with every key
 */
export const changeQuery = (change: QueryChange, { replace = false } = {}): void => {
  const query = new URLSearchParams(place.query);
  for (const [name, value] of Object.entries(change))
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  if (search === window.location.search) return;
  const href = window.location.pathname + search;
  if (replace) window.history.replaceState(null, '', href);
  else window.history.pushState(null, '', href);
  moved();
};

/** Where the page is now; what uses it is drawn anew when that changes. */
export const usePlace = (): Place => {
  const [now, setNow] = useState(place);
  useEffect(() => {
    const listener = (): void => setNow(place);
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return now;
};

/** Where the page is, for what does not draw. */
export const placeNow = (): Place => place;
