/** Views that somebody has given names: addresses, kept by this browser and by nobody else. */

export interface SavedView {
  readonly name: string;
  /** The query of the address, without a question mark. */
  readonly query: string;
}

const key = 'halcyon.fleet-views';
export const nameLengthMax = 60;
export const viewsMax = 50;

interface Kept {
  getItem: (key: string) => string | null;
  setItem: (key: string, value: string) => void;
}

/** What the browser keeps; one that keeps nothing throws. */
export const keptHere: Kept = {
  getItem: (name) => localStorage.getItem(name),
  setItem: (name, value) => localStorage.setItem(name, value),
};

const isView = (value: unknown): value is SavedView =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as SavedView).name === 'string' &&
  typeof (value as SavedView).query === 'string';

/** What was kept; what cannot be read is none. */
export const savedViews = (kept: Kept): readonly SavedView[] => {
  try {
    const found: unknown = JSON.parse(kept.getItem(key) ?? '[]');
    return Array.isArray(found) ? found.filter(isView).slice(0, viewsMax) : [];
  } catch {
    return [];
  }
};

/** What does not belong to a view: who was picked, which page of it. */
export const viewQuery = (query: URLSearchParams): string => {
  const view = new URLSearchParams(query);
  view.delete('selected');
  return view.toString();
};

/** @throws {Error} the browser keeps nothing, or no more */
export const saveView = (kept: Kept, { name, query }: SavedView): readonly SavedView[] => {
  const others = savedViews(kept).filter((one) => one.name !== name);
  if (others.length >= viewsMax)
    throw new Error(`there are ${viewsMax} views already: forget one first`);
  const next = [...others, { name, query }].sort((a, b) => (a.name < b.name ? -1 : 1));
  kept.setItem(key, JSON.stringify(next));
  return next;
};

export const forgetView = (kept: Kept, name: string): readonly SavedView[] => {
  const next = savedViews(kept).filter((one) => one.name !== name);
  kept.setItem(key, JSON.stringify(next));
  return next;
};
