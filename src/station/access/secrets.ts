/** Credentials of OBMs, tokens of OBM daemons and the like, kept where no event and no graph shows them. */

export interface Secret {
  readonly user: string;
  readonly password: string;
}

/** Where they are kept; all stations of a cluster see the same. */
export interface Secrets {
  get(name: string): Secret | undefined;
  /**
   * Keeps secrets under their names; durable when it returns, or when what it returns resolves.
   * Secrets that are there already and equal cost nothing.
   *
   * @throws {AppendFailedError} they cannot be written; the store is as it was
   * @throws {NotLeadingError} another station leads; the store is as that one has it
   */
  put(secrets: ReadonlyMap<string, Secret>): void | Promise<void>;
  /** All that are kept. */
  readonly names: readonly string[];
  /**
   * Keeps secrets and forgets those of other names that are there, in one write; durable as `put` is.
   *
   * @throws {AppendFailedError} as `put`
   */
  change(put: ReadonlyMap<string, Secret>, forget: readonly string[]): void | Promise<void>;
  /**
   * Changes one secret from what it is when that is written, whoever has changed it meanwhile; durable
   * as `put` is.
   *
   * @param change makes the new one; null: it stays as it is. It may be asked more than once, and
   *   what it said last counts
   * @throws {AppendFailedError} as `put`
   */
  update(
    name: string,
    change: (present: Secret | undefined) => Secret | null,
  ): void | Promise<void>;
  /** What is not where it was written, in words; it is looked at now. */
  trouble(): string | undefined;
  /**
   * Resolves when all is known that was kept, by whatever station, before this was called, and nobody
   * who has led before writes any more.
   *
   * @param term that begins, or has begun, of this station
   * @throws {NotLeadingError} another station has begun a later one
   * @throws Error that cannot be read or written now
   */
  catchUp(term: number): void | Promise<void>;
  /** Looks no more for what others change. */
  close(): void;
}
