/**
 * From the texts of facts and roles files to one declaration, or to everything that is wrong with
 * them.
 */

import type { Declaration, DeclaredHost } from '../core/values/facts.ts';
import type { Variables } from '../core/values/roles.ts';
import type { Credentials, FactsRead, RoleUse } from './facts.ts';
import { readHalonFacts } from './halon-facts.ts';
import { nativePasswordFiles, readNativeFacts } from './native-facts.ts';
import { didYouMean, sortProblems } from './problem.ts';
import type { Problem } from './problem.ts';
import { multiplicityOf } from './process-template.ts';
import { invalidMultiplicity, unusedOverrideMessage, unusedOverrides } from './render.ts';
import { readRoleFiles } from './role-files.ts';
import type { RoleRead } from './role-files.ts';
import type { SourceFile } from './source-file.ts';
import { readYaml } from './yaml.ts';
import type { YamlFile } from './yaml.ts';

export type { Credentials } from './facts.ts';

export interface DeclarationFiles {
  readonly facts: SourceFile;
  readonly roles: readonly SourceFile[];
  /**
   * Halon's list of node roles (`halon_roles.yaml`), which may as well be among `roles`. Given, the
   * node roles of the hosts must be in it.
   */
  readonly halonRoles?: SourceFile;
  /**
   * Contents of the files that the facts name as `password_file`, by that name: see {@link
   * passwordFiles}.
   */
  readonly passwords?: Readonly<Record<string, string>>;
}

export type DeclarationResult =
  | {
      readonly ok: true;
      readonly declaration: Declaration;
      /** By the reference that a host's `obm.secret` holds. */
      readonly secrets: ReadonlyMap<string, Credentials>;
      /** What loads, but probably does not mean what was meant. Sorted like problems. */
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const byteOrderMark = '\uFEFF';

const withoutMark = ({ name, text }: SourceFile): SourceFile => ({
  name,
  text: text.startsWith(byteOrderMark) ? text.slice(1) : text,
});

/** Halon's facts have keys that begin with `id_`; native ones have none. */
const isHalonFacts = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).some((key) => key.startsWith('id_'));

