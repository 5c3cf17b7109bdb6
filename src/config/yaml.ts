/**
 * YAML with positions: a document as plain JSON values, and where in the file each of them stands.
 */

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar, visit } from 'yaml';
import type { Document, Node, ParsedNode, YAMLMap } from 'yaml';
import { formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { settleScalars, tagMessage } from './scalars.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlFile {
  readonly file: string;
  /** The document as JSON values; null where it is empty or could not be read. */
  readonly value: unknown;
  /** Syntax errors. Where there are some, `value` is not to be trusted. */
  readonly problems: readonly Problem[];
  /** Where the value at a path begins, or the nearest thing above it that is there. */
  at(path: Path): Position;
  /** Where the key at the end of a path stands, or the value where it has no key. */
  atKey(path: Path): Position;
  /** The line on which the text of a scalar begins: one below its header for block scalars. */
  textLine(path: Path): number;
  /** A problem at a path, pointing to the value. */
  problem(path: Path, message: string, expected?: string): Problem;
  /** A problem at a path, pointing to the key. */
  keyProblem(path: Path, message: string, expected?: string): Problem;
}

/** More aliases than any facts file needs and fewer than make a small file huge. */
const maxAliases = 1000;

/**
 * An unquoted `{{ name }}` is, to YAML, a map whose key is a map. Reads it as the template it was
 * meant to be.
 */
const readTemplatesAsText = (document: Document, text: string): void => {
  visit(document, {
    Map(_key, node) {
      const [start, end] = node.range ?? [0, 0];
      const source = text.slice(start, end);
      if (!node.flow || !source.startsWith('{{') || !source.endsWith('}}')) return undefined;
      const scalar = new Scalar(source);
      scalar.range = [start, end, node.range?.[2] ?? end];
      return scalar;
    },
  });
};

const pairAt = (
  map: YAMLMap,
  step: string | number,
): { key: unknown; value: unknown } | undefined =>
  map.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(step));

/** Walks as far along a path as there is something; the last node, and the key that led to it. */
const walk = (document: Document, path: Path): { node: Node | null; key: Node | null } => {
  let node = document.contents;
  let key: Node | null = null;
  for (const step of path) {
    const target: Node | null | undefined = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const pair = pairAt(target, step);
      if (!pair) return { node, key: null };
      key = pair.key as Node | null;
      node = (pair.value as Node | null) ?? key;
    } else if (isSeq(target)) {
      const item = target.items[Number(step)] as Node | null | undefined;
      if (!item) return { node, key: null };
      node = item;
      key = null;
    } else return { node, key: null };
  }
  return { node, key };
};

/** The path of the innermost value around an offset of the text. */
const pathAround = (contents: unknown, offset: number): Path => {
  const holds = (node: unknown): boolean => {
    const range = (node as ParsedNode | null)?.range;
    return range ? range[0] <= offset && offset <= range[2] : false;
  };
  const path: (string | number)[] = [];
  let node = contents;
  for (;;) {
    if (isMap(node)) {
      const pair = node.items.find(({ key, value }) => holds(key) || holds(value));
      if (!pair || !isScalar(pair.key)) return path;
      path.push(String(pair.key.value));
      node = pair.value;
    } else if (isSeq(node)) {
      const index = node.items.findIndex(holds);
      if (index < 0) return path;
      path.push(index);
      node = node.items[index];
    } else return path;
  }
};

const badAlias =
  'An alias must name an anchor that is set before it; in roles files, within the same role.';

/**
 * Messages of our own: where the parser's would be vague, or would quote the source, which may be a
 * password.
 */
const messages: Readonly<Record<string, string>> = {
  ALIAS_PROPS: badAlias,
  BAD_ALIAS: badAlias,
  BAD_DIRECTIVE: 'This is not a directive of YAML.',
  BAD_DQ_ESCAPE: 'There is no such escape sequence in a double-quoted text.',
  BAD_PROP_ORDER: 'An anchor or tag stands at the wrong place.',
  BAD_SCALAR_START: 'A text that begins with this character must be quoted.',
  BLOCK_AS_IMPLICIT_KEY: 'A second "key:" on one line; quote the text if it holds a colon.',
  RESOURCE_EXHAUSTION: 'This is nested too deeply.',
  MULTIPLE_DOCS: 'The file holds more than one YAML document.',
  TAB_AS_INDENT: 'Tabs are not allowed as indentation; use spaces.',
  DUPLICATE_KEY: 'This key is given twice.',
  TAG_RESOLVE_FAILED: tagMessage,
  UNEXPECTED_TOKEN:
    'This is not YAML here; a quote, bracket, colon or space before it may be missing.',
};

