/** A role once it is parsed, and what can go wrong with one: always at a line of its file. */

import type { RenderedTemplate, RenderProblem, RoleSource } from '../core/roles.ts';
import type { Path } from './problem.ts';
import { FieldError } from './process-template.ts';
import type { Scope, TemplateError } from './template.ts';

/** A role of which everything is known that does not depend on a host. */
export interface ParsedRole {
  /** Names its templates expect from outside; the only ones that may be overridden. */
  readonly variables: ReadonlySet<string>;
  /** @throws RoleError */
  render(scope: Scope): readonly RenderedTemplate[];
}

/** A role that cannot be parsed or rendered. */
export class RoleError extends Error {
  readonly code: RenderProblem['code'];
  readonly line: number;
  readonly variable: string | undefined;

  constructor(code: RenderProblem['code'], line: number, message: string, variable?: string) {
    super(message);
    this.code = code;
    this.line = line;
    this.variable = variable;
  }
}

/** An error of the template language as one of the role; `before` is the number of lines above the template. */
export const templateError = (
  { line, message, variable }: TemplateError,
  before: number,
): RoleError =>
  variable === undefined
    ? new RoleError('template-error', before + line, `${message}.`)
    : new RoleError('unknown-variable', before + line, `${message}.`, variable);

/** Runs what may find a field wrong, and leads its error back to a line. */
export const withLines = <T>(lineOf: (path: Path) => number, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new RoleError(error.code, lineOf(error.path), error.message);
  }
};

/** What a caller is told of an error. */
export const renderProblem = (source: RoleSource, error: unknown): RenderProblem => {
  const { file, line, name } = source;
  if (!(error instanceof RoleError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { code: 'template-error', message: `Role "${name}": ${text}.`, file, line };
  }
  return {
    code: error.code,
    message: `Role "${name}": ${error.message}`,
    file,
    line: error.line,
    ...(error.variable === undefined ? {} : { name: error.variable }),
  };
};
