/**
 * The examples of a page of documentation, in their order.
 *
 * A fenced block takes part when braces follow its language: `{test}` is run, `{facts}` and
 * `{roles}` are loaded, `{file=name}` is written to that file first. In a `console` block, lines
 * with `$ ` are commands (`> ` continues one) and what follows each is its output; a line of `…`
 * stands for any lines. `<!-- test: command -->` is run and not shown.
 */

import { readFileSync } from 'node:fs';

export interface Command {
  readonly line: string;
  /** What it must print; null where nothing is said of that. */
  readonly output: string | null;
}

export interface Example {
  /** 1-based line of the page. */
  readonly line: number;
  readonly kind: 'facts' | 'roles' | 'commands' | 'text';
  /** The block without its fences. */
  readonly text: string;
  readonly file: string | null;
  readonly commands: readonly Command[];
}

const block =
  /^```(?<language>[a-z]+) \{(?<words>[^}\n]*)\}\n(?<text>[^]*?)^```$|^<!-- test: (?<hidden>[^]*?) -->$/gm;

/** A script is one command of which only the success counts. */
const commandsIn = (language: string, text: string): readonly Command[] => {
  if (language !== 'console') return [{ line: text, output: null }];
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [first = '', ...rest] = part.split('\n');
      const more = rest.findIndex((line) => !line.startsWith('> '));
      const continued = rest.slice(0, more).map((line) => line.slice(2));
      return { line: [first, ...continued].join('\n'), output: rest.slice(more).join('\n') };
    });
};

/** What a block asks for, by the words in its braces. */
const exampleOf = (page: string, match: RegExpExecArray, word: string): Example => {
  const { language = '', words = '', text = '', hidden } = match.groups ?? {};
  const line = page.slice(0, match.index).split('\n').length;
  if (hidden !== undefined) {
    const commands = [{ line: hidden, output: null }];
    return { line, kind: 'commands', text: hidden, file: null, commands };
  }
  const asked = words.split(' ');
  const file = /^file=(.+)$/.exec(asked.find((word) => word.startsWith('file=')) ?? '')?.[1];
  const kind = (['facts', 'roles'] as const).find((word) => asked.includes(word));
  const commands = asked.includes(word) ? commandsIn(language, text) : [];
  const otherwise = commands.length > 0 ? 'commands' : 'text';
  return { line, kind: kind ?? otherwise, text, file: file ?? null, commands };
};

/** @param word which blocks are commands: pages have some that are run by a test of their own */
export const examplesOf = (path: string, word = 'test'): readonly Example[] => {
  const page = readFileSync(path, 'utf8');
  return [...page.matchAll(block)].map((match) => exampleOf(page, match, word));
};

/** What differs from run to run is made alike; so is what must not be in a page. */
export const alike = (text: string): string =>
  text
    .replace(/hal_[\w…-]+/g, 'hal_…')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/\b([0-9a-f]{12}|[0-9a-f]{16})\b/g, 'ID')
    .replace(/"(at|time|since|pid|station)":\d+/g, '"$1":N')
    .replace(/\b(since|at)=\d{13}\b/g, '$1=N')
    .replace(/\(pid \d+\)/g, '(pid N)')
    .replace(/ +$/gm, '')
    .trimEnd();

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const isAny = (line: string): boolean => line.trim() === '…';

/** Whether an output is what a page shows, where `…` stands for any lines. */
export const fits = (shown: string, actual: string): boolean => {
  const pattern = alike(shown)
    .split('\n')
    .map((line) => (isAny(line) ? '(?:.*\n)*' : `${escaped(line)}\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(`${alike(actual)}\n`);
};
