/** The unit of the log: the events of one decision and of everything that followed from it. */

import type { Revision } from '../values/revision.ts';

/** One event as the log keeps it. */
export interface EventRecord {
  /** Past tense, for example `NodeUp`. */
  readonly type: string;
  /** Version of the schema of `data`, from 1. */
  readonly v: number;
  readonly data: unknown;
  /**
   * Index, within the commit, of the event that set this one off; absent for events of the command
   * itself.
   */
  readonly cause?: number;
  /** The rule that produced this event; absent for events of the command itself. */
  readonly rule?: string;
  /** True where a reader that does not know the type may skip it. Absent means it must stop. */
  readonly ignorable?: true;
}

/** Identifies a request across retries. */
export interface RequestIdentity {
  /** The caller's idempotency key, scoped to the actor. */
  readonly key: string;
  /** Digest of what was asked, so that a key reused for something else is noticed. */
  readonly fingerprint: string;
}

export interface Commit {
  readonly revision: Revision;
  /** Milliseconds since the epoch on the station's clock; never less than the commit before. */
  readonly at: number;
  /** Who asked: `token:<id>`, `agent:<fqdn>`, `station`. */
  readonly actor: string;
  /** Id of the request, shared by everything it caused. */
  readonly correlation: string;
  /** Type of the command that was decided, for example `AddProcesses`. */
  readonly command: string;
  readonly request?: RequestIdentity;
  readonly events: readonly EventRecord[];
}
