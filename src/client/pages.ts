/** Lists, which the API gives page by page. */

import type { ListOptions, Page } from './types.ts';

/** Every item of a list, page after page, with the revision of the first page. */
export async function everyItem<T, O extends ListOptions>(
  list: (options: O) => Promise<Page<T>>,
  options: O,
): Promise<Page<T>> {
  const first = await list(options);
  const items = first.items;
  for (let { next } = first; next !== null;) {
    const page = await list({ ...options, cursor: next });
    for (const item of page.items) items.push(item);
    next = page.next;
  }
  return { revision: first.revision, items, next: null };
}
