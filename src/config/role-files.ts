/** Roles files: which roles they hold, and what can be said against each without knowing a host. */

import type { RoleSource, Variables } from '../core/values/roles.ts';
import { parseHalonRole } from './halon-rendering.ts';
import { readNativeRole } from './native-rendering.ts';
import { loadProblems, RoleError } from './parsed-role.ts';
import type { ParsedRole } from './parsed-role.ts';
import { didYouMean, formatPath } from './problem.ts';
import type { Problem } from './problem.ts';
import { namePattern } from './process-template.ts';
import { renderParsed, standardVariables } from './render.ts';
import { rolesFormat, splitRoles } from './role-chunks.ts';
import type { RoleChunk, RoleChunks } from './role-chunks.ts';
import type { SourceFile } from './source-file.ts';
import { isTemplate } from './template.ts';
import { readYaml } from './yaml.ts';

/** A reference from one role to another, where it can be wrong. */
interface Requirement {
  readonly name: string;
  /** The problem to report where there is no such role, less what is known only then. */
  readonly at: Omit<Problem, 'message'>;
}

export interface RoleRead {
  readonly source: RoleSource;
  /** Null where the role has problems. */
  readonly parsed: ParsedRole | null;
  /** Where its name stands. */
  readonly at: Omit<Problem, 'message'>;
  readonly requirements: readonly Requirement[];
  /** What rendering it for an imaginary host found. */
  readonly trial: Trial;
}

export interface RolesRead {
  readonly roles: readonly RoleRead[];
  /** Names of Halon's node roles, where a file lists them. */
  readonly nodeRoles: ReadonlySet<string> | null;
  readonly problems: readonly Problem[];
}

/** The longest text of one role that the log takes. */
const maxRoleText = 262_144;

const gibibyte = 2 ** 30;

/**
 * A host as good as any, to see whether a role that needs nothing unusual can be rendered at all.
 */
const imaginaryHost: Variables = {
  lnid: '127.0.0.1@tcp',
  host_mem_as: gibibyte,
  host_mem_rss: gibibyte,
  host_mem_stack: gibibyte,
  host_mem_memlock: gibibyte,
  host_cores: [1, 1],
  fqdn: 'host.example',
};

