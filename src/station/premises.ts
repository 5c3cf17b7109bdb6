/** Whether what a station keeps is where it left it: its log, its key and its secrets. */

import { join } from 'node:path';
import { readRegularSync } from '../disk/regular-file.ts';
import { NotInPlaceError } from '../log/log.ts';
import type { SqliteLog } from '../log/sqlite/sqlite-log.ts';
import { keyBytesMax } from './access/key.ts';
import type { SecretStore } from './access/secrets.ts';
import type { StationLogger } from './logger.ts';

export interface PremisesParts {
  readonly log: SqliteLog;
  readonly directory: string;
  readonly key: Buffer;
  readonly secrets: SecretStore;
  readonly logger: StationLogger;
}

/** Errors of this process, which say nothing of the file. */
const unknown = new Set<unknown>(['EMFILE', 'ENFILE', 'ENOMEM']);

export class Premises {
  readonly #parts: PremisesParts;
  readonly #keyPath: string;
  /** Of key and secrets; the log looks itself. */
  #trouble: string | undefined;
  #said: string | undefined;
  /** Whether a file could not be opened because too many are open; connections cannot then either. */
  #isShort = false;

  constructor(parts: PremisesParts) {
    this.#parts = parts;
    this.#keyPath = join(parts.directory, 'station.key');
  }

  /** What is not as it was left, in words; known within a second. */
  get trouble(): string | undefined {
    return this.#parts.log.trouble ?? this.#trouble;
  }

  /** @throws {NotInPlaceError} something is not as it was left, so that nothing can be promised */
  mustBeInPlace(): void {
    const { trouble } = this;
    if (trouble !== undefined) throw new NotInPlaceError(trouble);
  }

  /** Looks at what nobody else looks at, and logs what has changed since; called twice a second. */
  look(): void {
    this.#trouble = this.#keyTrouble() ?? this.#parts.secrets.displaced();
    const { trouble } = this;
    if (trouble === this.#said) return;
    const { logger, directory } = this.#parts;
    this.#said = trouble;
    if (trouble === undefined)
      logger.warn({ directory }, 'all files are where they were; commands are taken again');
    else logger.error({ directory, trouble }, new NotInPlaceError(trouble).message);
  }

  /** Once when they run out and once when there are some again. */
  #shortOfDescriptors(why: string | undefined): void {
    const isShort = why !== undefined;
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    const { logger } = this.#parts;
    if (isShort)
      logger.error(
        { why },
        'out of descriptors: connections wait; raise LimitNOFILE of the station',
      );
    else logger.warn({}, 'there are descriptors again');
  }

  /** A key that was put back has another inode, and is as good. */
  #keyTrouble(): string | undefined {
    try {
      const found = readRegularSync(this.#keyPath, keyBytesMax);
      this.#shortOfDescriptors(undefined);
      return found.equals(this.#parts.key) ? undefined : `${this.#keyPath} is another key`;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (unknown.has(code)) {
        this.#shortOfDescriptors(message);
        return this.#trouble;
      }
      return code === 'ENOENT'
        ? `${this.#keyPath} was removed or renamed`
        : `${this.#keyPath} cannot be read: ${message}`;
    }
  }
}
