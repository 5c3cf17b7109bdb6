/** The renderer: from a role's source and a host's variables to process templates. */

import type { CountedResult, RenderedAhead, Rendering } from '../core/allocation/renderings.ts';
import type { RenderedTemplate, RenderRole, RoleSource, Variables } from '../core/values/roles.ts';
import { parseHalonRole } from './halon-rendering.ts';
import { parseNativeRole } from './native-rendering.ts';
import { renderProblem, RoleError } from './parsed-role.ts';
import type { ParsedRole } from './parsed-role.ts';
import { maxMultiplicity, multiplicityOf } from './process-template.ts';
import { CommandBudget, RenderingBudget } from './rendering-budget.ts';
import { scopeOf } from './template.ts';
import type { Position } from './yaml.ts';

/** @throws RoleError */
export const parseRole = (source: RoleSource): ParsedRole =>
  source.format === 'native' ? parseNativeRole(source) : parseHalonRole(source);

/** Everything a role's templates may use without anybody giving it. */
export const standardVariables: readonly string[] = [
  'lnid',
  'host_mem_as',
  'host_mem_rss',
  'host_mem_stack',
  'host_mem_memlock',
  'host_cores',
  'fqdn',
  'multiplicity',
];

/** Overrides that the role would not use. */
export const unusedOverrides = (role: ParsedRole, overrides: Variables): readonly string[] =>
  Object.keys(overrides).filter((name) => !role.variables.has(name));

/** Why an override cannot be: a sentence that begins with the override. */
export const unusedOverrideMessage = (role: ParsedRole, name: string): string => {
  if (name === 'multiplicity') {
    return '"multiplicity" is fixed: the role does not take it from "{{ multiplicity }}".';
  }
  const taken = [...role.variables].toSorted().join(', ');
  return `"${name}" is not a variable of the role; it has ${taken === '' ? 'none' : taken}.`;
};

export const invalidMultiplicity = (value: unknown): string =>
  `"multiplicity" must be a whole number of 1 to ${maxMultiplicity}, not ${JSON.stringify(value)}.`;

const start = ({ line }: RoleSource): Position => ({ line, column: 1 });

/** Finds what is wrong with the overrides before anything is rendered. */
const checkOverrides = (source: RoleSource, role: ParsedRole, overrides: Variables): void => {
  const [unused] = unusedOverrides(role, overrides);
  if (unused !== undefined) {
    const code = unused === 'multiplicity' ? 'multiplicity-fixed' : 'unknown-override';
    throw new RoleError(code, start(source), unusedOverrideMessage(role, unused), [], {
      variable: unused,
    });
  }
};

/** How a role is rendered. */
export interface HowToRender {
  /** What it may take; absent: what one role on one host may. */
  readonly budget?: RenderingBudget;
  /** Is told what has no effect, but was probably meant to. */
  readonly warn?: (error: RoleError) => void;
}

/**
 * Renders a parsed role.
 *
 * @throws RoleError
 */
export const renderParsed = (
  source: RoleSource,
  role: ParsedRole,
  variables: Variables,
  overrides: Variables,
  { budget = new RenderingBudget(), warn }: HowToRender = {},
): readonly RenderedTemplate[] => {
  checkOverrides(source, role, overrides);
  const known: Record<string, Variables[string]> = { multiplicity: 1, ...variables, ...overrides };
  if (role.variables.has('multiplicity')) {
    const count = multiplicityOf(known['multiplicity']);
    if (count === null) {
      const message = invalidMultiplicity(known['multiplicity']);
      throw new RoleError('invalid-multiplicity', start(source), message, [], {
        variable: 'multiplicity',
      });
    }
    known['multiplicity'] = count;
  }
  return role.render(scopeOf(known, budget), warn);
};

/** Roles kept parsed at most; beyond it the ones parsed first are parsed again when needed. */
const cacheSize = 1000;

type CountedRenderer = (rendering: Rendering, command?: CommandBudget) => CountedResult;

/** What tells roles apart. */
export const sourceKey = ({ format, file, line, text, name }: RoleSource): string =>
  JSON.stringify([format, file, line, text, name]);

/** Makes a renderer, which keeps the roles that it has parsed. */
export const createCountedRenderer = (): CountedRenderer => {
  const parsed = new Map<string, ParsedRole>();
  const parse = (source: RoleSource): ParsedRole => {
    const key = sourceKey(source);
    const known = parsed.get(key);
    if (known) return known;
    const role = parseRole(source);
    if (parsed.size >= cacheSize) parsed.delete(parsed.keys().next().value!);
    parsed.set(key, role);
    return role;
  };
  return ({ role, variables, overrides }, command = new CommandBudget()) => {
    const budget = command.rendering();
    try {
      const templates = renderParsed(role, parse(role), variables, overrides, { budget });
      return { result: { ok: true, templates }, steps: budget.used };
    } catch (error) {
      return { result: { ok: false, problem: renderProblem(role, error) }, steps: budget.used };
    }
  };
};

/** Makes renderers, one for each command, which bounds what all its renderings take together. */
export const createRenderers = (): ((ahead?: RenderedAhead) => RenderRole) => {
  const render = createCountedRenderer();
  return (ahead) => {
    const command = new CommandBudget();
    return (role, variables, overrides) => {
      const rendering = { role, variables, overrides };
      const known = ahead?.get(rendering);
      if (!known) return render(rendering, command).result;
      try {
        command.rendering().use(known.steps);
        return known.result;
      } catch (error) {
        return { ok: false, problem: renderProblem(role, error) };
      }
    };
  };
};
