/**
 * Sessions that OBMs have lent, so that the next run goes on with them: whoever is killed gives none back, and an OBM
 * that has a few would have none left. Sealed, a file each; what is not there, or not to be read, is none.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, removeFileSync, replaceFileSync } from '../disk/lasting-file.ts';
import { readRegularSync } from '../disk/regular-file.ts';
import { SealedTable } from '../disk/sealed-table.ts';
import type { KeptSession, LentSession } from './drivers/driver.ts';

const fileBytesMax = 64 * 1024;

export class KeptSessions {
  readonly #folder: string;
  readonly #key: Buffer;

  /**
   * @param key 32 bytes
   * @throws what the file system failed with
   */
  constructor(folder: string, key: Buffer) {
    this.#folder = folder;
    this.#key = key;
    makeFolderSync(folder, 0o700);
  }

  /** That of a registration. */
  of(id: string): KeptSession {
    const path = join(this.#folder, id);
    const name = `session ${id}`;
    return {
      get: () => {
        try {
          const text = readRegularSync(path, fileBytesMax).toString('utf8');
          return SealedTable.parse<LentSession>(this.#key, text).get(name) ?? null;
        } catch {
          return null;
        }
      },
      keep: (session) => {
        try {
          if (session === null) return removeFileSync(path);
          const sealed = SealedTable.empty<LentSession>(this.#key);
          const text = sealed.changed(new Map([[name, session]]), []).toString();
          replaceFileSync(path, text, 'process');
        } catch {
          // Should this run be killed now, the session ends by the limit of the OBM.
        }
      },
    };
  }

  /** Forgets all but those of some registrations. */
  forgetBut(ids: ReadonlySet<string>): void {
    const kept = readdirSync(this.#folder).map((name) => name.replace(/\.new$/, ''));
    for (const id of kept) if (!ids.has(id)) this.of(id).keep(null);
  }
}
