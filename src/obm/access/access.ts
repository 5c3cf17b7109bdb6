/** Who may see consoles, and does: console connections, their tickets, and visits. It only composes. */

import type { Obms } from '../catalogue/obms.ts';
import type { Consoles } from '../consoles.ts';
import type { Gate } from '../gate.ts';
import type { ObmLogger } from '../logger.ts';
import type { Cancel, Random, Time } from '../time.ts';
import { ConsoleConnections } from './connections.ts';
import type { Record } from './connections.ts';
import { Tickets } from './tickets.ts';
import { Visits } from './visits.ts';

export interface AccessParts {
  readonly obms: () => Obms;
  readonly gate: Gate;
  readonly consoles: Consoles;
  readonly time: Time;
  readonly random: Random;
  readonly logger: ObmLogger;
  readonly newId: () => string;
  readonly record: Record;
  /** The daemon as an asker. */
  readonly myself: string;
}

/** Between two times at which what is over is tidied away, ms. Nothing hangs on it: gates look for themselves. */
const tidyMs = 60_000;

export class ConsoleAccess {
  readonly tickets: Tickets;
  readonly connections: ConsoleConnections;
  readonly visits: Visits;
  readonly #parts: AccessParts;
  #cancel: Cancel = () => undefined;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.tickets = new Tickets(parts);
    this.connections = new ConsoleConnections({ ...parts, tickets: this.tickets });
    this.visits = new Visits({ ...parts, connections: this.connections });
  }

  /** Ends in the log what an earlier run has left, and tidies from now on. */
  start(): void {
    void this.#tidy();
  }

  stop(): void {
    this.#cancel();
  }

  async #tidy(): Promise<void> {
    const { time, logger, myself } = this.#parts;
    this.#cancel = time.after(tidyMs, () => void this.#tidy());
    try {
      await this.visits.tidy();
      await this.connections.tidy({ actor: myself, request: myself });
    } catch (error) {
      logger.warn({ err: error }, 'console connections could not be tidied; tried again later');
    }
  }
}
