/** Lists of the API that come page by page, read to their end or to as much as a page shows. */

interface PageOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** However long the list is. */
export const itemsMax = 20_000;
const pageItems = 1000;

export interface Listed<T> {
  readonly items: readonly T[];
  /** There are more, which nobody has asked for. */
  readonly isCut: boolean;
}

/** @param ask one page, from its cursor on */
export const allPages = async <T>(
  ask: (page: { readonly limit: number; readonly cursor?: string }) => Promise<PageOf<T>>,
): Promise<Listed<T>> => {
  const items: T[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await ask({ limit: pageItems, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    if (page.next === null) return { items, isCut: false };
    if (items.length >= itemsMax) return { items, isCut: true };
    cursor = page.next;
  }
};
