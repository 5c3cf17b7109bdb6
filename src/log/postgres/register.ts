/** Registers in PostgreSQL: a row each. */

import { LogUnavailableError, OutcomeUnknownError } from '../log.ts';
import { registerBytesMax } from '../register.ts';
import type { Register, RegisterEntry, RegisterName } from '../register.ts';
import { answerMsFor } from './deadlines.ts';
import type { Deadlines } from './deadlines.ts';
import { explained, isServerError } from './failure.ts';
import type { Links } from './links.ts';
import type { Session } from './session.ts';
import type { Statements } from './statements.ts';

export interface RegisterParts {
  readonly name: RegisterName;
  readonly links: Links;
  readonly statements: Statements;
  readonly deadlines: Deadlines;
  /** @throws what the log has ended with */
  readonly check: () => void;
}

export class PostgresRegister implements Register {
  readonly #parts: RegisterParts;

  constructor(parts: RegisterParts) {
    this.#parts = parts;
  }

  async read(): Promise<RegisterEntry | undefined> {
    const { name, statements, deadlines } = this.#parts;
    const session = await this.#session();
    try {
      const statement = statements.register(name);
      const { rows } = await session.ask<[number, Buffer]>(statement, deadlines.answerMs);
      const [row] = rows;
      return row && { version: row[0], value: row[1] };
    } catch (cause) {
      throw this.#unavailable('read', cause);
    }
  }

  async replace(seen: number, value: Buffer): Promise<number | undefined> {
    const { name, statements, deadlines } = this.#parts;
    if (value.length > registerBytesMax)
      throw new LogUnavailableError(
        `the register ${name} takes ${registerBytesMax} bytes, not ${value.length}`,
      );
    const session = await this.#session();
    const unknown = (cause: unknown): OutcomeUnknownError =>
      new OutcomeUnknownError(
        `nobody knows whether the register ${name} was replaced: ${explained(cause)}`,
        { cause },
      );
    try {
      const statement = statements.replace(name, seen, value);
      const ms = answerMsFor(deadlines, value.length);
      const { rows, isWarned } = await session.ask<[number]>(statement, ms);
      if (isWarned) throw unknown(new Error('the wait for the standby was cancelled'));
      return rows[0]?.[0];
    } catch (cause) {
      if (cause instanceof OutcomeUnknownError) throw cause;
      throw isServerError(cause) ? this.#unavailable('replaced', cause) : unknown(cause);
    }
  }

  async #session(): Promise<Session> {
    this.#parts.check();
    try {
      return await (await this.#parts.links.now()).registers();
    } catch (cause) {
      this.#parts.check();
      throw this.#unavailable('reached', cause);
    }
  }

  #unavailable(what: string, cause: unknown): LogUnavailableError {
    const message = `the register ${this.#parts.name} cannot be ${what}: ${explained(cause)}`;
    return new LogUnavailableError(message, { cause });
  }
}
