/**
 * Asks one OBM daemon every second for what has changed of what it has seen, and says how often it is to look. That asks
 * no OBM. A daemon that is away or hangs is asked less and less often; what it told before grows old.
 */

import type { Graph } from '../../core/graph/graph.ts';
import { varOf } from '../../core/graph/vars.ts';
import { pause } from '../time.ts';
import { ObmdError } from './errors.ts';
import { problemIn } from './obmd.ts';
import { observedIn } from './observed.ts';
import type { Observed, ObservedAnswer } from './observed.ts';
import { askObmd } from './request.ts';
import type { Reach } from './request.ts';

export interface WatcherParts {
  readonly graph: () => Graph;
  readonly reach: Reach;
  /** Token of the administrator of a daemon. */
  readonly adminOf: (obmd: string) => string | undefined;
  readonly observed: Observed;
}

/** From one question to the next, and at most where nobody answers, ms. */
export const [watchMs, watchLongestMs] = [1_000, 60_000];
/** One answer tells of 2,000 machines at most. */
const bytesMax = 8 * 1024 * 1024;

export class Watcher {
  readonly #parts: WatcherParts;
  readonly #obmd: string;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** @param obmd base URL */
  constructor(obmd: string, parts: WatcherParts) {
    this.#parts = parts;
    this.#obmd = obmd;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Once this resolves nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { observed, reach } = this.#parts;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { more } = await this.#ask();
        failures = 0;
        if (more) continue;
      } catch (error) {
        if (signal.aborted) break;
        observed.failed(this.#obmd, (error as Error).message);
        failures = Math.min(failures + 1, 16);
      }
      await pause(reach.time, Math.min(watchMs * 2 ** failures, watchLongestMs), signal);
    }
    observed.forget(this.#obmd);
  }

  /** @throws {ObmdError} or the reason of the signal */
  async #ask(): Promise<ObservedAnswer> {
    const { reach, adminOf, observed } = this.#parts;
    const admin = adminOf(this.#obmd);
    if (admin === undefined)
      throw new ObmdError('not-let-in', 'there is no token of its administrator');
    const since = observed.since(this.#obmd);
    const answer = await askObmd(reach, this.#obmd, {
      method: 'POST',
      path: '/v2/observed',
      authorization: `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}`,
      body: { ...(since === null ? {} : { since }), pacing: this.#pacing() },
      signal: this.#stopping.signal,
      bytesMax,
    });
    if (answer.status !== 200) {
      const said = problemIn(answer)?.detail ?? `it answered ${answer.status}`;
      throw new ObmdError('failed', `${this.#obmd} does not tell what it has seen: ${said}`);
    }
    const now = reach.time.now();
    const told = observedIn(answer.body, now);
    observed.take(this.#obmd, told, now);
    return told;
  }

  /** As the vars have it now. */
  #pacing(): Readonly<Record<string, number>> {
    const graph = this.#parts.graph();
    return {
      power_ms: varOf(graph, 'obm_power_interval') * 1000,
      validate_ms: varOf(graph, 'obm_validate_interval') * 1000,
      events_ms: varOf(graph, 'obm_events_interval') * 1000,
      fresh_ms: varOf(graph, 'obm_refresh_interval') * 1000,
      per_network_second: varOf(graph, 'obm_network_rate'),
    };
  }
}
