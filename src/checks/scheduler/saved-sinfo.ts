/**
 * What somebody has saved of sinfo, as the scheduler of a station that cannot ask Slurm itself: a file that a job on
 * another machine writes anew now and then.
 */

import { ProgramError } from '../program.ts';
import type { Scheduler, SchedulerSaid } from './row.ts';
import { readSinfoText } from './sinfo-text.ts';

/** The text of a file, and when it was last written, ms since the epoch. */
export type ReadSaved = () => Promise<{ readonly text: string; readonly writtenAt: number }>;

export class SavedSinfo implements Scheduler {
  readonly kind = 'sinfo';
  readonly #read: ReadSaved;

  constructor(read: ReadSaved) {
    this.#read = read;
  }

  async ask(): Promise<SchedulerSaid> {
    const { text, writtenAt } = await this.#saved();
    // Where nothing is the matter there are titles: nothing at all is a file that is being written.
    if (text.trim() === '') throw new ProgramError('what was saved of sinfo is empty');
    const { rows, problems } = readSinfoText(text);
    if (rows.length === 0 && problems.length > 0)
      throw new ProgramError(`line ${problems[0]!.line}: ${problems[0]!.message}`);
    const warnings = problems.map(({ line, message }) => `line ${line}: ${message}`);
    return { rows, at: writtenAt, warnings };
  }

  async #saved(): ReturnType<ReadSaved> {
    try {
      return await this.#read();
    } catch (error) {
      throw new ProgramError(`what was saved of sinfo cannot be read: ${(error as Error).message}`);
    }
  }
}
