/** Groups in files: one file a group as pdsh and dsh have them, genders, and YAML as ClusterShell has it. */

import { lstat, open, readdir } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { readYaml } from '../../config/yaml.ts';
import { formatProblem } from '../../config/problem.ts';
import { didYouMean } from '../../config/problem.ts';
import { groupsMax, ListingMaker } from './listing.ts';
import type { Listing, Members } from './listing.ts';

/** Of one file, bytes. */
const fileBytesMax = 8 * 1024 * 1024;
/** Of all files of a directory, bytes. */
const folderBytesMax = 32 * 1024 * 1024;

/**
 * The text of a file. A link is followed, as group files often are one; what is no file then is not waited for.
 *
 * @throws Error that says what is there instead
 */
export const readGroupText = async (path: string): Promise<string> =>
  (await readDatedText(path)).text;

/** The same, and when it was last written, ms since the epoch. @throws Error the same */
export const readDatedText = async (
  path: string,
): Promise<{ readonly text: string; readonly writtenAt: number }> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error(`${path} is not a file`);
    if (stat.size > fileBytesMax)
      throw new Error(`${path} has ${stat.size} bytes; at most ${fileBytesMax} are read`);
    return { text: (await file.readFile()).toString('utf8'), writtenAt: Math.floor(stat.mtimeMs) };
  } finally {
    await file.close();
  }
};

/** Hosts one a line, or several nodesets in one; `#` begins a remark. */
const hostsIn = (text: string): string =>
  text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(/\s+/))
    .filter((word) => word !== '')
    .join(',');

/** A directory in which every file is a group, such as /etc/pdsh/group and /etc/dsh/group. */
export const readGroupFolder = async (directory: string): Promise<Listing> => {
  const names = (await readdir(directory)).toSorted();
  const maker = new ListingMaker();
  let bytes = 0;
  for (const name of names.slice(0, groupsMax + 1)) {
    // Editors leave such.
    if (name.startsWith('.') || name.endsWith('~')) continue;
    try {
      if ((await lstat(join(directory, name))).isDirectory()) continue;
      const text = await readGroupText(join(directory, name));
      bytes += text.length;
      if (bytes > folderBytesMax) {
        maker.warn(
          `files of ${directory} from ${name} on are left out: they are too long together`,
        );
        break;
      }
      maker.add(name, hostsIn(text));
    } catch (error) {
      maker.warn((error as Error).message);
    }
  }
  return maker.made();
};

/**
 * Genders: `n[1-3] compute,rack=r1`. An attribute is a group, and so is one with its value.
 *
 * @throws never; lines that are none become warnings
 */
export const readGenders = (text: string): Listing => {
  const groups = new Map<string, string[]>();
  const all: string[] = [];
  text.split('\n').forEach((line) => {
    const [nodes, ...attributes] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (nodes === undefined || nodes === '') return;
    all.push(nodes);
    const list = attributes.join('').split(',');
    for (const attribute of list.filter((one) => one !== '')) {
      const [name = ''] = attribute.split('=');
      for (const group of new Set([name, attribute])) {
        const members = groups.get(group);
        if (members) members.push(nodes);
        else groups.set(group, [nodes]);
      }
    }
  });
  const maker = new ListingMaker();
  for (const [group, members] of groups) maker.add(group, members.join(','));
  return maker.made(all.join(','));
};

/** Of YAML: a nodeset, or a list of them. */
const membersOf = (value: unknown): Members | undefined => {
  if (value === null) return [];
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? value.join(',')
    : undefined;
};

export const listingOfMap = (groups: Readonly<Record<string, unknown>>): Listing => {
  const maker = new ListingMaker();
  let all: Members | undefined;
  for (const [name, value] of Object.entries(groups)) {
    const members = membersOf(value);
    if (members === undefined) maker.warn(`${name} is neither a nodeset nor a list of them`);
    else maker.add(name, members);
    if (name === 'all') all = members;
  }
  return maker.made(all);
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * YAML of ClusterShell: sources, with their groups in them.
 *
 * @param section the source; where there is only one, it need not be named
 * @throws Error with file and line
 */
export const readYamlGroups = (
  path: string,
  text: string,
  section: string | undefined,
): Listing => {
  const yaml = readYaml(path, text);
  const [problem] = yaml.problems;
  if (problem) throw new Error(formatProblem(problem));
  if (!isMap(yaml.value)) throw new Error(`${path}: a map of sources is expected`);
  const sections = Object.keys(yaml.value);
  const name = section ?? (sections.length === 1 ? sections[0] : undefined);
  if (name === undefined)
    throw new Error(`${path} holds several sources (${sections.join(', ')}); name one: section`);
  const groups = Object.hasOwn(yaml.value, name) ? yaml.value[name] : undefined;
  if (!isMap(groups))
    throw new Error(`${path} holds no source "${name}".${didYouMean(name, sections)}`);
  return listingOfMap(groups);
};
