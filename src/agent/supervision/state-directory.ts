/** Whether the state directory is where it was when the agent took it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { InPlace } from '../../disk/in-place.ts';

/** Without them the next agent would not know what runs, or another one could be beside this. */
const forRecords = ['runs', 'lock.db'];
/** Without them it would have another id, or some output would be lost. */
const others = ['agent-id', 'logs', 'notify'];

export class StateDirectory {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #forRecords: InPlace;
  #others: InPlace | undefined;
  #said: string | undefined;

  /** @throws Error where it is not there */
  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
    this.#forRecords = this.#here(forRecords);
  }

  /** Why a record that is written now would not be found by the next agent; undefined: it would. */
  trouble(): string | undefined {
    return this.#forRecords.trouble();
  }

  /**
   * Looks, and logs what has changed since: once when something is away and once when it is back.
   *
   * @returns whether everything is back, so that what could not be kept can be
   */
  look(): boolean {
    const trouble = this.trouble();
    const all = trouble ?? (this.#others ??= this.#here(others)).displaced();
    if (all === this.#said) return false;
    this.#said = all;
    const details = { directory: this.#folder, trouble: all };
    if (all === undefined) this.#log.warn(details, 'the state directory is as it was again');
    else if (trouble === undefined)
      this.#log.error(details, `${all}; put it back, or restart the agent, which makes it anew`);
    else
      this.#log.error(
        details,
        `${all}. What runs goes on, and nothing is started. Put it back as it was, the same ` +
          'directory and no copy; or restart the agent, which takes over what it finds running',
      );
    return all === undefined;
  }

  /** Remembers what is there by now. */
  #here(names: readonly string[]): InPlace {
    const paths = names.map((name) => join(this.#folder, name)).filter((path) => existsSync(path));
    return new InPlace(this.#folder, paths);
  }
}
