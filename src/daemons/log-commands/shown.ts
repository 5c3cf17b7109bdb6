/** What commands about logs have in common: how far they are, how they end, what they print. */

import type { Command } from 'commander';
import { LogUrlError } from '../../log/log.ts';
import type { Replayed } from '../../station/replica/replay.ts';

/** Between two lines about how far it is, ms. */
const everyMs = 100;

/** On a terminal, one line that is written over; elsewhere nothing. */
export class ProgressLine {
  #shown = 0;

  show(what: string, revision: number, of: number): void {
    if (!process.stderr.isTTY || performance.now() - this.#shown < everyMs) return;
    this.#shown = performance.now();
    const percent = Math.floor((100 * revision) / Math.max(1, of));
    process.stderr.write(`\r\x1b[K${what}: revision ${revision} of ${of} (${percent} %)`);
  }

  clear(): void {
    if (this.#shown > 0) process.stderr.write('\r\x1b[K');
    this.#shown = 0;
  }
}

/** A command that fails says why and ends with 1, or 2 where it was called wrongly. */
export const orFail = async (
  name: string,
  command: Command,
  work: (line: ProgressLine) => Promise<void>,
): Promise<void> => {
  const line = new ProgressLine();
  try {
    await work(line);
    line.clear();
  } catch (error) {
    line.clear();
    const message = `halcyon log ${name}: ${(error as Error).message}`;
    const isUsage = error instanceof LogUrlError;
    command.error(message, isUsage ? { exitCode: 2, code: 'usage' } : { exitCode: 1 });
  }
};

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0');

/** As JSON. */
export const figures = ({ head, checksum, digest, events, unknown }: Replayed): object => ({
  revision: head,
  checksum: hex(checksum),
  digest,
  events,
  unknown_events: Object.fromEntries(unknown),
});

export const shownFigures = ({ head, checksum, digest }: Replayed): string =>
  `revision ${head}, checksum ${hex(checksum)}, digest ${digest}`;

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
