/** A shell for commands that are not to touch the process that tests them. */

import { plain } from '../../src/cli/output/colour.ts';
import type { Shell } from '../../src/cli/shell.ts';

/** Takes what is printed and said, and keeps it. */
export const silentShell = (): Shell & { readonly printed: string[]; readonly said: string[] } => {
  const printed: string[] = [];
  const said: string[] = [];
  return {
    env: {},
    input: process.stdin,
    width: undefined,
    height: undefined,
    palette: plain,
    interactive: false,
    progress: false,
    signal: new AbortController().signal,
    print: (text) => void printed.push(text),
    pour: async () => undefined,
    pass: async () => undefined,
    say: (text) => void said.push(text),
    printed,
    said,
  };
};
