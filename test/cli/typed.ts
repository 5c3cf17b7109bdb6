/**
 * Command lines of halctl that are run in this process, by a test that is about what they say and do: to start halctl
 * costs twenty times what it does then. Tests of halctl as a process have it run by `shell` of `station.ts`.
 */

import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { exitCodes, Interrupted } from '../../src/cli/exit-codes.ts';
import { runWords, shellOf } from '../../src/cli/main.ts';
import type { Surroundings } from '../../src/cli/main.ts';
import { deadline, shell } from './station.ts';
import type { Ran } from './station.ts';

/**
 * Runs a command line as if a user had typed it: in this process where it is halctl and plain words, at most with
 * ` >/dev/null` after them, else in bash.
 *
 * @param folder what relative names are relative to
 */
export const typed = async (
  line: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<Ran> => {
  const isUnread = line.endsWith(unread);
  const words = wordsOf(isUnread ? line.slice(0, -unread.length) : line, env);
  if (words?.[0] !== 'halctl' || needsProcess(words, env)) return shell(line, folder, env, input);
  const [stdin, stdout, stderr] = [new PassThrough().end(input), new Kept(), new Kept()];
  const surroundings = { stdin, stdout, stderr, env } as unknown as Surroundings;
  const ending = (code: number): Ran => ({
    code,
    out: isUnread ? '' : stdout.text,
    err: stderr.text,
  });
  const leave = enter(folder);
  const late = AbortSignal.timeout(deadline);
  const tooLate = once(late, 'abort').then(() => {
    throw new Error(`${line} took longer than ${deadline / 1000} s`);
  });
  try {
    const given = shellOf(surroundings, late);
    return ending(await Promise.race([runWords(given, words.slice(1)), tooLate]));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return ending(exitCodes.interrupted);
  } finally {
    leave();
  }
};

/** The one thing of a shell that is done here. */
const unread = ' >/dev/null';

/** Whether a command hands on what its process was given, or is in another time zone. */
const needsProcess = ([, command = '']: readonly string[], env: NodeJS.ProcessEnv): boolean =>
  ['run', 'exec'].includes(command) || env['TZ'] !== process.env['TZ'];

/** Keeps what is written, and is never full: a pipe whose reader keeps up. */
class Kept extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.#pieces.push(piece);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }
}

/** A part of a word: plain, in single quotes, in double quotes, or a variable. */
const part = /[\w./:,=@%+-]+|'[^']*'|"[^"$`\\!]*"|\$(\w+)/y;

/** The words of a line; undefined where bash would do more to it than take them apart. */
const wordsOf = (line: string, env: NodeJS.ProcessEnv): string[] | undefined => {
  const words: string[] = [];
  let word: string | undefined;
  for (part.lastIndex = 0; part.lastIndex < line.length;) {
    const at = part.lastIndex;
    const [whole, variable] = part.exec(line) ?? [];
    if (whole !== undefined) {
      const text = variable === undefined ? whole.replace(/^(['"])(.*)\1$/s, '$2') : env[variable];
      // The value of a variable is taken apart too.
      if (text === undefined || (variable !== undefined && !/^[\w./:,=@%+-]+$/.test(text)))
        return undefined;
      word = (word ?? '') + text;
    } else if (line[at] === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
      part.lastIndex = at + 1;
    } else return undefined;
  }
  return word === undefined ? words : [...words, word];
};

const outside = process.cwd();
let inside: { readonly folder: string; lines: number } | undefined;

/** Goes into a folder, until all lines that run there have ended. */
const enter = (folder: string): (() => void) => {
  if (inside && inside.folder !== folder)
    throw new Error(`a line still runs in ${inside.folder}: wait for it, or use shell()`);
  const here = (inside ??= { folder, lines: 0 });
  here.lines += 1;
  process.chdir(folder);
  return () => {
    here.lines -= 1;
    if (here.lines > 0) return;
    inside = undefined;
    process.chdir(outside);
  };
};
