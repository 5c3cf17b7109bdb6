/** A terminal that shows one thing and is drawn over when that changes. */

import type { Shell } from '../shell.ts';
import { counted } from './text.ts';

const enter = '\u001b[?1049h\u001b[?7l\u001b[?25l';
const leave = '\u001b[?25h\u001b[?7h\u001b[?1049l';
/** Terminals that know synchronised updates show a drawing whole; others ignore these. */
const begin = '\u001b[?2026h\u001b[H';
const end = '\u001b[J\u001b[?2026l';

/**
 * Uses the alternate screen, so that what was there before comes back. Lines are drawn over those
 * that are there and only their rest is cleared: nothing flickers. Long lines end at the margin.
 */
export class Screen {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
    shell.print(enter);
  }

  draw(lines: Iterable<string>): void {
    const height = this.#shell.height ?? 24;
    const shown: string[] = [];
    let left = 0;
    for (const line of lines)
      if (shown.length < height - 1) shown.push(line);
      else left += 1;
    const more = left === 0 ? '' : `… and ${counted(left, 'line')} more`;
    this.#shell.print(
      `${begin}${shown.map((line) => `${line}\u001b[K\r\n`).join('')}${more}${end}`,
    );
  }

  close(): void {
    this.#shell.print(leave);
  }
}
