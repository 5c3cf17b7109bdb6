/** Follows what every OBM daemon tells that has an OBM of ours: one stream for each daemon, however many machines it has. */

import type { Commit } from '../../core/events/commit.ts';
import type { EventLog } from '../../log/log.ts';
import { Follower } from '../obm/follower.ts';
import type { FollowerParts } from '../obm/follower.ts';
import type { Duty } from './duty.ts';

export interface ObmFollowersParts extends FollowerParts {
  readonly log: EventLog;
}

/** After one of these another daemon may have an OBM of ours, or one none any more. */
const changing: ReadonlySet<string> = new Set(['ObmRegistered', 'ObmUnregistered', 'HostRemoved']);

export class ObmFollowers implements Duty {
  readonly #parts: ObmFollowersParts;
  readonly #followers = new Map<string, Follower>();
  /** Those that end. */
  readonly #ending = new Set<Promise<void>>();
  #unsubscribe: (() => void) | null = null;

  constructor(parts: ObmFollowersParts) {
    this.#parts = parts;
  }

  start(): void {
    const { log } = this.#parts;
    this.#unsubscribe = log.subscribe(log.head(), (commit) => this.#take(commit));
    this.#reconcile();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    for (const obmd of this.#followers.keys()) this.#end(obmd);
    await Promise.all(this.#ending);
  }

  #take({ events }: Commit): void {
    if (events.some(({ type }) => changing.has(type))) this.#reconcile();
  }

  #reconcile(): void {
    const { graph, log: _log, ...parts } = this.#parts;
    const daemons = new Set(graph().indexes.obmLabels.daemons());
    for (const obmd of this.#followers.keys()) if (!daemons.has(obmd)) this.#end(obmd);
    for (const obmd of daemons) {
      if (this.#followers.has(obmd)) continue;
      const follower = new Follower(obmd, { graph, ...parts });
      this.#followers.set(obmd, follower);
      follower.start();
    }
  }

  #end(obmd: string): void {
    const ended = this.#followers.get(obmd)!.stop();
    this.#followers.delete(obmd);
    const tracked = ended.finally(() => this.#ending.delete(tracked));
    this.#ending.add(tracked);
  }
}
