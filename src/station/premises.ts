/** Whether what a station keeps is where it left it: its log, its directory, its key, its secrets. */

import { NotInPlaceError } from '../log/log.ts';
import type { EventLog } from '../log/log.ts';
import type { KeyRing } from './access/keys.ts';
import type { Secrets } from './access/secrets.ts';
import type { DataDirectory } from './data-directory.ts';
import type { StationLogger } from './logger.ts';
import type { Cancel, Time } from './time.ts';

const lookMs = 500;

export interface PremisesParts {
  readonly log: EventLog;
  readonly directory: string;
  readonly data: DataDirectory;
  readonly keys: KeyRing;
  readonly secrets: Secrets;
  readonly logger: StationLogger;
  readonly time: Time;
}

export class Premises {
  readonly #parts: PremisesParts;
  /** Of directory, key and secrets; the log looks itself. */
  #trouble: string | undefined;
  #said: string | undefined;
  /** Whether a file could not be opened because too many are open; connections cannot then either. */
  #isShort = false;
  #cancel: Cancel | null = null;

  constructor(parts: PremisesParts) {
    this.#parts = parts;
  }

  /** What is not as it was left, in words; known within a second. */
  get trouble(): string | undefined {
    return this.#parts.log.files?.trouble ?? this.#trouble;
  }

  /** @throws {NotInPlaceError} something is not as it was left, so that nothing can be promised */
  mustBeInPlace(): void {
    const { trouble } = this;
    if (trouble !== undefined) throw new NotInPlaceError(trouble);
  }

  /** Looks at all of it twice a second, until `unwatch`. */
  watch(): void {
    this.#cancel ??= this.#parts.time.every(lookMs, () => this.#look());
  }

  unwatch(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Looks at what nobody else looks at, and logs what has changed since. */
  #look(): void {
    const { data, secrets, logger, directory } = this.#parts;
    this.#trouble = data.trouble() ?? this.#keyTrouble() ?? secrets.trouble();
    const { trouble } = this;
    if (trouble === this.#said) return;
    this.#said = trouble;
    if (trouble === undefined)
      logger.warn({ directory }, 'all files are where they were; commands are taken again');
    else logger.error({ directory, trouble }, new NotInPlaceError(trouble).message);
  }

  #keyTrouble(): string | undefined {
    try {
      const trouble = this.#parts.keys.trouble();
      this.#shortOfDescriptors(undefined);
      return trouble;
    } catch (error) {
      this.#shortOfDescriptors((error as Error).message);
      return this.#trouble;
    }
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
}
