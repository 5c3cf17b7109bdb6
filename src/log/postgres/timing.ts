/** How long the log on PostgreSQL waits, and what it waits by. */

/** Timers, handed in. */
export interface Timers {
  /** Calls once, when at least so many ms have passed, unless what it returns is called before. */
  after(ms: number, call: () => void): () => void;
}

export const systemTimers: Timers = {
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** ms */
export interface Deadlines {
  /** Until a host has let us in. */
  readonly connectMs: number;
  /**
   * Until a statement is answered. Ten seconds and more: what a failover among servers takes must
   * not look like one that failed.
   */
  readonly answerMs: number;
  /** Between two looks for what other stations have appended, besides what they tell. */
  readonly lookMs: number;
  /** Between two attempts to reach the servers: the first, and the longest; each is twice the last. */
  readonly restMs: number;
  readonly restMaxMs: number;
}

export const deadlines: Deadlines = {
  connectMs: 5000,
  answerMs: 10_000,
  lookMs: 1000,
  restMs: 100,
  restMaxMs: 5000,
};

/** Bytes that are written in a second even by a slow server far away. */
const slowBytesPerSecond = 2 * 1024 * 1024;

/** Until a statement with so many bytes in it is answered, ms. */
export const answerMsFor = ({ answerMs }: Deadlines, bytes: number): number =>
  answerMs + Math.ceil((bytes / slowBytesPerSecond) * 1000);

/** Resolves after so many ms, or when `end` does. */
export const rest = (timers: Timers, ms: number, end: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const cancel = timers.after(ms, resolve);
    void end.then(() => {
      cancel();
      resolve();
    });
  });
