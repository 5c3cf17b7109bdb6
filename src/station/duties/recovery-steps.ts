/**
 * Carries out the steps of recoveries. A step is in the log, and durable, before it is begun, and is
 * begun once: what a station that ended had begun is reported as interrupted by the next.
 */

import type { Command } from '../../core/commands/index.ts';
import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import { runSsh } from './ssh.ts';
import type { SshResult } from './ssh.ts';

/** How many steps are carried out at a time; the others wait. */
export const stepsAtOnce = 16;
/** A result that the log did not take is reported again after this time, ms. */
const retryMs = 5000;

interface Job {
  readonly fqdn: string;
  readonly begun: number;
}

export interface RecoveryStepsOptions {
  readonly log: EventLog;
  readonly graph: () => Graph;
  /** Resolves when the log has taken the command, or has decided that it is none of its business. */
  readonly report: (command: Command) => Promise<unknown>;
}

export class RecoverySteps {
  readonly #options: RecoveryStepsOptions;
  readonly #closing = new AbortController();
  readonly #waiting: Job[] = [];
  readonly #unsubscribe: () => void;
  #running = 0;

  constructor(options: RecoveryStepsOptions) {
    this.#options = options;
    const { log, graph } = options;
    this.#unsubscribe = log.subscribe(log.head(), (commit) => this.#take(commit));
    for (const { host, steps } of graph().all('recovery'))
      if (steps?.doing)
        void this.#report(
          { fqdn: host, begun: steps.doing.begun },
          'interrupted',
          'the station ended before it did; it was not begun again',
        );
  }

  /** Ends what runs. It is not reported any more: the next station does so. */
  close(): void {
    this.#unsubscribe();
    this.#closing.abort();
    this.#waiting.length = 0;
  }

  #take(commit: Commit): void {
    for (const { data } of eventsOfType(commit, 'RecoveryStepBegun'))
      this.#waiting.push({ fqdn: data.fqdn, begun: commit.revision });
    this.#next();
  }

  #next(): void {
    while (this.#running < stepsAtOnce) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#running += 1;
      void this.#carryOut(job).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  /** Nothing is done to a host that has reported meanwhile: then its recovery is over. */
  async #carryOut(job: Job): Promise<void> {
    const graph = this.#options.graph();
    const doing = graph.get('recovery', job.fqdn)?.steps?.doing;
    if (doing?.begun !== job.begun) return;
    const address = graph.get('host', job.fqdn)?.facts?.address ?? null;
    const { signal } = this.#closing;
    const { ok, detail }: SshResult = await runSsh(doing.step, job.fqdn, address, signal);
    await this.#report(job, ok ? 'done' : 'failed', detail);
  }

  async #report(
    { fqdn, begun }: Job,
    outcome: 'done' | 'failed' | 'interrupted',
    detail: string,
  ): Promise<void> {
    const command: Command = { type: 'ReportRecoveryStep', fqdn, begun, outcome, detail };
    while (!this.#closing.signal.aborted) {
      try {
        await this.#options.report(command);
        return;
      } catch {
        // The log is full or busy; the station says so itself.
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(resolve, retryMs).unref();
        await promise;
      }
    }
  }
}
