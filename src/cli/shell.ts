/** What a command sees of the process that it runs in. */

import type { ReadStream } from 'node:tty';
import type { Environment } from './config.ts';
import type { Palette } from './output/colour.ts';

export interface Shell {
  readonly env: Environment;
  readonly input: ReadStream;
  /** Columns of the terminal that the output goes to; undefined where it goes elsewhere. */
  readonly width: number | undefined;
  /** Lines of that terminal, now. */
  readonly height: number | undefined;
  readonly palette: Palette;
  /** Whether somebody sits there who reads and can answer. */
  readonly interactive: boolean;
  /** Whether what is said goes to a terminal, which can show progress. */
  readonly progress: boolean;
  /** Given by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The result, which may be a program's input. */
  print(text: string): void;
  /** The result, text of many lines piece by piece, made printable, no faster than it is taken. */
  pour(pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** What somebody else wrote, byte by byte and no faster than it is taken; on a terminal made printable. */
  pass(bytes: Uint8Array, to: 'stdout' | 'stderr'): Promise<void>;
  /** What is for people: warnings, progress, advice. */
  say(text: string): void;
}

export const printLines = (shell: Shell, lines: Iterable<string>): void => {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < 65_536) continue;
    shell.print(text);
    text = '';
  }
  if (text !== '') shell.print(text);
};
