/** Who may speak with a station, and as what. */

import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Clock } from '../clocks.ts';
import type { MakeReply, Result } from '../result.ts';
import type { Keys } from './keys.ts';
import { mayBeIssued, newToken, processToken, verifyToken } from './tokens.ts';
import type { NewToken } from './tokens.ts';

export interface AccessParts {
  readonly graph: () => Graph;
  readonly now: Clock;
  readonly keys: Keys;
  /** Submits in the name of the station. */
  readonly submit: <T>(command: Command, makeReply: MakeReply<T>) => Promise<Result<T>>;
}

export class Access {
  /** What tells the stations of this cluster from those of others; no secret. */
  readonly mark: string;
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.mark = parts.keys.sign('mark of the cluster').toString('hex', 0, 4);
  }

  /** The credential that a token proves. */
  authenticate(token: string): CredentialRow | undefined {
    return verifyToken(this.#parts.graph(), token, this.#parts.now());
  }

  /** Whether a token proves nothing because its credential may only come yet, by the log. */
  mayCome(token: string): boolean {
    return mayBeIssued(this.#parts.graph(), token);
  }

  /**
   * Whether a credential that was proved before is still good: not revoked and not expired since.
   */
  accepts({ id, hash, expires, role }: CredentialRow): boolean {
    if (expires !== 0 && expires <= this.#parts.now()) return false;
    const present = this.#parts.graph().get('credential', id);
    return present?.hash === hash && present.role === role;
  }

  /** The token of a process; whoever may read the process's configuration may be given it. */
  processToken(fid: Fid): NewToken {
    return processToken(this.#parts.keys, fid);
  }

  /** On a log without credentials, issues the first token of an administrator; else null. */
  async bootstrap(): Promise<string | null> {
    return this.#parts.graph().count('credential') > 0 ? null : this.adminToken('bootstrap');
  }

  /**
   * Issues a token of an administrator to whoever runs the station.
   *
   * @returns the token, which is shown nowhere else and never again
   */
  async adminToken(name: string): Promise<string> {
    const { id, token, hash } = newToken();
    const who = { role: 'admin', name, host: null, process: null, expires: 0 } as const;
    const command = { type: 'IssueCredential', id, hash, ...who, isNeeded: true } as const;
    const result = await this.#parts.submit(command, () => token);
    if (!result.ok) throw new Error(result.rejection.message);
    return result.reply;
  }
}
