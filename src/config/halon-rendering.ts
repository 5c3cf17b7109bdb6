/**
 * Halon roles: text that becomes YAML once it is rendered, with errors led back to the lines as
 * they were written. What a template prints goes into the values of that YAML, never into its
 * structure.
 */

import type { RoleSource } from '../core/values/roles.ts';
import { HalonRoleItem, halonProcesses } from './halon-roles.ts';
import { reservedCharacters } from './held-values.ts';
import { joined, RoleError, templateError, withPositions } from './parsed-role.ts';
import type { ParsedRole } from './parsed-role.ts';
import { RenderingBudget, stepsOfRendering } from './rendering-budget.ts';
import { checkSchema } from './schema-check.ts';
import { liquidFromEde, parseTemplate, renderText } from './template.ts';
import type { Scope } from './template.ts';
import { readYaml } from './yaml.ts';
import type { Position } from './yaml.ts';

const open = '\uE000';
const close = '\uE001';
const mark = new RegExp(`${open}([0-9]+)${close}`, 'g');

/** Puts its number before each line that does not begin within a tag. */
const markLines = (text: string): string => {
  const parts = [`${open}1${close}`];
  const next = /\n|\{\{|\{%/g;
  let line = 1;
  let from = 0;
  for (let match = next.exec(text); match; match = next.exec(text)) {
    const [found] = match;
    if (found === '\n') {
      line += 1;
      parts.push(text.slice(from, next.lastIndex), `${open}${line}${close}`);
      from = next.lastIndex;
      continue;
    }
    const end = text.indexOf(found === '{{' ? '}}' : '%}', match.index);
    if (end < 0) break;
    line += text.slice(match.index, end).split('\n').length - 1;
    next.lastIndex = end + 2;
  }
  return parts.join('') + text.slice(from);
};

/** For each line of a rendered text, the line of the template that it came from. */
const sourceLines = (text: string, scope: Scope): readonly number[] => {
  const parsed = parseTemplate(markLines(text), 'sealed');
  // The marks cost a little more than the text that could be rendered.
  const budget = new RenderingBudget(2 * stepsOfRendering);
  const rendered = parsed.ok ? renderText(parsed.template, { ...scope, budget }) : null;
  if (!rendered?.ok) return [];
  let last = 1;
  return rendered.value.split('\n').map((line) => {
    const [first, ...more] = [...line.matchAll(mark)].map((match) => Number(match[1]));
    const own = first ?? last;
    last = more.at(-1) ?? own;
    return own;
  });
};

const countReading = ({ budget }: Scope, text: string, position: Position): void => {
  try {
    budget.read(text.length);
  } catch (error) {
    throw new RoleError('template-error', position, `${(error as Error).message}.`);
  }
};

/** @throws RoleError where the template is malformed */
export const parseHalonRole = (source: RoleSource): ParsedRole => {
  const start: Position = { line: source.line, column: 1 };
  const reserved = source.text.search(reservedCharacters);
  if (reserved >= 0) {
    const line = source.line + source.text.slice(0, reserved).split('\n').length - 1;
    const message = 'This character is reserved: U+E000 to U+E003 mark places in a role.';
    throw new RoleError('template-error', { line, column: 1 }, message);
  }
  const text = liquidFromEde(source.text);
  const parsed = parseTemplate(text, 'sealed');
  if (!parsed.ok) throw templateError(parsed.error, start);
  const { template } = parsed;
  return {
    variables: template.variables,
    render: (scope, warn) => {
      const rendered = renderText(template, scope);
      if (!rendered.ok) throw templateError(rendered.error, start);
      countReading(scope, rendered.value, start);
      const yaml = readYaml(source.file, rendered.value);
      const inFile = ({ line }: Position): Position => ({
        line: source.line - 1 + (sourceLines(text, scope)[line - 1] ?? 1),
        column: 1,
      });
      const [syntax] = yaml.problems;
      if (syntax) throw new RoleError('template-error', inFile(syntax), syntax.message);
      const findings = checkSchema(HalonRoleItem, yaml.value).map((finding) => {
        const { kind, path, at, message, expected } = finding;
        const position = inFile(at === 'key' ? yaml.atKey(path) : yaml.at(path));
        return {
          kind,
          error: new RoleError('template-error', position, message, path, { expected }),
        };
      });
      const [wrong, ...also] = findings
        .filter(({ kind }) => kind !== 'unknown-key')
        .map(({ error }) => error);
      if (wrong) throw joined([wrong, ...also]);
      // Halon ignores keys that it does not know.
      for (const { error } of findings) warn?.(error);
      return withPositions(
        (path) => inFile(yaml.at(path)),
        (found) => halonProcesses(yaml.value, found),
      );
    },
  };
};
