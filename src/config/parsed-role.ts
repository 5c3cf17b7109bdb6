/** A role once it is parsed, and what can go wrong with one: always at a line of its file. */

import type { RenderedTemplate, RenderProblem, RoleSource } from '../core/values/roles.ts';
import { formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { FieldErrors } from './process-template.ts';
import type { Scope, TemplateError } from './template.ts';
import type { Position } from './yaml.ts';

/** A role of which everything is known that does not depend on a host. */
export interface ParsedRole {
  /** Names its templates expect from outside; the only ones that may be overridden. */
  readonly variables: ReadonlySet<string>;
  /**
   * @param warn is told what has no effect, but was probably meant to
   * @throws RoleError
   */
  render(scope: Scope, warn?: (error: RoleError) => void): readonly RenderedTemplate[];
}

/** A role that cannot be parsed or rendered. */
export class RoleError extends Error {
  readonly code: RenderProblem['code'];
  readonly position: Position;
  /** Within the role; empty where it is not known. */
  readonly path: Path;
  readonly variable: string | undefined;
  /** What would have been right, where that can be said briefly. */
  readonly expected: string | undefined;
  /** What else is wrong. */
  also: readonly RoleError[] = [];

  /** @param path from the list of which the role is an item */
  constructor(
    code: RenderProblem['code'],
    position: Position,
    message: string,
    path: Path = [],
    {
      variable,
      expected,
    }: { readonly variable?: string; readonly expected?: string | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.position = position;
    this.path = path.slice(1);
    this.variable = variable;
    this.expected = expected;
  }
}

/**
 * An error of the template language as one of the role.
 *
 * @param position where the template's text begins
 */
export const templateError = (
  { line, column, message, variable }: TemplateError,
  position: Position,
  path: Path = [],
): RoleError => {
  const code = variable === undefined ? 'template-error' : 'unknown-variable';
  const at = { line: position.line + line - 1, column: line === 1 ? position.column : column };
  return new RoleError(code, at, `${message}.`, path, variable === undefined ? {} : { variable });
};

/** One error that holds all, to be thrown. */
export const joined = (errors: readonly [RoleError, ...RoleError[]]): RoleError => {
  const [first, ...also] = errors;
  first.also = also;
  return first;
};

/**
 * Runs what may find fields wrong, and leads the errors back to where the fields stand.
 *
 * @throws RoleError
 */
export const withPositions = <T>(
  positionOf: (path: Path) => Position,
  work: (errors: FieldErrors) => T,
): T => {
  const errors = new FieldErrors();
  const result = work(errors);
  const [first, ...also] = errors.all.map(
    ({ code, path, message }) => new RoleError(code, positionOf(path), message, path),
  );
  if (first) throw joined([first, ...also]);
  return result;
};

/** What a caller is told of an error. */
export const renderProblem = (source: RoleSource, error: unknown): RenderProblem => {
  const { file, line, name } = source;
  if (!(error instanceof RoleError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { code: 'template-error', message: `Role "${name}": ${text}.`, file, line };
  }
  const where = error.path.length > 0 ? `${formatPath(error.path)}: ` : '';
  return {
    code: error.code,
    message: `Role "${name}": ${where}${error.message}`,
    file,
    line: error.position.line,
    ...(error.variable === undefined ? {} : { name: error.variable }),
  };
};

/**
 * An error, and what else is wrong, as problems of the file of which the role is the item `index`.
 */
export const loadProblems = (file: string, index: number, error: RoleError): readonly Problem[] =>
  [error, ...error.also].map(({ position, path, message, expected }) => ({
    file,
    line: position.line,
    column: position.column,
    path: formatPath([index, ...path]),
    message: message.charAt(0).toUpperCase() + message.slice(1),
    ...(expected === undefined ? {} : { expected }),
  }));
