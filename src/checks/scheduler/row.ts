/** A node as its batch scheduler has it. */

export interface SchedulerRow {
  /** As the scheduler calls it; which machine that is, `MachineNames` says. */
  readonly node: string;
  /** The base state, in lower case: `idle`, `allocated`, `mixed`, `down`, `unknown` … */
  readonly state: string;
  /** What is the case besides, in upper case: `DRAIN`, `NOT_RESPONDING` … An idle node with `DRAIN` takes no work. */
  readonly flags: readonly string[];
  /** Empty where none is given. May hold any character; it goes through `inert` before a terminal sees it. */
  readonly reason: string;
  readonly reasonUser: string | null;
  /** ms since the epoch. */
  readonly reasonAt: number | null;
  readonly partitions: readonly string[];
  /** Jobs that run there; null where that is not known, which is not none. */
  readonly jobs: number | null;
  /** When its daemon there began, by the clock of the node, ms since the epoch; absent: it does not say. */
  readonly daemonSince?: number;
  /** The reason was cut where it was printed. */
  readonly truncated?: true;
}

/** What a scheduler said of its nodes. */
export interface SchedulerSaid {
  readonly rows: readonly SchedulerRow[];
  /** When it said so, ms since the epoch; absent: just now. */
  readonly at?: number;
  /** What it said besides that cannot be read. */
  readonly warnings?: readonly string[];
}

/** How a scheduler is asked. Others than Slurm implement this. */
export interface Scheduler {
  /** As it is called among sources of groups: `slurm`. */
  readonly kind: string;
  /** @throws {ProgramError} it does not answer, or not so that it can be read */
  readonly ask: (signal: AbortSignal) => Promise<SchedulerSaid>;
  /** Absent: it only tells. */
  readonly control?: SchedulerControl;
}

/** How a scheduler is told what to do. */
export interface SchedulerControl {
  /**
   * Gives a node no more jobs.
   *
   * @throws {ProgramError} it does not answer, or refuses
   */
  readonly drain: (node: string, reason: string, signal: AbortSignal) => Promise<void>;
  /** Gives it jobs again. @throws {ProgramError} the same */
  readonly resume: (node: string, signal: AbortSignal) => Promise<void>;
}

/** Whether a person has to look at it, or somebody took it out of service. */
export const isProblem = ({ state, flags, reason }: SchedulerRow): boolean =>
  reason !== '' ||
  ['down', 'error', 'fail'].includes(state) ||
  flags.some((flag) => ['DRAIN', 'FAIL', 'NOT_RESPONDING', 'INVALID_REG'].includes(flag));

/**
 * The row that tells more of two about one node: reasons that were cut become whole where the other one has them,
 * and partitions are those of both.
 */
export const joinRows = (a: SchedulerRow, b: SchedulerRow): SchedulerRow => {
  const [cut, whole] = a.truncated ? [a, b] : [b, a];
  const stem = cut.reason.replace(/\uFFFD+$/u, '');
  const isSame = cut.truncated && !whole.truncated && whole.reason.startsWith(stem);
  const { truncated: _, ...rest } = isSame ? { ...a, reason: whole.reason } : a;
  return {
    ...rest,
    ...(a.truncated && !isSame ? { truncated: true as const } : {}),
    partitions: [...new Set([...a.partitions, ...b.partitions])],
  };
};