/** What is wrong with one use of a role, and which overrides it is left with. */
interface UseChecked {
  readonly overrides: Variables;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Overrides that a role does not use are a mistake in native facts. Halon accepts them, so in its
 * facts they are left out with a warning; rendering then has nothing to object to.
 */
const checkUse = (
  yaml: YamlFile,
  use: RoleUse,
  roles: ReadonlyMap<string, RoleRead>,
  lenient: boolean,
): UseChecked => {
  const { name, overrides, namePath, overridesPath } = use;
  const role = roles.get(name);
  if (!role) {
    const message = `There is no role "${name}".${didYouMean(name, roles.keys())}`;
    const expected = roles.size === 0 ? 'a roles file' : `one of ${[...roles.keys()].join(', ')}`;
    const problems = name === '' ? [] : [yaml.problem(namePath, message, expected)];
    return { overrides, problems, warnings: [] };
  }
  const { parsed } = role;
  if (!parsed) return { overrides, problems: [], warnings: [] };
  const unused = unusedOverrides(parsed, overrides).map((key) =>
    yaml.keyProblem([...overridesPath, key], `Override ${unusedOverrideMessage(parsed, key)}`),
  );
  const used = Object.entries(overrides).filter(([key]) => parsed.variables.has(key));
  const wrong = used
    .filter(([key, value]) => key === 'multiplicity' && multiplicityOf(value) === null)
    .map(([key, value]) =>
      yaml.problem([...overridesPath, key], `Override ${invalidMultiplicity(value)}`),
    );
  return {
    overrides: lenient ? Object.fromEntries(used) : overrides,
    problems: lenient ? wrong : [...unused, ...wrong],
    warnings: lenient ? unused : [],
  };
};

/** The roles that somebody uses, with those that they require. */
const usedRoles = (
  uses: readonly RoleUse[],
  roles: ReadonlyMap<string, RoleRead>,
): ReadonlySet<string> => {
  const used = new Set<string>();
  const add = (name: string): void => {
    if (used.has(name)) return;
    used.add(name);
    for (const required of roles.get(name)?.source.requires ?? []) add(required);
  };
  for (const { name } of uses) add(name);
  return used;
};

/**
 * A role that cannot even be rendered for an imaginary host is a mistake. In a Halon file, where
 * only rendering shows it, it counts as one only if a host uses the role: an error in one role must
 * not harm the others.
 */
const trials = (
  roles: readonly RoleRead[],
  used: ReadonlySet<string>,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } => {
  const fatal = ({ source }: RoleRead): boolean =>
    source.format === 'native' || used.has(source.name);
  return {
    problems: roles.filter(fatal).flatMap(({ trial }) => trial.problems),
    warnings: roles.flatMap((role) => [
      ...role.trial.warnings,
      ...(fatal(role) ? [] : role.trial.problems),
    ]),
  };
};

const withOverrides = (
  hosts: readonly DeclaredHost[],
  uses: readonly RoleUse[],
  checked: readonly UseChecked[],
): readonly DeclaredHost[] => {
  const kept = new Map(uses.map(({ host, index }, i) => [`${host}/${index}`, checked[i]!]));
  return hosts.map((host, h) => ({
    ...host,
    roles: host.roles.map(({ name }, r) => ({
      name,
      overrides: kept.get(`${h}/${r}`)?.overrides ?? {},
    })),
  }));
};

const nothing: FactsRead = {
  declaration: {
    cluster: '',
    enclosures: [],
    hosts: [],
    pools: [],
    profiles: [],
    vars: {},
    recovery: null,
  },
  secrets: new Map(),
  uses: [],
  problems: [],
  warnings: [],
};

/**
 * Parses, checks and joins a facts file and any number of roles files, each in Halcyon's or Halon's
 * format, which is told from its content.
 *
 * @returns every problem at once, sorted by file and line, where there is one
 */
export const declarationFrom = (files: DeclarationFiles): DeclarationResult => {
  const { halonRoles, passwords = {} } = files;
  const roleFiles = [...files.roles, ...(halonRoles ? [halonRoles] : [])].map(withoutMark);
  const roles = readRoleFiles(roleFiles);
  const { name, text } = withoutMark(files.facts);
  const yaml = readYaml(name, text, { truths: 'plain' });
  const lenient = isHalonFacts(yaml.value);
  const readable = yaml.problems.length === 0;
  const facts = !readable
    ? nothing
    : lenient
      ? readHalonFacts(yaml, roles.nodeRoles)
      : readNativeFacts(yaml, passwords);

  const byName = new Map(roles.roles.map((role) => [role.source.name, role]));
  const checked = facts.uses.map((use) => checkUse(yaml, use, byName, lenient));
  const tried = trials(roles.roles, usedRoles(facts.uses, byName));
  const problems = [
    ...yaml.problems,
    ...facts.problems,
    ...roles.problems,
    ...tried.problems,
    ...checked.flatMap((use) => use.problems),
  ];
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  const warnings = [
    ...facts.warnings,
    ...tried.warnings,
    ...checked.flatMap((use) => use.warnings),
  ];
  return {
    ok: true,
    declaration: {
      ...facts.declaration,
      hosts: withOverrides(facts.declaration.hosts, facts.uses, checked),
      roles: roles.roles.map(({ source }) => source),
    },
    secrets: facts.secrets,
    warnings: sortProblems(warnings),
  };
};

/**
 * The password files that a facts file names. Only who holds the files may read them: the caller
 * passes their contents to {@link declarationFrom} as `passwords`.
 */
export const passwordFiles = (facts: SourceFile): readonly string[] => {
  const { value } = readYaml(facts.name, withoutMark(facts).text);
  return nativePasswordFiles(value);
};
