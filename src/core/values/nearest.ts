/** Words that somebody probably meant. */

/**
 * Edits (insert, delete, replace, swap of neighbours) between two words, or `limit + 1` where there
 * are more.
 */
const distance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, before[j - 2]! + 1);
      }
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
};

/** The known word that somebody probably meant, if one is close enough. */
export const nearest = (word: string, known: Iterable<string>): string | undefined => {
  const candidates = [...known];
  const limit = word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3;
  let found: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (edits < least) [found, least] = [candidate, edits];
  }
  return found ?? candidates.find((candidate) => word.length > 2 && candidate.startsWith(word));
};

/** ` Did you mean "x"?`, or nothing where no known word is near. */
export const didYouMean = (word: string, known: Iterable<string>): string => {
  const meant = nearest(word, known);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
};
