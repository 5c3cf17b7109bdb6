/**
 * The template language: Liquid without anything that reads files, asks the clock or throws dice.
 *
 * EDE, the language of Halon's files, is close enough to Liquid for its few differences to be
 * rewritten here: comments `{# … #}`, `elif`, `let`, and loops whose variable has its value in
 * `.value` and its position in `.loop`.
 */

import { Drop, LiquidError } from 'liquidjs';
import type { Liquid, Template as LiquidTemplate } from 'liquidjs';
import type { Json, Variables } from '../core/values/roles.ts';
import { CountedContext } from './counted-engine.ts';
import type { RenderingBudget } from './rendering-budget.ts';
import { engines, print, undress } from './template-engines.ts';
import type { Printing } from './template-engines.ts';

/** Characters that a template may become. */
const maxOutput = 1_000_000;

/** An element of a list: prints and compares as its value, and has what EDE's loops give. */
class ListElement extends Drop {
  readonly value: unknown;
  readonly loop: Readonly<Record<string, number | boolean>>;

  constructor(value: unknown, index: number, length: number) {
    super();
    this.value = value;
    this.loop = {
      length,
      index: index + 1,
      index0: index,
      remainder: length - index,
      remainder0: length - index - 1,
      first: index === 0,
      last: index === length - 1,
    };
  }

  override valueOf(): unknown {
    return this.value;
  }

  override toString(): string {
    return print(this.value);
  }
}

const dress = (value: Json): unknown => {
  if (Array.isArray(value)) {
    return value.map((element: Json, i) => new ListElement(dress(element), i, value.length));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, dress(child)]));
};

/** What a template may see, and what it may take; one for all templates of a role on a host. */
export interface Scope {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly budget: RenderingBudget;
}

export const scopeOf = (variables: Variables, budget: RenderingBudget): Scope => ({
  variables: dress(variables) as Scope['variables'],
  budget,
});

export interface Template {
  readonly engine: Liquid;
  readonly parsed: readonly LiquidTemplate[];
  /** The expression, where the template is nothing but one output. */
  readonly expression: string | null;
  /** Names that it expects from outside. */
  readonly variables: ReadonlySet<string>;
}

export interface TemplateError {
  /** 1-based line within the template. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Without a full stop. */
  readonly message: string;
  /** The variable that is not there, if that is what is wrong. */
  readonly variable?: string;
}

export type Parsed =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly error: TemplateError };

export type Rendered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: TemplateError };

/** Whether a text has anything to render. */
export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%');

const asError = (thrown: unknown): TemplateError => {
  if (!(thrown instanceof Error)) return { line: 1, column: 1, message: String(thrown) };
  const position = LiquidError.is(thrown) ? thrown.token.getPosition() : [];
  const [line = 1, column = 1] = position;
  const cause = LiquidError.is(thrown) ? (thrown.originalError ?? thrown) : thrown;
  const name: unknown = (cause as { variableName?: unknown }).variableName;
  if (typeof name === 'string' && name !== '') {
    return { line, column, message: `there is no variable "${name}"`, variable: name };
  }
  if (cause instanceof RangeError) {
    return { line, column, message: 'the template is nested too deeply or becomes too long' };
  }
  const message = cause.message.replace(/, line:\d+, col:\d+$/s, '').replace(/\s+/g, ' ');
  return { line, column, message };
};

const onlyOutput = /^\s*\{\{-?((?:(?!\}\}|\{\{)[\s\S])*?)-?\}\}\s*$/;

/** Makes comments `{# … #}` blank. */
const withoutEdeComments = (text: string): string => {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('{#', from);
    const end = start < 0 ? -1 : text.indexOf('#}', start + 2);
    if (end < 0) break;
    parts.push(text.slice(from, start), text.slice(start, end + 2).replace(/[^\r\n]/g, ' '));
    from = end + 2;
  }
  return parts.join('') + text.slice(from);
};

/** Rewrites what EDE writes differently. Keeps every line where it is. */
export const liquidFromEde = (text: string): string =>
  withoutEdeComments(text)
    .replace(/(\{%-?\s*)(?:elif|elseif)\b/g, '$1elsif')
    .replace(/(\{%-?\s*)let\b/g, '$1assign')
    .replace(/\{%-?\s*endlet\s*-?%\}/g, '');

/** Checks the syntax of a template and finds its variables. */
export const parseTemplate = (text: string, printing: Printing = 'plain'): Parsed => {
  try {
    const engine = engines[printing];
    const parsed = engine.parse(text);
    const variables = new Set(engine.globalVariablesSync(parsed, { partials: false }));
    return {
      ok: true,
      template: { engine, parsed, expression: onlyOutput.exec(text)?.[1] ?? null, variables },
    };
  } catch (error) {
    return { ok: false, error: asError(error) };
  }
};

/** Renders a template as text. */
export const renderText = ({ engine, parsed }: Template, scope: Scope): Rendered<string> => {
  try {
    const context = new CountedContext(scope.variables, engine, scope.budget);
    const value = String(engine.renderSync(parsed as LiquidTemplate[], context));
    if (value.length <= maxOutput) return { ok: true, value };
    const message = `the text becomes longer than ${maxOutput} characters`;
    return { ok: false, error: { line: 1, column: 1, message } };
  } catch (error) {
    return { ok: false, error: asError(error) };
  }
};

/**
 * Renders a template; one that is nothing but an output keeps the type of its value: `"{{
 * host_cores }}"` is a list.
 */
export const renderValue = (template: Template, scope: Scope): Rendered<unknown> => {
  if (template.expression === null) return renderText(template, scope);
  try {
    const { engine, expression } = template;
    scope.budget.read(expression.length);
    const context = new CountedContext(scope.variables, engine, scope.budget);
    const value: unknown = engine.evalValueSync(expression, context);
    scope.budget.weigh(value);
    return { ok: true, value: undress(value) };
  } catch (error) {
    return { ok: false, error: asError(error) };
  }
};
