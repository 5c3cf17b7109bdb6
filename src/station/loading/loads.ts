/**
 * Loads on their way to a decision: their files are read and their roles rendered in threads, so many
 * at a time, for as long as somebody waits for them.
 */

import type { DeclarationFiles, DeclarationResult } from '../../config/declaration.ts';
import type { RenderedAhead, Rendering } from '../../core/allocation/renderings.ts';
import type { Asker } from '../fair-use/long-reads.ts';
import { loadLimits, Share } from '../fair-use/shares.ts';
import type { Turns } from '../fair-use/turns.ts';
import { FilesReader } from './files.ts';
import { RenderingAhead } from './rendering-ahead.ts';

export class Loads {
  readonly #share = new Share('loads', loadLimits);
  readonly #files = new FilesReader();
  readonly #rendering: RenderingAhead;

  constructor(turns: Turns) {
    this.#rendering = new RenderingAhead(turns);
  }

  /** @throws {ShareExceededError} too many are under way */
  during<T>({ principal }: Asker, work: () => Promise<T>): Promise<T> {
    return this.#share.during(principal, work);
  }

  read(files: DeclarationFiles, { signal }: Asker): Promise<DeclarationResult> {
    return this.#files.read(files, signal);
  }

  /** See `RenderingAhead`. */
  render(found: Iterable<readonly Rendering[]>, asker: Asker): Promise<RenderedAhead> {
    return this.#rendering.render(asker, found);
  }

  async close(): Promise<void> {
    await Promise.all([this.#files.close(), this.#rendering.close()]);
  }
}
