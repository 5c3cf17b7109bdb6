/** What the leading station submits of its own accord, in its own name. */

import type { Command } from '../../core/commands/index.ts';
import type { StationLogger } from '../logger.ts';
import type { Premises } from '../premises.ts';
import type { Result } from '../result.ts';
import { StationUnavailableError } from '../result.ts';
import { isRefusal, loggedOf } from '../refusals.ts';
import type { Duty } from './duty.ts';

export interface OwnCommandsParts {
  /** Resolves when the command is durable. */
  readonly submit: (command: Command) => Promise<Result<null>>;
  readonly premises: Pick<Premises, 'trouble'>;
  readonly logger: StationLogger;
}

export class OwnCommands implements Duty {
  readonly #parts: OwnCommandsParts;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Why the log has refused some, since it took one. */
  readonly #refusals = new Set<string>();
  #isLeading = false;

  constructor(parts: OwnCommandsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#isLeading = true;
  }

  /** Takes no more, and waits for what was taken. */
  async stop(): Promise<void> {
    this.#isLeading = false;
    await Promise.allSettled(this.#underWay);
  }

  /**
   * Submits one and waits until it is durable.
   *
   * @throws {StationUnavailableError} this station does not lead any more
   * @throws what the log failed with; nothing happened
   */
  async submit(command: Command): Promise<Result<null>> {
    if (!this.#isLeading) throw new StationUnavailableError('this station does not lead');
    const submitted = this.#parts.submit(command);
    this.#underWay.add(submitted);
    try {
      return await submitted;
    } finally {
      this.#underWay.delete(submitted);
    }
  }

  /**
   * Submits one of which a failure does no harm, as it comes again.
   *
   * @returns whether it changed something
   */
  async attempt(command: Command): Promise<boolean> {
    const { premises } = this.#parts;
    // Trouble was said, and the command is due again when the files are back.
    if (!this.#isLeading || premises.trouble !== undefined) return false;
    try {
      const result = await this.submit(command);
      this.#refusals.clear();
      return result.ok && result.changed;
    } catch (error) {
      if (!this.#isLeading) return false;
      this.#say(error, command.type);
      return false;
    }
  }

  /** They come again and again: of each kind of refusal one line, until the log takes one. */
  #say(error: unknown, command: string): void {
    const { logger } = this.#parts;
    const details = { ...loggedOf(error), command };
    if (!isRefusal(error)) return logger.error(details, 'a command of the station failed');
    if (this.#refusals.has(error.code)) return;
    this.#refusals.add(error.code);
    logger.warn(details, 'the log did not take a command of the station; it comes again');
  }
}