interface Trial {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const tryRole = (source: RoleSource, parsed: ParsedRole | null, index: number): Trial => {
  const warnings: Problem[] = [];
  if (!parsed || [...parsed.variables].some((name) => !standardVariables.includes(name))) {
    return { problems: [], warnings };
  }
  try {
    renderParsed(
      source,
      parsed,
      imaginaryHost,
      {},
      {
        warn: (error) => warnings.push(...loadProblems(source.file, index, error)),
      },
    );
    return { problems: [], warnings };
  } catch (error) {
    if (!(error instanceof RoleError)) throw error;
    return { problems: loadProblems(source.file, index, error), warnings };
  }
};

const nameKey = ({ keys }: RoleChunk, name: 'role' | 'name') =>
  keys.find((key) => key.name === name);

type Read = { readonly role: RoleRead | null; readonly problems: readonly Problem[] };

const readNative = (file: string, chunk: RoleChunk, index: number): Read => {
  const { text, line } = chunk;
  const { yaml, errors, parsed } = readNativeRole({ file, text, line });
  const problems = errors.flatMap((error) => loadProblems(file, index, error));
  const [item] = Array.isArray(yaml.value) ? (yaml.value as readonly unknown[]) : [];
  const { role, requires } = (item ?? {}) as {
    readonly role?: unknown;
    readonly requires?: unknown;
  };
  const key = nameKey(chunk, 'role');
  const name = typeof role === 'string' ? role : key?.value;
  if (name === undefined || name === '') return { role: null, problems };
  const required = (Array.isArray(requires) ? (requires as readonly unknown[]) : []).filter(
    (other) => typeof other === 'string',
  );
  const source: RoleSource = { name, format: 'native', text, file, line, requires: required };
  return {
    role: {
      source,
      parsed,
      at: {
        file,
        line: key?.line ?? line,
        column: yaml.problems.length === 0 ? yaml.at([0, 'role']).column : (key?.column ?? 1),
        path: formatPath([index, 'role']),
      },
      requirements: required.map((other, i) => ({
        name: other,
        at: { file, ...yaml.at([0, 'requires', i]), path: formatPath([index, 'requires', i]) },
      })),
      trial: tryRole(source, parsed, index),
    },
    problems,
  };
};

const readHalon = (file: string, chunk: RoleChunk, index: number): Read => {
  const { text, line } = chunk;
  const key = nameKey(chunk, 'name');
  const path = formatPath([index, 'name']);
  const at = { file, line: key?.line ?? line, column: key?.column ?? 1, path };
  const name = key?.value ?? '';
  if (name === '' || isTemplate(name) || !new RegExp(namePattern).test(name)) {
    const message =
      name === '' ? '"name" is missing.' : `${JSON.stringify(name)} is not a legal name.`;
    const expected = 'a name of letters, digits, dots, dashes and underscores';
    return { role: null, problems: [{ ...at, message, expected }] };
  }
  const source: RoleSource = { name, format: 'halon', text, file, line, requires: [] };
  try {
    const parsed = parseHalonRole(source);
    const trial = tryRole(source, parsed, index);
    return { role: { source, parsed, at, requirements: [], trial }, problems: [] };
  } catch (error) {
    if (!(error instanceof RoleError)) throw error;
    const role = {
      source,
      parsed: null,
      at,
      requirements: [],
      trial: tryRole(source, null, index),
    };
    return { role, problems: loadProblems(file, index, error) };
  }
};

/** Lines above the first role that are neither comments nor the beginning of a YAML document. */
const strayLines = (
  preamble: string,
): readonly { readonly line: number; readonly text: string }[] =>
  preamble
    .split(/\r?\n/)
    .flatMap((text, i) => (/^\s*(#.*|---\s*|%YAML.*)?$/.test(text) ? [] : [{ line: i + 1, text }]));

const expectedList = 'a list of roles';

/** Problems of a file as a whole. */
const fileProblems = (
  file: string,
  text: string,
  { preamble, chunks }: RoleChunks,
): readonly Problem[] => {
  const [stray] = strayLines(preamble);
  if (chunks.length > 0 && !stray) return [];
  const tag = stray !== undefined && isTemplate(stray.text);
  const { problems } = tag || chunks.length > 0 ? { problems: [] } : readYaml(file, text);
  if (problems.length > 0) return problems;
  const message = tag
    ? 'A template tag may not stand outside of the roles: each is rendered on its own.'
    : `Expected ${expectedList}, found ${stray ? 'something else' : 'nothing'}.`;
  return [{ file, line: stray?.line ?? 1, column: 1, path: '', message, expected: expectedList }];
};

const readNodeRoles = (
  file: string,
  { chunks }: RoleChunks,
): { names: readonly string[]; problems: readonly Problem[] } => {
  const read = chunks.map((chunk, index) => {
    const yaml = readYaml(file, chunk.text, { firstLine: chunk.line });
    const key = nameKey(chunk, 'name');
    const at = { file, line: chunk.line, column: 1, path: formatPath([index]) };
    const missing = key === undefined && yaml.problems.length === 0;
    return {
      names: key === undefined ? [] : [key.value],
      problems: missing ? [{ ...at, message: '"name" is missing.' }] : yaml.problems,
    };
  });
  return {
    names: read.flatMap(({ names }) => names),
    problems: read.flatMap(({ problems }) => problems),
  };
};

const withoutComments = (text: string): string => text.replace(/(^|\s)#.*$/gm, '$1');

/**
 * What Halon's roles require: a role that has no PLHalon process needs the one that has it, because
 * the configuration of the others names its endpoint. That role is looked for in the same file
 * first, and by its text, so that no error of another role can get in the way.
 */
const requireHa = (roles: readonly RoleRead[]): readonly RoleRead[] => {
  const isHa = ({ source }: RoleRead): boolean =>
    source.format === 'halon' && /\bPLHalon\b/.test(withoutComments(source.text));
  const first = new Map<string, string>();
  for (const role of roles) {
    if (isHa(role) && !first.has(role.source.file)) first.set(role.source.file, role.source.name);
  }
  const anywhere = first.values().next().value;
  return roles.map((role) => {
    const needed = first.get(role.source.file) ?? anywhere;
    if (role.source.format !== 'halon' || needed === undefined || isHa(role)) return role;
    return { ...role, source: { ...role.source, requires: [needed] } };
  });
};

const repeatedRoles = (roles: readonly RoleRead[]): readonly Problem[] => {
  const first = new Map<string, RoleRead>();
  return roles.flatMap((role) => {
    const before = first.get(role.source.name);
    if (!before) {
      first.set(role.source.name, role);
      return [];
    }
    const message = `Role "${role.source.name}" is already in ${before.at.file}, line ${before.at.line}.`;
    return [{ ...role.at, message }];
  });
};

const requirementProblems = (roles: readonly RoleRead[]): readonly Problem[] => {
  const byName = new Map(roles.map((role) => [role.source.name, role]));
  const leadsBack = (from: string, to: string, seen: Set<string>): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return (byName.get(from)?.source.requires ?? []).some((next) => leadsBack(next, to, seen));
  };
  return roles.flatMap(({ source, requirements }) =>
    requirements.flatMap(({ name, at }) => {
      if (!byName.has(name)) {
        const message = `There is no role "${name}".${didYouMean(name, byName.keys())}`;
        return [{ ...at, message }];
      }
      if (!leadsBack(name, source.name, new Set())) return [];
      return [{ ...at, message: `Role "${source.name}" would require itself.` }];
    }),
  );
};

const tooLong = (file: string, { text, line }: RoleChunk, index: number): Problem => ({
  file,
  line,
  column: 1,
  path: formatPath([index]),
  message: `A role may have ${maxRoleText} characters, not ${text.length}.`,
});

/** Reads all roles files, each in the format that its content shows. */
export const readRoleFiles = (files: readonly SourceFile[]): RolesRead => {
  const roles: RoleRead[] = [];
  const problems: Problem[] = [];
  let nodeRoles: Set<string> | null = null;
  for (const { name, text } of files) {
    const chunks = splitRoles(text);
    const format = rolesFormat(chunks);
    problems.push(...fileProblems(name, text, chunks));
    if (format === 'node-roles') {
      const read = readNodeRoles(name, chunks);
      nodeRoles = new Set([...(nodeRoles ?? []), ...read.names]);
      problems.push(...read.problems);
      continue;
    }
    const read = format === 'native' ? readNative : readHalon;
    chunks.chunks.forEach((chunk, index) => {
      if (chunk.text.length > maxRoleText) {
        problems.push(tooLong(name, chunk, index));
        return;
      }
      const { role, problems: found } = read(name, chunk, index);
      if (role) roles.push(role);
      problems.push(...found);
    });
  }
  const complete = requireHa(roles);
  return {
    roles: complete,
    nodeRoles,
    problems: [...problems, ...repeatedRoles(complete), ...requirementProblems(complete)],
  };
};
