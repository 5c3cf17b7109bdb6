/**
 * Splits a roles file into its roles without parsing it.
 *
 * Halon's role files are templates of YAML, so they cannot be parsed as a whole before they are
 * rendered, and rendering them as a whole lets an error in one role break all the others. An item
 * of a top-level list can be told by its indentation alone, in both formats.
 */

import type { RoleSource } from '../core/values/roles.ts';

/** `node-roles` is Halon's other list of roles, `halon_roles.yaml`. */
export type RolesFormat = RoleSource['format'] | 'node-roles';

export interface ChunkKey {
  readonly name: string;
  /** What follows the colon on that line, without quotes and comment. */
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** One item of the list, up to the next one. */
export interface RoleChunk {
  readonly text: string;
  /** 1-based line of the file on which the item begins. */
  readonly line: number;
  /** The item's own keys, in order. */
  readonly keys: readonly ChunkKey[];
}

export interface RoleChunks {
  /** What stands above the first item. */
  readonly preamble: string;
  readonly chunks: readonly RoleChunk[];
}

const item = /^( *)-(?=[ \t\r\n]|$)/;
const keyLine = /^(["']?)([A-Za-z_][A-Za-z0-9_]*)\1[ \t]*:(?:[ \t]+(.*)|)$/;

const unquoted = (text: string): string => {
  const quoted = /^(?:"([^"]*)"|'([^']*)')/.exec(text);
  return quoted ? (quoted[1] ?? quoted[2] ?? '') : text.replace(/(^|\s)#.*$/, '').trim();
};

const keysOf = (lines: readonly string[], firstLine: number): readonly ChunkKey[] => {
  let indent: number | null = null;
  return lines.flatMap((raw, i) => {
    const line = raw.replace(/[\r\n]+$/, '');
    // The dash that makes the item counts as indentation of what follows on its line.
    const text = i === 0 ? line.replace('-', ' ') : line;
    const start = text.search(/[^ ]/);
    if (start < 0 || text[start] === '#') return [];
    indent ??= start;
    if (start !== indent) return [];
    const match = keyLine.exec(text.slice(start));
    if (!match) return [];
    const value = unquoted(match[3] ?? '');
    return [{ name: match[2]!, value, line: firstLine + i, column: start + 1 }];
  });
};

/** Splits a file. The preamble and the chunks, joined, are the file. */
export const splitRoles = (text: string): RoleChunks => {
  const lines = text.split(/(?<=\n)/);
  const first = lines.findIndex((line) => item.test(line));
  if (first < 0) return { preamble: text, chunks: [] };
  const indent = item.exec(lines[first]!)![1]!;
  const starts = lines.flatMap((line, i) =>
    i >= first && item.exec(line)?.[1] === indent ? [i] : [],
  );
  const chunks = starts.map((start, i) => {
    const own = lines.slice(start, starts[i + 1] ?? lines.length);
    return { text: own.join(''), line: start + 1, keys: keysOf(own, start + 1) };
  });
  return { preamble: lines.slice(0, first).join(''), chunks };
};

/** In which format a roles file is written, told from the keys of its items. */
export const rolesFormat = ({ chunks }: RoleChunks): RolesFormat => {
  const names = new Set(chunks.flatMap(({ keys }) => keys.map(({ name }) => name)));
  if (names.has('role') || names.has('processes')) return 'native';
  if (names.has('h_services') || names.has('h_bootstrap_station')) return 'node-roles';
  if (names.has('content') || chunks.some(({ text }) => text.includes('m0p_'))) return 'halon';
  return 'native';
};
