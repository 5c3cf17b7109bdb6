/** One part of what a machine is asked in a sweep, and what came of it. */

export interface ProbeSection {
  /** That of the check, such as `df/tmp`. */
  readonly id: string;
  readonly lines: readonly string[];
  /** From 1 on. */
  readonly timeoutSeconds: number;
  /**
   * Its lines are ours and hardly do more than read `/proc`: it shares a process with the quick ones beside it, which
   * are `missing` should it hang all the same.
   */
  readonly isQuick?: true;
}

/**
 * `timeout`: it was ended. `stuck`: it, or an earlier one, hangs and cannot be ended. `missing`: the machine came not so
 * far. None of the three says anything of what was asked.
 */
export type SectionEnding = 'done' | 'timeout' | 'stuck' | 'missing';

export interface SectionResult {
  readonly ending: SectionEnding;
  /** Null unless it is done. */
  readonly exitCode: number | null;
  /** Exactly what it wrote, read as UTF-8; foreign, with all control characters. */
  readonly output: string;
  /** Whether there was more than is kept of one section, or of all. */
  readonly isCut: boolean;
  readonly durationMs: number;
  /** When its end was heard of, by the monotonic clock of who asked, ms. */
  readonly endedAt: number;
}

export const missing: SectionResult = {
  ending: 'missing',
  exitCode: null,
  output: '',
  isCut: false,
  durationMs: 0,
  endedAt: 0,
};
