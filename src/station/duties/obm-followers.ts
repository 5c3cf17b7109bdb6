/**
 * Follows what every OBM daemon tells that has an OBM of ours: one stream of what happens for each daemon, and one
 * question a second for what it has seen, however many machines it has.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { EventLog } from '../../log/log.ts';
import { Follower } from '../obm/follower.ts';
import type { FollowerParts } from '../obm/follower.ts';
import { Watcher } from '../obm/watcher.ts';
import type { WatcherParts } from '../obm/watcher.ts';
import type { Duty } from './duty.ts';

export interface ObmFollowersParts extends FollowerParts, WatcherParts {
  readonly log: EventLog;
}

/** After one of these another daemon may have an OBM of ours, or one none any more. */
const changing: ReadonlySet<string> = new Set(['ObmRegistered', 'ObmUnregistered', 'HostRemoved']);

export class ObmFollowers implements Duty {
  readonly #parts: ObmFollowersParts;
  readonly #followers = new Map<string, readonly [Follower, Watcher]>();
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
      const all = { graph, ...parts };
      const followers = [new Follower(obmd, all), new Watcher(obmd, all)] as const;
      this.#followers.set(obmd, followers);
      for (const follower of followers) follower.start();
    }
  }

  #end(obmd: string): void {
    for (const follower of this.#followers.get(obmd)!) {
      const tracked = follower.stop().finally(() => this.#ending.delete(tracked));
      this.#ending.add(tracked);
    }
    this.#followers.delete(obmd);
  }
}
