/** Timers by name: one of each at a time, and all of them ended at once. */
export class Timers {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** Runs something once after a while, in the place of what the name stood for before. */
  set(name: string, ms: number, run: () => void): void {
    this.cancel(name);
    const fire = (): void => {
      this.#timers.delete(name);
      run();
    };
    this.#timers.set(name, setTimeout(fire, ms));
  }

  has(name: string): boolean {
    return this.#timers.has(name);
  }

  cancel(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.#timers.keys()]) this.cancel(name);
  }
}
