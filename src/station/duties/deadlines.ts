/** Fires the deadlines of the graph when their time has come. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Graph } from '../../core/graph/graph.ts';
import { leapOf } from '../clocks.ts';
import type { Clock } from '../clocks.ts';
import type { PeriodicWork } from '../periodic.ts';
import type { Cancel, Time } from '../time.ts';
import type { AgentSessions } from './agent-sessions.ts';
import type { Duty } from './duty.ts';
import type { OwnCommands } from './own-commands.ts';

/** How often they are looked at, ms. */
const lookMs = 500;

/** All that ends by itself: tokens, leases, leftovers. @param now of the log, ms since the epoch */
export const deadlineWork = (graph: Graph, now: number): PeriodicWork => {
  const { deadlines } = graph.indexes;
  const lag = Math.max(0, now - (deadlines.next()?.at ?? now));
  return {
    ...{ work: 'clean-up', where: 'station', period_ms: lookMs },
    ...{ items: graph.count('deadline'), due: lag > 0 ? 1 : 0, lag_ms: lag },
  };
};

export interface DeadlinesParts {
  readonly graph: () => Graph;
  /** The time of the log. */
  readonly now: Clock;
  readonly time: Time;
  readonly agents: Pick<AgentSessions, 'away' | 'isNew'>;
  readonly own: Pick<OwnCommands, 'attempt'>;
}

export class Deadlines implements Duty {
  readonly #parts: DeadlinesParts;
  readonly #hasLeapt: () => boolean;
  #cancel: Cancel | null = null;
  /** Whether nobody has looked in this term. */
  #isFirst = false;
  #firing: Promise<void> | null = null;

  constructor(parts: DeadlinesParts) {
    this.#parts = parts;
    this.#hasLeapt = leapOf(parts.now, parts.time.monotonic);
  }

  start(): void {
    // What is due by now may be so by this clock alone: another station's may be behind, or this one leapt meanwhile.
    this.#isFirst = true;
    this.#cancel = this.#parts.time.every(lookMs, () => this.#look());
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#firing;
  }

  #look(): void {
    const hasLeapt = this.#hasLeapt() || this.#isFirst;
    this.#isFirst = false;
    if (this.#firing || !this.#isDue()) return;
    this.#firing = this.#fire(hasLeapt).finally(() => {
      this.#firing = null;
    });
  }

  /** One commit fires a limited number of deadlines; while more are due, the next one follows at once. */
  async #fire(hasLeapt: boolean): Promise<void> {
    const { agents, own } = this.#parts;
    while (this.#cancel && this.#isDue()) {
      // What agents have said already counts first, however long this station stood still.
      await turn();
      // Nobody had the time that the clock says has passed.
      const away = hasLeapt ? this.#allHosts() : agents.away;
      const isNew = hasLeapt || agents.isNew;
      if (!(await own.attempt({ type: 'FireDeadlines', away, isNew }))) break;
    }
  }

  #allHosts(): ReadonlySet<string> {
    return new Set(Array.from(this.#parts.graph().all('host'), ({ fqdn }) => fqdn));
  }

  #isDue(): boolean {
    const next = this.#parts.graph().indexes.deadlines.next();
    return next !== undefined && next.at <= this.#parts.now();
  }
}
