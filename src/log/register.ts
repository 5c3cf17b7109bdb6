/**
 * What the stations of one cluster share beside the log: values that are changed by turns, such as
 * the lease of the one that leads. They are no events: nobody asks what they were.
 */

/** `lease`: who leads. `secrets`: the sealed store of secrets. */
export type RegisterName = 'lease' | 'secrets';

/** What is in a register. */
export interface RegisterEntry {
  /** From 1; another one with every value that is put. */
  readonly version: number;
  readonly value: Buffer;
}

/** One value that every station sees, and replaces only where it has seen the last one. */
export interface Register {
  /**
   * What is in it; undefined where nothing was ever put there. Durable, and the newest there is.
   *
   * @throws {LogUnavailableError} it could not be asked within the driver's own deadline, which says
   *   nothing of what is in it
   */
  read(): Promise<RegisterEntry | undefined>;

  /**
   * Puts a value in the place of the one that was seen, as durable as a commit.
   *
   * @param seen the version that was read, 0 where there was nothing
   * @param value at most `registerBytesMax`
   * @returns its version; undefined where another was put there meanwhile
   * @throws {OutcomeUnknownError} cut off on the way; read it again
   * @throws {LogUnavailableError} it was certainly not put there
   */
  replace(seen: number, value: Buffer): Promise<number | undefined>;
}

/** Largest value of a register, bytes. */
export const registerBytesMax = 16 * 1024 * 1024;

/** What a log on servers has and one in a directory has not: it may have several stations. */
export interface SharedLog {
  /** Why the servers cannot be reached, in words; known within the driver's own deadline. */
  readonly trouble: string | undefined;
  register(name: RegisterName): Register;
  /**
   * Resolves with what has ended the log, where something has: all that was made of it must be made
   * anew, from another open. Its subscriptions fail with the same. Absent where they alone say so.
   */
  readonly lost?: Promise<Error>;
}
