/** How machines are reached by ssh: a file of settings, checked strictly, and what it says of one machine. */

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { formatProblem, sortProblems } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { checkSchema } from '../../config/schema-check.ts';
import { readYaml } from '../../config/yaml.ts';
import type { YamlFile } from '../../config/yaml.ts';
import { expandNodeset, NodesetError } from '../../nodeset/nodeset.ts';
import type { Hop, Login, Target } from './target.ts';

const strict = { additionalProperties: false } as const;
const port = Type.Integer({
  minimum: 1,
  maximum: 65_535,
  description: 'Port of the ssh server; 22 if absent.',
});
const user = Type.String({
  pattern: '^[^\\s:@/]{1,64}$',
  description: 'Account to log in to.',
});
const keys = Type.Union(
  [Type.Literal('agent'), Type.Array(Type.String(), { minItems: 1, maxItems: 16 })],
  {
    description: 'The keys of the ssh agent, or a list of files with private keys.',
  },
);
const address = Type.String({
  pattern: '^\\S{1,253}$',
  description:
    "What to connect to, where that is not the name: {name} and {short} stand for the machine's.",
});

const Reached = { user: Type.Optional(user), port: Type.Optional(port), keys: Type.Optional(keys) };

const Jump = Type.Object(
  { name: Type.String({ pattern: '^\\S{1,253}$' }), address: Type.Optional(address), ...Reached },
  strict,
);

const Group = Type.Object(
  {
    machines: Type.String({ minLength: 1, description: "Nodeset: 'n[0001-0100].savio3'." }),
    ...Reached,
    address: Type.Optional(address),
    jump: Type.Optional(Type.Union([Jump, Type.Literal('none')])),
  },
  strict,
);

/** The file of settings. */
export const SshSettingsFile = Type.Object(
  {
    ...Reached,
    address: Type.Optional(address),
    jump: Type.Optional(Jump),
    known_hosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        maxItems: 8,
        description: 'Files of known hosts; what is learnt goes to the first.',
      }),
    ),
    host_keys: Type.Optional(
      Type.Union([Type.Literal('strict'), Type.Literal('learn')], {
        description: 'Whether a host that is not known is refused, or known from then on.',
      }),
    ),
    hash_names: Type.Optional(
      Type.Boolean({ description: 'Whether names that are learnt are written as hashes.' }),
    ),
    groups: Type.Optional(Type.Array(Group, { maxItems: 1024 })),
  },
  strict,
);
type File = Static<typeof SshSettingsFile>;
type Way = Static<typeof Group>;

/** A file of settings, bytes. */
const settingsBytesMax = 1024 * 1024;

