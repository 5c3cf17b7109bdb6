/** What a nodeset means: terms, from left to right, with groups by a resolver that is handed in. */

import { NodesetError, UnknownGroupError } from './errors.ts';
import { hostsMax, lengthMax, workMax } from './limits.ts';
import { tooMany } from './ranges.ts';
import { namesOf, termsOf } from './terms.ts';
import type { Term } from './terms.ts';

/** Who knows groups. Names come expanded. */
export interface Groups {
  /**
   * Those of a group; of the first source that has it, where none is named.
   *
   * @throws {UnknownGroupError} there is none; an empty one is another thing
   */
  readonly members: (group: string, source: string | undefined) => Iterable<string>;
  /** All that a source knows, or that there are. */
  readonly all: (source: string | undefined) => Iterable<string>;
}

/** A group as it is asked for: `@source:name`, or `*` for all of them. */
export interface GroupReference {
  readonly source: string | undefined;
  readonly group: string;
  /** With its `@`. */
  readonly text: string;
}

export const readGroupReference = (text: string): GroupReference => {
  const colon = text.indexOf(':');
  const source = colon < 0 ? undefined : text.slice(1, colon);
  return { source, group: text.slice(colon < 0 ? 1 : colon + 1), text };
};

export interface Meaning {
  readonly groups?: Groups;
  /**
   * What a name is among the others of the set; undefined where it cannot be one.
   * Default: itself, where it is a name at all.
   */
  readonly nameOf?: (name: string) => string | undefined;
  /** What a name is called where it is refused. */
  readonly noun?: string;
}

const nodeName = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}$/;
const plainName = (name: string): string | undefined => (nodeName.test(name) ? name : undefined);

const noGroups: Groups = {
  members: (group, source) => {
    const text = `@${source === undefined ? '' : `${source}:`}${group}`;
    throw new UnknownGroupError(text, 'Groups are not known here.');
  },
  all: (source) => noGroups.members('*', source),
};

const membersOf = (reference: GroupReference, groups: Groups): Iterable<string> =>
  reference.group === '*'
    ? groups.all(reference.source)
    : groups.members(reference.group, reference.source);

/** `?` for one character and `*` for any number of them, as the only thing that is special. */
const wildcard = (name: string): RegExp => {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pattern = escaped.replaceAll(String.raw`\?`, '.').replaceAll(/(?:\\\*)+/g, '.*');
  return new RegExp(`^${pattern}$`, 's');
};

/** Says where in the nodeset the group stands that is not known. */
const placed = (error: unknown, { position }: Term): unknown => {
  if (error instanceof UnknownGroupError || !(error instanceof NodesetError)) return error;
  return error.position === undefined ? new NodesetError(error.message, position) : error;
};

const groupMembers = (text: string, term: Term, groups: Groups): Iterable<string> => {
  const reference = readGroupReference(text);
  if (reference.group === '' || reference.source === '')
    throw new NodesetError(`"${text}" names no group`, term.position);
  return membersOf(reference, groups);
};

const matching = (text: string, groups: Groups): readonly string[] => {
  const pattern = wildcard(text);
  return [...groups.all(undefined)].filter((name) => pattern.test(name));
};

const setOf = (
  term: Term,
  { groups = noGroups, nameOf = plainName, noun }: Meaning,
): Set<string> => {
  const set = new Set<string>();
  const isGroup = term.text.startsWith('@');
  const isPattern = /[*?]/.test(term.text);
  for (const text of namesOf(term)) {
    if (isGroup) for (const name of groupMembers(text, term, groups)) set.add(name);
    else if (isPattern) for (const name of matching(text, groups)) set.add(name);
    else {
      const name = nameOf(text);
      if (name === undefined)
        throw new NodesetError(`"${text}" is not the name of a ${noun ?? 'node'}`, term.position);
      set.add(name);
    }
  }
  return set;
};

const apply = (all: Set<string>, { operator }: Term, set: ReadonlySet<string>): void => {
  if (operator === '&') {
    for (const name of all) if (!set.has(name)) all.delete(name);
    return;
  }
  for (const name of set) {
    if (operator === '!' || (operator === '^' && all.has(name))) all.delete(name);
    else all.add(name);
  }
};

/**
 * The names of a nodeset, each once, in the order of writing; none where nothing is left.
 *
 * @throws {NodesetError} with the place of what is wrong; `UnknownGroupError` where it is a group
 */
export const readNodeset = (nodeset: string, meaning: Meaning = {}): Set<string> => {
  if (nodeset.trim() === '') throw new NodesetError('the nodeset is empty');
  if (nodeset.length > lengthMax)
    throw new NodesetError(
      `the nodeset is too long; at most ${lengthMax.toLocaleString('en')} characters`,
    );
  const all = new Set<string>();
  let work = 0;
  for (const term of termsOf(nodeset)) {
    try {
      const set = setOf(term, meaning);
      work += set.size + (term.operator === '&' ? all.size : 0);
      apply(all, term, set);
    } catch (error) {
      throw placed(error, term);
    }
    if (all.size > hostsMax) throw tooMany(nodeset, term.position);
    if (work > workMax)
      throw new NodesetError('the nodeset names the same hosts over and over', term.position);
  }
  return all;
};

/**
 * The groups that a nodeset names, so that somebody who has to ask for them can do so before.
 * `@*` stands for wildcards, too.
 */
export const groupsIn = (nodeset: string): readonly GroupReference[] => {
  const found = new Map<string, GroupReference>();
  for (const term of termsOf(nodeset)) {
    if (!term.text.startsWith('@')) {
      if (/[*?]/.test(term.text)) found.set('@*', readGroupReference('@*'));
      continue;
    }
    for (const text of namesOf(term)) found.set(text, readGroupReference(text));
  }
  return [...found.values()];
};

const [dash, dot] = ['-'.charCodeAt(0), '.'.charCodeAt(0)];
const isLetterOrDigit = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57);

/** Labels of 1 to 63 letters, digits and dashes, which neither begin nor end with a dash; by hand, as it is hot. */
const isHostName = (name: string): boolean => {
  if (name.length > 253) return false;
  let label = 0;
  let before = dash;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === dot) {
      if (before === dash) return false;
      label = 0;
      before = dash;
      continue;
    }
    if (!isLetterOrDigit(code) && (code !== dash || label === 0)) return false;
    if (++label > 63) return false;
    before = code;
  }
  return before !== dash;
};

const hostOf = (name: string): string | undefined => {
  const host = name.toLowerCase();
  return isHostName(host) ? host : undefined;
};

/**
 * The hosts of a nodeset, each once, in the order of writing.
 *
 * @throws {NodesetError} it is none, or nothing is left of it
 */
export const expandNodeset = (nodeset: string, groups?: Groups): readonly string[] => {
  const hosts = readNodeset(nodeset, {
    nameOf: hostOf,
    noun: 'host',
    ...(groups === undefined ? {} : { groups }),
  });
  if (hosts.size === 0) throw new NodesetError(`no host is left of "${nodeset}"`);
  return [...hosts];
};
