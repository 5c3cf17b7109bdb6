/** The file that says where groups come from: see docs/groups.md. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { formatProblem, sortProblems } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { checkSchema } from '../../config/schema-check.ts';
import type { SourceFile } from '../../config/source-file.ts';
import { readYaml } from '../../config/yaml.ts';
import type { YamlFile } from '../../config/yaml.ts';
import { askClusterShell } from './clustershell.ts';
import {
  listingOfMap,
  readGenders,
  readGroupFolder,
  readGroupText,
  readYamlGroups,
} from './files.ts';
import type { GroupSource, Listing } from './listing.ts';

/** A larger file is a mistake, bytes. */
export const groupFileBytesMax = 1024 * 1024;
export const sourcesMax = 32;

const closed = { additionalProperties: false } as const;
const optional = Type.Optional;
const Path = Type.String({
  maxLength: 4096,
  pattern: '^/',
  expected: 'an absolute path',
});

const kinds = ['groups', 'yaml', 'files', 'genders', 'clustershell', 'slurm', 'sinfo'] as const;
type Kind = (typeof kinds)[number];

const Source = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$',
      expected: 'a name of letters, digits, and _ . -',
    }),
    kind: Type.Union(kinds.map((kind) => Type.Literal(kind))),
    groups: optional(Type.Record(Type.String(), Type.Unknown())),
    file: optional(Path),
    directory: optional(Path),
    section: optional(Type.String({ minLength: 1, maxLength: 128 })),
    conf: optional(Path),
  },
  closed,
);

export const GroupFile = Type.Object(
  {
    refresh: optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    timeout: optional(Type.Integer({ minimum: 1, maximum: 300 })),
    sources: optional(Type.Array(Source, { maxItems: sourcesMax })),
  },
  closed,
);

type Source = Static<typeof Source>;

export interface GroupSettings {
  /** Seconds between two readings. */
  readonly refreshSeconds: number;
  /** Seconds that a program may take. */
  readonly limitSeconds: number;
  /** Besides the facts, which are always there and come first. */
  readonly sources: readonly Source[];
}

export const usualGroupSettings: GroupSettings = {
  refreshSeconds: 60,
  limitSeconds: 10,
  sources: [],
};

export class GroupFileError extends Error {
  override readonly name = 'GroupFileError';

  constructor(problems: readonly Problem[]) {
    super(sortProblems(problems).slice(0, 20).map(formatProblem).join('\n'));
  }
}

/** For each kind the settings that it needs, and those that it may have besides. */
const needs: Readonly<
  Record<Kind, { readonly must: readonly string[]; readonly may: readonly string[] }>
> = {
  groups: { must: ['groups'], may: [] },
  yaml: { must: ['file'], may: ['section'] },
  files: { must: ['directory'], may: [] },
  genders: { must: ['file'], may: [] },
  clustershell: { must: ['file'], may: ['section'] },
  slurm: { must: [], may: ['conf'] },
  sinfo: { must: ['file'], may: [] },
};

/** Whether its groups come of what a batch scheduler says of its nodes. */
export const isScheduler = ({ kind }: Pick<Source, 'kind'>): boolean =>
  kind === 'slurm' || kind === 'sinfo';

const contradictions = (yaml: YamlFile, sources: readonly Source[]): Problem[] => {
  const problems: Problem[] = [];
  const names = new Set(['facts']);
  let hasScheduler = false;
  sources.forEach((source, i) => {
    const { name, kind } = source;
    if (names.has(name))
      problems.push(yaml.problem(['sources', i, 'name'], `Another source is called "${name}".`));
    names.add(name);
    const known = kind as Kind;
    const { must, may } = needs[known];
    for (const key of must)
      if (!Object.hasOwn(source, key))
        problems.push(yaml.problem(['sources', i], `A source of kind "${known}" needs "${key}".`));
    for (const key of Object.keys(source))
      if (!['name', 'kind', ...must, ...may].includes(key))
        problems.push(
          yaml.keyProblem(['sources', i, key], `A source of kind "${known}" has no "${key}".`),
        );
    if (isScheduler(source) && hasScheduler)
      problems.push(
        yaml.problem(['sources', i], 'There can be one source of kind "slurm" or "sinfo".'),
      );
    hasScheduler ||= isScheduler(source);
  });
  return problems;
};

/** @throws {GroupFileError} with file, line and what to write instead */
export const readGroupFile = ({ name, text }: SourceFile): GroupSettings => {
  const yaml = readYaml(name, text);
  if (yaml.problems.length > 0) throw new GroupFileError(yaml.problems);
  const value = yaml.value ?? {};
  const findings = checkSchema(GroupFile, value).map(({ path, at, message, expected }) =>
    at === 'key' ? yaml.keyProblem(path, message, expected) : yaml.problem(path, message, expected),
  );
  if (findings.length > 0) throw new GroupFileError(findings);
  const file = value as Static<typeof GroupFile>;
  const sources = file.sources ?? [];
  const against = contradictions(yaml, sources);
  if (against.length > 0) throw new GroupFileError(against);
  return {
    refreshSeconds: file.refresh ?? usualGroupSettings.refreshSeconds,
    limitSeconds: file.timeout ?? usualGroupSettings.limitSeconds,
    sources,
  };
};

type Load = (signal: AbortSignal) => Promise<Listing>;

const loadOf = (source: Source, limitSeconds: number): Load | undefined => {
  const { file = '', section } = source;
  switch (source.kind) {
    case 'yaml':
      return async () => readYamlGroups(file, await readGroupText(file), section);
    case 'files':
      return () => readGroupFolder(source.directory!);
    case 'genders':
      return async () => readGenders(await readGroupText(file));
    case 'clustershell':
      return (signal) => askClusterShell({ file, section, limitSeconds }, signal);
    default:
      return undefined;
  }
};

/** @param scheduler the source for those that follow what is known of the batch scheduler */
export const sourcesOf = (
  { sources, limitSeconds }: GroupSettings,
  scheduler: (name: string, kind: string) => GroupSource,
): readonly GroupSource[] =>
  sources.map((source): GroupSource => {
    const { name, kind } = source;
    if (isScheduler(source)) return scheduler(name, kind);
    const load = loadOf(source, limitSeconds);
    if (load) return { name, kind, load };
    const listing = listingOfMap(source.groups ?? {});
    return { name, kind, now: () => listing };
  });
