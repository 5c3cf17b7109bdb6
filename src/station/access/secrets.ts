/** Credentials of OBMs and the like, kept where no event and no graph shows them. */

export interface Secret {
  readonly user: string;
  readonly password: string;
}

/** Where they are kept; all stations of a cluster see the same. */
export interface Secrets {
  get(name: string): Secret | undefined;
  /**
   * Keeps secrets under their names; durable when it returns. Secrets that are there already and
   * equal cost nothing.
   *
   * @throws {AppendFailedError} they cannot be written; the store is as it was
   */
  put(secrets: ReadonlyMap<string, Secret>): void;
  /** What is not where it was written, in words; it is looked at now. */
  trouble(): string | undefined;
}
