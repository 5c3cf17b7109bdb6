/**
 * Whoever may not be at a console any more is put out: level-triggered, so that what a station that was killed has not
 * done is done by the next one. Until the daemon has said so it is tried again; the connection ends by itself, too.
 */

import { changesRights } from '../../core/rights/changes.ts';
import { mayConnect } from '../../core/rights/consoles.ts';
import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ConnectionRow } from '../../core/graph/rows/obms.ts';
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
/** Of one daemon; one that hangs holds up no other. */
const atOnce = 16;

/** What is to be shut at one daemon. */
interface Line {
  readonly waiting: ConnectionRow[];
  running: number;
}

export class ConsoleRights implements Duty {
  readonly #parts: ConsoleRightsParts;
  /** By the base URL of the daemon; those where there is something to do. */
  readonly #lines = new Map<string, Line>();
  /** Ids of connections that wait or are being shut. */
  readonly #taken = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
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
    this.#lines.clear();
    await Promise.all(this.#underWay);
    this.#taken.clear();
  }

  /** They are few, and rights change seldom. */
  #look(): void {
    const graph = this.#parts.graph();
    for (const row of graph.all('connection')) {
      if (this.#taken.has(row.id) || mayConnect(graph, row)) continue;
      this.#taken.add(row.id);
      const obmd = graph.get('registration', row.host)?.obmd ?? '';
      const line = this.#lines.get(obmd) ?? { waiting: [], running: 0 };
      line.waiting.push(row);
      this.#lines.set(obmd, line);
      this.#next(obmd, line);
    }
  }

  #next(obmd: string, line: Line): void {
    while (line.running < atOnce && !this.#stopping.signal.aborted) {
      const row = line.waiting.shift();
      if (row === undefined) break;
      line.running += 1;
      const work = this.#putOut(row).finally(() => {
        line.running -= 1;
        this.#taken.delete(row.id);
        this.#underWay.delete(work);
        this.#next(obmd, line);
      });
      this.#underWay.add(work);
    }
    if (line.running === 0) this.#lines.delete(obmd);
  }

  async #putOut({ id, host }: ConnectionRow): Promise<void> {
    const { graph, time, logger, shut, submit } = this.#parts;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted && graph().get('connection', id); failures += 1) {
      try {
        await shut(id);
        await submit({ type: 'EndConnection', id, why: 'right-ended' });
        return;
      } catch (err) {
        const details = { err, host, connection: id };
        if (failures === 0 && !signal.aborted)
          logger.warn(details, 'a console is not shut yet: its right has ended');
        await pause(time, pauses[Math.min(failures, pauses.length - 1)]!, signal);
      }
    }
  }
}
