/** What is wrong with a file, and where: the same shape for syntax, schema and references. */

export interface Problem {
  /** The file's name as the operator knows it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Where in the document, for example `hosts[2].roles[0].name`; empty for the file as a whole. */
  readonly path: string;
  /** Complete sentence. Never holds a value that may be secret. */
  readonly message: string;
  /** What would have been right, where that can be said briefly. */
  readonly expected?: string;
}

/** Keys and indexes from the root of a document to a value. */
export type Path = readonly (string | number)[];

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Writes a path the way people do: `hosts[2].roles[0].name`. */
export const formatPath = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!plainKey.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By file, line, column and path. */
export const sortProblems = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareText(a.path, b.path),
  );

/** One line for people: `facts.yaml:3:5: hosts[0].fqdn: There is no …`. */
export const formatProblem = ({ file, line, column, path, message }: Problem): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;

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
