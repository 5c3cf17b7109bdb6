/** “Copy as halctl command”: what the page shows or would do, as it is typed. */

import type { JSX } from 'preact';
import { announce } from '../state/announce.ts';

const bare = /^[\w./:=@,%+-]+$/;

/** A command line that a POSIX shell takes word by word. */
export const commandLine = (words: readonly string[]): string =>
  words
    .map((word) => (bare.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');

interface CopyProps {
  /** Its words, `halctl` first. */
  readonly command: readonly string[];
  readonly label?: string;
}

export const CopyCommand = ({
  command,
  label = 'Copy as halctl command',
}: CopyProps): JSX.Element => {
  const text = commandLine(command);
  return (
    <button type="button" class="copy" title={text} onClick={() => void copyText(text)}>
      {label}
    </button>
  );
};

/** @param what it is called, where it is too long to be shown in a notice */
export const copyText = async (text: string, what?: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied: ${what ?? text}`);
  } catch {
    // Without TLS browsers let nobody copy: it can be picked from here.
    const pick = what === undefined ? `It is: ${text}` : 'Select the text, and copy it yourself.';
    announce(`Your browser does not let the page copy. ${pick}`, 'bad');
  }
};
