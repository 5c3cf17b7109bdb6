/** Patterns with `*` and `?`, without regard to case, in time that grows with pattern times text at most. */

/** Without a `*` or `?` it is looked for anywhere in the text; with one it is of the whole text. */
export const matcherOf = (pattern: string): ((text: string) => boolean) => {
  const wanted = pattern.toLowerCase();
  if (!/[*?]/.test(wanted)) return (text) => text.toLowerCase().includes(wanted);
  return (text) => matches(wanted, text.toLowerCase());
};

const matches = (pattern: string, text: string): boolean => {
  let [p, t] = [0, 0];
  /** After the last star, and where in the text it was tried last. */
  let [star, tried] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = ++p;
      tried = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      [p, t] = [p + 1, t + 1];
    } else if (star >= 0) {
      p = star;
      t = ++tried;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
};
