/** Sources of ClusterShell's groups.conf: commands that list groups and say who is in them. */

import { dirname } from 'node:path';
import { didYouMean } from '../../config/problem.ts';
import { environment, outputOf } from '../program.ts';
import { readGroupText } from './files.ts';
import { groupsMax, isGroupName, ListingMaker } from './listing.ts';
import type { Listing } from './listing.ts';

/** Of what one command prints. */
const outputBytesMax = 4 * 1024 * 1024;

/** Sections and their settings, each as it is written. */
export const readGroupsConf = (
  path: string,
  text: string,
): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let last: string | undefined;
  text.split('\n').forEach((line, i) => {
    if (/^\s*([#;]|$)/.test(line)) return;
    const name = /^\[([^\]]+)\]/.exec(line)?.[1];
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string>();
      // Several sources may share their commands.
      for (const one of name.split(',')) sections.set(one.trim(), section);
      last = undefined;
      return;
    }
    if (/^\s/.test(line) && last !== undefined && section) {
      section.set(last, `${section.get(last)}\n${line.trim()}`);
      return;
    }
    const [, key, value] = /^([^:=\s]+)\s*[:=]\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || !section)
      throw new Error(`${path}:${i + 1}: this is neither a [section] nor a setting of one`);
    last = key.toLowerCase();
    section.set(last, value!.trim());
  });
  return sections;
};

interface Upcalls {
  readonly map: string;
  readonly all?: string | undefined;
  readonly list?: string | undefined;
}

const upcallsOf = (path: string, text: string, wanted: string | undefined): [string, Upcalls] => {
  const sections = readGroupsConf(path, text);
  const name = wanted ?? sections.get('Main')?.get('default') ?? '';
  const section = sections.get(name);
  const known = [...sections.keys()].filter((one) => one !== 'Main');
  if (!section || name === 'Main')
    throw new Error(`${path} holds no source "${name}".${didYouMean(name, known)}`);
  const map = section.get('map');
  if (map === undefined) throw new Error(`${path}: source ${name} has no "map"`);
  return [name, { map, all: section.get('all'), list: section.get('list') }];
};

export interface ClusterShellOptions {
  readonly file: string;
  /** The source; absent: the default one of the file. */
  readonly section?: string | undefined;
  /** Seconds that each command may take. */
  readonly limitSeconds: number;
}

/**
 * Puts variables into a command as ClusterShell does, by text: they stand in quotes of the shell, too. Names of groups
 * hold nothing that a shell would act on.
 */
const filled = (command: string, variables: Readonly<Record<string, string>>): string =>
  command.replaceAll(
    /\$(?:\$|(CFGDIR|SOURCE|GROUP)\b|\{(CFGDIR|SOURCE|GROUP)\})/g,
    (_, bare: string | undefined, braced: string | undefined) => {
      const name = bare ?? braced;
      return name === undefined ? '$' : variables[name]!;
    },
  );

/**
 * Runs the commands of a source: `list`, then `map` for each group, then `all`.
 *
 * @throws Error the file, its section or `list` is not as it must be
 */
export const askClusterShell = async (
  { file, section, limitSeconds }: ClusterShellOptions,
  signal: AbortSignal,
): Promise<Listing> => {
  const [source, upcalls] = upcallsOf(file, await readGroupText(file), section);
  const directory = dirname(file);
  const call = async (command: string, group = ''): Promise<readonly string[]> => {
    const variables = { CFGDIR: directory, SOURCE: source, GROUP: group };
    const args = ['-c', filled(command, variables)];
    const env = environment();
    const run = { program: 'sh', args, env, directory, limitSeconds, outputBytesMax };
    const output = (await outputOf(run, signal)).toString('utf8');
    return output.split(/\s+/).filter((word) => word !== '');
  };
  if (upcalls.list === undefined) throw new Error(`${file}: source ${source} has no "list"`);
  const maker = new ListingMaker();
  const names = [...new Set(await call(upcalls.list))];
  for (const name of names.slice(0, groupsMax + 1)) {
    if (!isGroupName(name)) {
      maker.add(name, []);
      continue;
    }
    try {
      maker.add(name, (await call(upcalls.map, name)).join(','));
    } catch (error) {
      signal.throwIfAborted();
      maker.warn(`${name}: ${(error as Error).message}`);
    }
  }
  const all = upcalls.all === undefined ? undefined : (await call(upcalls.all)).join(',');
  return maker.made(all);
};
