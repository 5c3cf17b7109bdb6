/** Native roles: YAML whose texts are templates, so that the structure is fixed before anything is rendered. */

import type { RoleSource } from '../core/roles.ts';
import { nativeProcesses, NativeRoles } from './native-roles.ts';
import { RoleError, templateError, withLines } from './parsed-role.ts';
import type { ParsedRole } from './parsed-role.ts';
import { formatPath } from './problem.ts';
import type { Path } from './problem.ts';
import { checkSchema } from './schema-check.ts';
import { isTemplate, parseTemplate, renderValue } from './template.ts';
import type { Scope, Template } from './template.ts';
import { readYaml } from './yaml.ts';
import type { YamlFile } from './yaml.ts';

/** Every text of a document that is a template, parsed, by path. */
const templatesIn = (yaml: YamlFile): ReadonlyMap<string, Template> => {
  const found = new Map<string, Template>();
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string' && isTemplate(value)) {
      const parsed = parseTemplate(value);
      if (!parsed.ok) throw templateError(parsed.error, yaml.textLine(path) - 1);
      found.set(formatPath(path), parsed.template);
    } else if (Array.isArray(value)) value.forEach((item, i) => visit(item, [...path, i]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
    }
  };
  visit(yaml.value, []);
  return found;
};

/** @throws RoleError where the text is not YAML or a template in it is malformed */
export const parseNativeRole = (source: RoleSource): ParsedRole => {
  const yaml = readYaml(source.file, source.text, source.line);
  const [syntax] = yaml.problems;
  if (syntax) throw new RoleError('template-error', syntax.line, syntax.message);
  const [wrong] = checkSchema(NativeRoles, yaml.value);
  if (wrong) {
    const message = `${formatPath(wrong.path)}: ${wrong.message}`;
    throw new RoleError('template-error', yaml.at(wrong.path).line, message);
  }
  const templates = templatesIn(yaml);

  const fill = (value: unknown, path: Path, scope: Scope): unknown => {
    if (typeof value === 'string') {
      const template = templates.get(formatPath(path));
      if (!template) return value;
      const rendered = renderValue(template, scope);
      if (rendered.ok) return rendered.value;
      throw templateError(rendered.error, yaml.textLine(path) - 1);
    }
    if (Array.isArray(value)) return value.map((item, i) => fill(item, [...path, i], scope));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, fill(child, [...path, key], scope)]),
    );
  };

  return {
    variables: new Set([...templates.values()].flatMap(({ variables }) => [...variables])),
    render: (scope) => {
      const filled = fill(yaml.value, [], scope) as readonly unknown[];
      return withLines(
        (path) => yaml.at(path).line,
        () => nativeProcesses(filled[0], [0]),
      );
    },
  };
};
