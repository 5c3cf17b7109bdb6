/** Changes of secrets that come close together, written at once: each write holds up the whole station. */

import type { Secret, Secrets } from '../access/secrets.ts';
import type { Time } from '../time.ts';

/** How long the first change waits for others, ms. */
const gatherMs = 5;

export class SecretWriter {
  readonly #secrets: Secrets;
  readonly #time: Time;
  #put = new Map<string, Secret>();
  #forget = new Set<string>();
  #writing: Promise<void> | null = null;

  constructor(secrets: Secrets, time: Time) {
    this.#secrets = secrets;
    this.#time = time;
  }

  /**
   * Keeps a secret; durable when it resolves.
   *
   * @throws {AppendFailedError} it cannot be written, nor can those that were to be written with it
   */
  put(name: string, secret: Secret): Promise<void> {
    this.#put.set(name, secret);
    this.#forget.delete(name);
    return this.#soon();
  }

  /** Forgets secrets, as far as they are there. @throws {AppendFailedError} as `put` */
  forget(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#put.delete(name);
      this.#forget.add(name);
    }
    return this.#soon();
  }

  #soon(): Promise<void> {
    return (this.#writing ??= this.#gathered().then(() => this.#write()));
  }

  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      this.#time.after(gatherMs, resolve);
    });
  }

  async #write(): Promise<void> {
    const [put, forget] = [this.#put, [...this.#forget]];
    this.#put = new Map();
    this.#forget = new Set();
    this.#writing = null;
    await this.#secrets.change(put, forget);
  }
}
