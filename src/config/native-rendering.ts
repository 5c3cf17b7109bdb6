/**
 * Native roles: YAML whose texts are templates, so that the structure is fixed before anything is
 * rendered.
 */

import type { RoleSource } from '../core/values/roles.ts';
import { nativeProcesses, NativeRoles } from './native-roles.ts';
import { RoleError, templateError, withPositions } from './parsed-role.ts';
import type { ParsedRole } from './parsed-role.ts';
import { formatPath } from './problem.ts';
import type { Path } from './problem.ts';
import { checkSchema } from './schema-check.ts';
import { isTemplate, parseTemplate, renderValue } from './template.ts';
import type { Scope, Template } from './template.ts';
import { readYaml } from './yaml.ts';
import type { Position, YamlFile } from './yaml.ts';

/** Where a template that is a scalar of a document begins. */
const templatePosition = (yaml: YamlFile, path: Path): Position => ({
  line: yaml.textLine(path),
  column: yaml.at(path).column,
});

/** Every text of a document that is a template, parsed, by path. */
const templatesIn = (
  yaml: YamlFile,
): { readonly templates: ReadonlyMap<string, Template>; readonly errors: readonly RoleError[] } => {
  const templates = new Map<string, Template>();
  const errors: RoleError[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      if (!isTemplate(value)) return;
      const parsed = parseTemplate(value);
      if (parsed.ok) templates.set(formatPath(path), parsed.template);
      else errors.push(templateError(parsed.error, templatePosition(yaml, path), path));
    } else if (Array.isArray(value)) value.forEach((item, i) => visit(item, [...path, i]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
    }
  };
  visit(yaml.value, []);
  return { templates, errors };
};

/** A native role, and everything that is wrong with it whatever its variables are. */
export interface NativeRoleRead {
  readonly yaml: YamlFile;
  readonly errors: readonly RoleError[];
  /** Null where there are errors. */
  readonly parsed: ParsedRole | null;
}

/** Parses a role and checks its structure and the syntax of its templates. */
export const readNativeRole = (
  source: Pick<RoleSource, 'file' | 'text' | 'line'>,
): NativeRoleRead => {
  const yaml = readYaml(source.file, source.text, { firstLine: source.line });
  if (yaml.problems.length > 0) {
    const errors = yaml.problems.map(
      ({ message, ...position }) => new RoleError('template-error', position, message),
    );
    return { yaml, errors, parsed: null };
  }
  const { templates, errors: malformed } = templatesIn(yaml);
  const misfits = checkSchema(NativeRoles, yaml.value).map(({ path, at, message, expected }) => {
    const position = at === 'key' ? yaml.atKey(path) : yaml.at(path);
    return new RoleError('template-error', position, message, path, { expected });
  });
  const errors = [...misfits, ...malformed];

  const fill = (value: unknown, path: Path, scope: Scope): unknown => {
    if (typeof value === 'string') {
      const template = templates.get(formatPath(path));
      if (!template) return value;
      const rendered = renderValue(template, scope);
      if (rendered.ok) return rendered.value;
      throw templateError(rendered.error, templatePosition(yaml, path), path);
    }
    if (Array.isArray(value)) return value.map((item, i) => fill(item, [...path, i], scope));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, fill(child, [...path, key], scope)]),
    );
  };

  const parsed: ParsedRole = {
    variables: new Set([...templates.values()].flatMap(({ variables }) => [...variables])),
    render: (scope) => {
      const [role] = fill(yaml.value, [], scope) as readonly unknown[];
      return withPositions(
        (path) => yaml.at(path),
        (found) => nativeProcesses(role, [0], found),
      );
    },
  };
  return { yaml, errors, parsed: errors.length === 0 ? parsed : null };
};

/** @throws RoleError the first thing that is wrong with the role */
export const parseNativeRole = (source: RoleSource): ParsedRole => {
  const { parsed, errors } = readNativeRole(source);
  if (parsed) return parsed;
  throw errors[0]!;
};
