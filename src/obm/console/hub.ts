/** The consoles of all machines. */

import { ObmError } from '../errors.ts';
import { Bounds } from './bounds.ts';
import type { BoundLimits } from './bounds.ts';
import { Console } from './console.ts';
import type { ConsoleOptions } from './console.ts';
import type { ViewerEnd, ViewerRequest } from './viewer.ts';

export class ConsoleHub {
  readonly #bounds: Bounds;
  readonly #consoles = new Map<string, Console>();

  constructor(limits: BoundLimits) {
    this.#bounds = new Bounds('viewers of consoles', limits);
  }

  get consoles(): Iterable<Console> {
    return this.#consoles.values();
  }

  /** Of all consoles. */
  get viewers(): number {
    return this.#bounds.count;
  }

  get(label: string): Console | undefined {
    return this.#consoles.get(label);
  }

  /** Keeps the console of a machine. @throws ObmError `settings`, also where it is kept already */
  add(options: Omit<ConsoleOptions, 'bounds'>): Console {
    if (this.#consoles.has(options.label))
      throw new ObmError('settings', `the console of ${options.label} is kept already`);
    const console = new Console({ ...options, bounds: this.#bounds });
    this.#consoles.set(options.label, console);
    return console;
  }

  /** Gives the console of a machine back. Never rejects. */
  async remove(label: string, message?: string): Promise<void> {
    const console = this.#consoles.get(label);
    this.#consoles.delete(label);
    await console?.close(message);
  }

  /** Ends viewers of all consoles, as `Console.endViewers` does: they are over when it returns. */
  endViewers(
    which: (request: ViewerRequest, label: string) => boolean,
    message: string,
    why?: ViewerEnd['why'],
  ): void {
    for (const console of this.#consoles.values())
      console.endViewers((request) => which(request, console.label), message, why);
  }

  /** Gives all back. Never rejects. */
  async close(): Promise<void> {
    const consoles = [...this.#consoles.values()];
    this.#consoles.clear();
    await Promise.all(consoles.map((console) => console.close('the daemon stops')));
  }
}
