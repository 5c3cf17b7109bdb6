/** Says that an agent runs out of descriptors as such, and not only what could not be done for it. */

import { closeSync, openSync } from 'node:fs';
import type { Logger } from 'pino';

/** Between two looks, ms. */
const lookMs = 500;

/** What to do about each shortage: of this process, and of the whole host. */
const advice: Readonly<Record<string, string>> = {
  EMFILE: 'raise LimitNOFILE of the agent',
  ENFILE: 'raise fs.file-max of the host',
};

/** Logs once when there are no descriptors any more, and once when there are some again. */
export class DescriptorWatch {
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #isShort = false;

  constructor(log: Logger) {
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { code, message } = failureToOpen() ?? {};
    const remedy = advice[code ?? ''];
    const isShort = remedy !== undefined;
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    if (isShort)
      this.#log.error(
        { why: message },
        `out of descriptors: no process can be started or looked at until there are some; ${remedy}`,
      );
    else this.#log.warn('there are descriptors again');
  }
}

function failureToOpen(): NodeJS.ErrnoException | undefined {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
