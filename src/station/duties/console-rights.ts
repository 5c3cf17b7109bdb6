/**
 * Whoever may not be at a console any more is put out: level-triggered, so that what a station that was killed has not
 * done is done by the next one. Until the daemon has said so it is tried again; the connection ends by itself, too.
 */

import { changesRights } from '../../core/rights/changes.ts';
import { mayConnect } from '../../core/rights/consoles.ts';
import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import type { StationLogger } from '../logger.ts';
import type { Result } from '../result.ts';
import { pause } from '../time.ts';
import type { Time } from '../time.ts';
import type { Duty } from './duty.ts';

export interface ConsoleRightsParts {
  readonly log: EventLog;
  readonly graph: () => Graph;
  readonly time: Time;
  readonly logger: StationLogger;
  /** Nobody is in by a connection any more when it resolves. */
  readonly shut: (id: string) => Promise<void>;
  /** Resolves when the command is durable. */
  readonly submit: (command: Command) => Promise<Result<null>>;
}

/** Pauses before a daemon that did not do it is asked again, ms. */
const pauses = [500, 1_000, 2_000, 5_000, 15_000] as const;

export class ConsoleRights implements Duty {
  readonly #parts: ConsoleRightsParts;
  /** By the id of the connection. */
  readonly #underWay = new Map<string, Promise<void>>();
  #unsubscribe: (() => void) | null = null;
  #stopping = new AbortController();

  constructor(parts: ConsoleRightsParts) {
    this.#parts = parts;
  }

  start(): void {
    const { log } = this.#parts;
    this.#stopping = new AbortController();
    this.#unsubscribe = log.subscribe(log.head(), (commit) => {
      if (changesRights(commit)) this.#look();
    });
    this.#look();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#stopping.abort();
    await Promise.all(this.#underWay.values());
  }

  /** They are few, and rights change seldom. */
  #look(): void {
    const graph = this.#parts.graph();
    for (const row of graph.all('connection')) {
      const { id } = row;
      if (this.#underWay.has(id) || mayConnect(graph, row)) continue;
      const work = this.#putOut(id, row.host).finally(() => this.#underWay.delete(id));
      this.#underWay.set(id, work);
    }
  }

  async #putOut(id: string, host: string): Promise<void> {
    const { graph, time, logger, shut, submit } = this.#parts;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted && graph().get('connection', id); failures += 1) {
      try {
        await shut(id);
        await submit({ type: 'EndConnection', id, why: 'right-ended' });
        return;
      } catch (error) {
        if (failures === 0 && !signal.aborted)
          logger.warn(
            { err: error, host, connection: id },
            'a console is not shut yet: its right has ended',
          );
        await pause(time, pauses[Math.min(failures, pauses.length - 1)]!, signal);
      }
    }
  }
}
