/** What a fake server can do wrong, to order. */

/**
 * What becomes of one append:
 *
 * - `ack-lost`: kept, and nobody is told;
 * - `lost`: not kept, and nobody is told;
 * - `late`: the same, and kept when the server is told to let go;
 * - `cut`: kept, and the call ends as if the connection had broken;
 * - `cancelled`: not kept, and the call ends as cancelled by the server;
 * - `timeout`: kept, and answered as timed out;
 * - `denied`: refused for want of rights;
 * - `not-ready`: refused, the server is just starting;
 * - `no-leader`: refused, there is an election.
 */
export type Fate =
  | 'ack-lost'
  | 'lost'
  | 'late'
  | 'cut'
  | 'cancelled'
  | 'timeout'
  | 'denied'
  | 'not-ready'
  | 'no-leader';

export class Faults {
  readonly #next: Fate[] = [];
  readonly #late: (() => void)[] = [];
  #always: Fate | undefined;
  #containing = '';
  #hanging: PromiseWithResolvers<void> | undefined;
  readonly #awaited: { readonly count: number; readonly come: () => void }[] = [];
  /** Appends that have come, whatever became of them. */
  appends = 0;
  /** Events that were sent to whoever read. */
  read = 0;
  /** Whether events reach those that follow a stream. */
  feeds = true;

  /** Orders the fates of the next appends, one each. */
  order(...fates: Fate[]): void {
    this.#next.push(...fates);
  }

  /** Takes back what was ordered and has not come yet. */
  clear(): void {
    this.#next.length = 0;
    this.#always = undefined;
  }

  /**
   * Orders one fate for all appends, until it is taken back with undefined.
   *
   * @param containing for those alone whose data have this in them
   */
  always(fate: Fate | undefined, containing = ''): void {
    this.#always = fate;
    this.#containing = containing;
  }

  /** The fate of the append that has just come. */
  take(events: readonly { readonly data: Uint8Array }[]): Fate | undefined {
    this.appends += 1;
    for (const { count, come } of this.#awaited) if (this.appends >= count) come();
    const has = events.some(({ data }) => Buffer.from(data).includes(this.#containing));
    return this.#next.shift() ?? (has ? this.#always : undefined);
  }

  /** Resolves when so many appends have come in all, whatever became of them. */
  come(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.appends >= count) resolve();
      else this.#awaited.push({ count, come: resolve });
    });
  }

  /** Keeps what came late, when it is let go. */
  hold(keep: () => void): void {
    this.#late.push(keep);
  }

  /** Lets go of what came late. */
  letGo(): void {
    for (const keep of this.#late.splice(0)) keep();
  }

  /** From now on nothing is answered. */
  hang(): void {
    this.#hanging ??= Promise.withResolvers<void>();
  }

  wake(): void {
    this.#hanging?.resolve();
    this.#hanging = undefined;
  }

  /** Resolves when the server answers. */
  async answering(): Promise<void> {
    while (this.#hanging) await this.#hanging.promise;
  }
}
