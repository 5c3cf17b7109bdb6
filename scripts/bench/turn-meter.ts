/** How long the longest turn of this thread's event loop took. */

/** Of the turns since it was begun, ms. */
export interface LongestTurn {
  /** Of the clock: other programs that ran meanwhile are in it. */
  readonly wall: number;
  /** Of this thread's own work. */
  readonly own: number;
}

/** Follows every turn, which keeps the loop busy: for measurements only. */
export class TurnMeter {
  #isOver = false;
  #wall = 0;
  #own = 0;

  constructor() {
    let [before, used] = [performance.now(), ownMs()];
    const look = (): void => {
      const [now, use] = [performance.now(), ownMs()];
      this.#wall = Math.max(this.#wall, now - before);
      this.#own = Math.max(this.#own, use - used);
      [before, used] = [now, use];
      if (!this.#isOver) setImmediate(look);
    };
    setImmediate(look);
  }

  end(): LongestTurn {
    this.#isOver = true;
    return { wall: this.#wall, own: this.#own };
  }
}

/** What this thread has worked so far, ms. */
export const ownMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