/** What is wrong with the file, each with its line and field. */
export class SshSettingsError extends Error {
  override readonly name = 'SshSettingsError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(sortProblems(problems).map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

export interface SshSettings {
  readonly knownHosts: readonly string[];
  readonly hostKeys: 'strict' | 'learn';
  readonly hashed: boolean;
  /** How to reach a machine. */
  readonly targetOf: (machine: string) => Target;
}

/** What is done where no setting says otherwise: what ssh does. */
export interface SshDefaults {
  readonly user: string;
  /** Home of the user whose keys and known hosts they are. */
  readonly home: string;
  /** Whether there is an ssh agent. */
  readonly hasAgent: boolean;
  /** Whether a file is there. */
  readonly exists: (path: string) => boolean;
}

const keyNames = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

const usualKeys = ({ home, hasAgent, exists }: SshDefaults): Login['keys'] => {
  if (hasAgent) return 'agent';
  const all = keyNames.map((name) => join(home, '.ssh', name));
  const there = all.filter(exists);
  return there.length > 0 ? there : all.slice(0, 1);
};

/** Settings where there is no file. */
export const usualSettings = (defaults: SshDefaults): SshSettings =>
  settingsOf({}, new Map(), defaults, '/');

/**
 * Reads the file of settings.
 *
 * @throws {SshSettingsError} with line and field
 * @throws Error it cannot be read
 */
export const readSshSettings = (path: string, defaults: SshDefaults): SshSettings => {
  const content = readFileSync(path);
  if (content.length > settingsBytesMax)
    throw new Error(`${path} has ${content.length} bytes; at most ${settingsBytesMax} are read`);
  return parseSshSettings(path, content.toString('utf8'), defaults);
};

/** @throws {SshSettingsError} */
export const parseSshSettings = (
  path: string,
  text: string,
  defaults: SshDefaults,
): SshSettings => {
  const yaml = readYaml(path, text, { truths: 'plain' });
  if (yaml.problems.length > 0) throw new SshSettingsError(yaml.problems);
  const value = yaml.value ?? {};
  const problems = checkSchema(SshSettingsFile, value).map((finding) =>
    finding.at === 'key'
      ? yaml.keyProblem(finding.path, finding.message, finding.expected)
      : yaml.problem(finding.path, finding.message, finding.expected),
  );
  if (problems.length > 0) throw new SshSettingsError(problems);
  const file = value as File;
  return settingsOf(file, groupsOf(file, yaml), defaults, dirname(resolve(path)));
};

/** The group of each machine that stands in one; the first counts. */
const groupsOf = (file: File, yaml: YamlFile): ReadonlyMap<string, Way> => {
  const ways = new Map<string, Way>();
  const problems: Problem[] = [];
  for (const [index, group] of (file.groups ?? []).entries()) {
    try {
      for (const name of expandNodeset(group.machines)) if (!ways.has(name)) ways.set(name, group);
    } catch (error) {
      if (!(error instanceof NodesetError)) throw error;
      problems.push(yaml.problem(['groups', index, 'machines'], `${error.message}.`));
    }
  }
  if (problems.length > 0) throw new SshSettingsError(problems);
  return ways;
};

const settingsOf = (
  file: File,
  ways: ReadonlyMap<string, Way>,
  defaults: SshDefaults,
  folder: string,
): SshSettings => {
  const absolute = (path: string): string =>
    path.startsWith('~/') ? join(defaults.home, path.slice(2)) : resolve(folder, path);
  const keysOf = (given: Login['keys'] | undefined): Login['keys'] => {
    if (given === undefined) return usualKeys(defaults);
    return given === 'agent' ? given : given.map(absolute);
  };
  const hop = (name: string, way: Omit<Way, 'machines' | 'jump'>): Hop => ({
    name,
    address: (way.address ?? '{name}')
      .replaceAll('{name}', name)
      .replaceAll('{short}', name.split('.', 1)[0] ?? name),
    port: way.port ?? 22,
    user: way.user ?? defaults.user,
    keys: keysOf(way.keys),
  });
  const targetOf = (machine: string): Target => {
    const { user, port, keys, address, jump } = { ...file, ...ways.get(machine) };
    const way = {
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      ...(keys === undefined ? {} : { keys }),
      ...(address === undefined ? {} : { address }),
    };
    const target = hop(machine, way);
    // A jump host that is asked for itself is not reached through itself.
    if (jump === undefined || jump === 'none' || jump.name === machine) return target;
    const { name, ...its } = jump;
    const { user: account, keys: own } = way;
    const inherited = { ...(account && { user: account }), ...(own && { keys: own }) };
    return { ...target, jump: hop(name, { ...inherited, ...its }) };
  };
  const usual = [join(defaults.home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
  return {
    knownHosts: file.known_hosts?.map(absolute) ?? usual,
    hostKeys: file.host_keys ?? 'strict',
    hashed: file.hash_names ?? false,
    targetOf,
  };
};

/** Those of this process's user. */
export const ownDefaults = (
  env: Readonly<Record<string, string | undefined>>,
  user: string,
  exists: (path: string) => boolean,
): SshDefaults => ({
  user,
  home: env.HOME ?? homedir(),
  hasAgent: (env.SSH_AUTH_SOCK ?? '') !== '',
  exists,
});
