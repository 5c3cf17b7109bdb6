/** Names in the order in which people count: `n2` before `n10`. */

/** Digits as numbers, everything else by its characters; `n1`, `n01` and `n001` stay apart. */
export const byName = (a: string, b: string): number => {
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [first, second] = [a.charCodeAt(i), b.charCodeAt(j)];
    if (isDigit(first) && isDigit(second)) {
      const [endA, endB] = [endOfDigits(a, i), endOfDigits(b, j)];
      const order = byNumber(a.slice(i, endA), b.slice(j, endB));
      if (order !== 0) return order;
      [i, j] = [endA, endB];
    } else if (first === second) [i, j] = [i + 1, j + 1];
    else return first - second;
  }
  return a.length - i - (b.length - j) || (a < b ? -1 : a > b ? 1 : 0);
};

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const endOfDigits = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
  return at;
};

/** Of whatever length: they are no numbers of this machine. Padding tells equal ones apart at the end only. */
const byNumber = (a: string, b: string): number => {
  const [first, second] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return first.length - second.length || (first < second ? -1 : first > second ? 1 : 0);
};

/**
 * A text by which what it is made of comes in the same order as by `byName`, compared character by character: for who
 * compares the same names again and again.
 */
export const nameKey = (name: string): string =>
  `${name.replaceAll(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '');
    // A digit, as it is one to what is none; then how long the number is, so that longer ones come later.
    return `0${String.fromCharCode(number.length)}${number}`;
  })}\0${String.fromCharCode(name.length)}${name}`;
