/** What is wrong with a file, and where: the same shape for syntax, schema and references. */

export { didYouMean, nearest } from '../core/values/nearest.ts';

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
