/** Secrets in a file of the data directory. */

import { join } from 'node:path';
import { SealedFile } from '../../disk/sealed-file.ts';
import { AppendFailedError } from '../../log/log.ts';
import { StationUnavailableError } from '../result.ts';
import type { Keys } from './keys.ts';
import type { Secret, Secrets } from './secrets.ts';

export class FileSecrets implements Secrets {
  readonly #path: string;
  readonly #file: SealedFile<Secret>;

  /** @throws {StationUnavailableError} the file is there and cannot be read */
  constructor(directory: string, keys: Keys) {
    this.#path = join(directory, 'secrets.json');
    try {
      this.#file = new SealedFile(this.#path, keys.keyFor('secret store'));
    } catch (error) {
      throw new StationUnavailableError((error as Error).message, { cause: error });
    }
  }

  trouble(): string | undefined {
    return this.#file.trouble();
  }

  catchUp(): void {
    // Nobody else changes it.
  }

  close(): void {
    // Nobody else changes it.
  }

  get(name: string): Secret | undefined {
    return this.#file.get(name);
  }

  put(secrets: ReadonlyMap<string, Secret>): void {
    const changed = [...secrets].filter(([name, { user, password }]) => {
      const present = this.get(name);
      return present?.user !== user || present.password !== password;
    });
    this.change(new Map(changed), []);
  }

  update(name: string, change: (present: Secret | undefined) => Secret | null): void {
    const next = change(this.get(name));
    if (next) this.put(new Map([[name, next]]));
  }

  get names(): readonly string[] {
    return this.#file.names;
  }

  change(put: ReadonlyMap<string, Secret>, forget: readonly string[]): void {
    try {
      this.#file.change(put, forget);
    } catch (error) {
      throw new AppendFailedError(`${this.#path} cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