/** Codes of which the parser's own message says enough and repeats nothing of the source. */
const safeCodes = [
  'BAD_INDENT',
  'BLOCK_IN_FLOW',
  'KEY_OVER_1024_CHARS',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_TAGS',
];

const describe = (code: string, message: string): string =>
  messages[code] ?? (safeCodes.includes(code) ? `${message}.` : 'This is not YAML.');

/** Keys are compared as they are written: `5` is `"5"`, and `1.10` is not `1.1`. */
const isSameKey = (a: Node, b: Node): boolean =>
  a === b || (isScalar(a) && isScalar(b) && a.source === b.source);

/** What no text file holds: control characters other than tab and line breaks. */

const control = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/;

export interface YamlOptions {
  /** 1-based line of the file on which the text begins; 1 if absent. */
  readonly firstLine?: number;
  /** See {@link settleScalars}; `text` if absent. */
  readonly truths?: 'plain' | 'text';
}

/**
 * Reads one YAML document.
 *
 * @param file the name to give in problems
 */
export const readYaml = (
  file: string,
  text: string,
  { firstLine = 1, truths = 'text' }: YamlOptions = {},
): YamlFile => {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    merge: true,
    // Whatever a %YAML directive says.
    schema: 'core',
    uniqueKeys: isSameKey,
    logLevel: 'error',
  });
  const position = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(line, 1) + firstLine - 1, column: Math.max(col, 1) };
  };
  const start = (node: Node | null): Position => position(node?.range?.[0] ?? 0);
  const at = (path: Path): Position => start(walk(document, path).node);
  const atKey = (path: Path): Position => {
    const { node, key } = walk(document, path);
    return start(key ?? node);
  };
  const problemAt = (
    { line, column }: Position,
    path: Path,
    message: string,
    expected?: string,
  ): Problem => ({
    file,
    line,
    column,
    path: formatPath(path),
    message,
    ...(expected === undefined ? {} : { expected }),
  });

  const lines = text.split('\n');
  const indentedByTab = (line: number): boolean => /^ *\t/.test(lines[line - firstLine] ?? '');
  const tried = new Set<number>();
  const problems = document.errors.flatMap(({ pos, code, message }) => {
    const place = position(pos[0]);
    // What follows on a line that is not understood is mostly not meant.
    if (tried.has(place.line)) return [];
    tried.add(place.line);
    const reason = indentedByTab(place.line) ? 'TAB_AS_INDENT' : code;
    // Elsewhere, what the parser takes for a key may be a part of a password.
    const path = code === 'DUPLICATE_KEY' ? pathAround(document.contents, pos[0]) : [];
    return [problemAt(place, path, describe(reason, message))];
  });
  const controlAt = text.search(control);
  if (controlAt >= 0) {
    const code = text.charCodeAt(controlAt).toString(16).toUpperCase().padStart(4, '0');
    const message = `The control character U+${code} stands here.`;
    problems.splice(0, problems.length, problemAt(position(controlAt), [], message));
  }
  let value: unknown = null;
  if (problems.length === 0) {
    readTemplatesAsText(document, text);
    for (const { node, message } of settleScalars(document, truths)) {
      const [offset] = node.range ?? [0];
      problems.push(problemAt(position(offset), pathAround(document.contents, offset), message));
    }
    try {
      value = document.toJS({ maxAliasCount: maxAliases }) as unknown;
      // An alias within its own anchor has no end, which this finds out.
      if (/[*]/.test(text)) JSON.stringify(value);
    } catch {
      // The parser gives up on aliases: there is no anchor, or there would be far too much.
      problems.push(problemAt({ line: firstLine, column: 1 }, [], badAlias));
    }
  }
  return {
    file,
    value,
    problems,
    at,
    atKey,
    textLine: (path) => {
      const { node } = walk(document, path);
      const block =
        isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
      return start(node).line + (block ? 1 : 0);
    },
    problem: (path, message, expected) => problemAt(at(path), path, message, expected),
    keyProblem: (path, message, expected) => problemAt(atKey(path), path, message, expected),
  };
};
