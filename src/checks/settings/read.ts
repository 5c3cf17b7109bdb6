/** Reads the file that says what is checked, or says everything that is wrong with it. */

import { dirname, resolve } from 'node:path';
import { didYouMean, formatProblem, sortProblems } from '../../config/problem.ts';
import type { Path, Problem } from '../../config/problem.ts';
import { checkSchema } from '../../config/schema-check.ts';
import type { SourceFile } from '../../config/source-file.ts';
import { readYaml } from '../../config/yaml.ts';
import type { YamlFile } from '../../config/yaml.ts';
import { checksOf } from '../catalogue/built-in.ts';
import type { Catalogue } from '../catalogue/index.ts';
import { CheckFile } from './schema.ts';
import { catalogueOf, settingsOf } from './settings.ts';
import type { CheckSettings } from './settings.ts';

/** A larger file is a mistake, bytes. */
export const checkFileBytesMax = 1024 * 1024;
/** Problems that are said at once. */
const problemsMax = 20;

export class CheckFileError extends Error {
  override readonly name = 'CheckFileError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const said = problems.slice(0, problemsMax).map(formatProblem);
    const more = problems.length > problemsMax ? [`and ${problems.length - problemsMax} more`] : [];
    super([...said, ...more].join('\n'));
    this.problems = problems;
  }
}

/** @throws {CheckFileError} with file, line and what to write instead */
export const readCheckFile = ({ name, text }: SourceFile): CheckSettings => {
  const yaml = readYaml(name, text, { truths: 'plain' });
  refuse(yaml.problems);
  const value = yaml.value ?? {};
  refuse(
    checkSchema(CheckFile, value).map(({ path, at, message, expected }) =>
      at === 'key'
        ? yaml.keyProblem(path, message, expected)
        : yaml.problem(path, message, expected),
    ),
  );
  const file = value as CheckFile;
  refuse(
    (file.commands ?? []).flatMap(({ pattern }, i) =>
      patternProblem(yaml, ['commands', i, 'pattern'], pattern),
    ),
  );
  refuse(contradictions(yaml, file));
  return settingsOf(file, dirname(resolve(name)));
};

const refuse = (problems: readonly Problem[]): void => {
  if (problems.length > 0) throw new CheckFileError(sortProblems(problems));
};

const contradictions = (yaml: YamlFile, file: CheckFile): Problem[] => {
  const catalogue = catalogueOf(file);
  const ids = (file.checks ?? []).flatMap((id, i) =>
    catalogue.find(id)?.id === id ? [] : [yaml.problem(['checks', i], noSuch(catalogue, id))],
  );
  const keyed = (['periods', 'timeouts'] as const).flatMap((key) =>
    Object.keys(file[key] ?? {}).flatMap((id) =>
      catalogue.find(id)?.id === id ? [] : [yaml.keyProblem([key, id], noSuch(catalogue, id))],
    ),
  );
  const names = Object.keys(file.df?.mounts ?? {}).flatMap((name) =>
    /^[a-z0-9][a-z0-9-]{0,31}$/.test(name)
      ? []
      : [yaml.keyProblem(['df', 'mounts', name], 'A name has small letters, digits and "-".')],
  );
  const own = (['commands', 'nagios'] as const).flatMap((key) =>
    (file[key] ?? []).flatMap((_, i) => takenProblem(yaml, file, key, i)),
  );
  const unreached = (file.checks ?? []).flatMap((id, i) => {
    const needs = catalogue.find(id)?.needs;
    if (file.ssh !== undefined || (needs !== 'ssh' && needs !== 'probe')) return [];
    const message = `${JSON.stringify(id)} needs "ssh": the file that says how machines are reached.`;
    return [yaml.problem(['checks', i], message)];
  });
  const { needed, of } = settingsOf(file).damping;
  const damping =
    needed > of
      ? [yaml.problem(['verdicts', 'needed'], `${needed} of the last ${of} looks cannot agree.`)]
      : [];
  return [...ids, ...keyed, ...names, ...own, ...unreached, ...damping];
};

/** An id is that of one check. */
const takenProblem = (
  yaml: YamlFile,
  file: CheckFile,
  key: 'commands' | 'nagios',
  index: number,
): Problem[] => {
  const { id } = file[key]![index]!;
  const all = checksOf(file).filter((check) => check.id === id);
  if (all.length < 2) return [];
  return [yaml.problem([key, index, 'id'], `There is another check ${JSON.stringify(id)}.`)];
};

const patternProblem = (yaml: YamlFile, path: Path, pattern: string | undefined): Problem[] => {
  if (pattern === undefined) return [];
  try {
    new RegExp(pattern, 'm');
    return [];
  } catch (error) {
    return [yaml.problem(path, `${(error as Error).message}.`)];
  }
};

const noSuch = (catalogue: Catalogue, id: string): string =>
  `There is no check ${JSON.stringify(id)}.${didYouMean(id, catalogue.ids)}`;
