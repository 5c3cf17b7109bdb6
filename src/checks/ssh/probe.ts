/**
 * What many checks ask of a machine, asked at once: one script a sweep, over the one connection that is kept. Its
 * sections stand between marks that nobody can know, so that the output of each is told apart whatever it holds.
 *
 *     const probes = new Probes(connections);
 *     const { sections } = await probes.run(target, [{ id: 'load', lines: ['cat /proc/loadavg'], timeoutSeconds: 5 }], signal);
 *     sections.get('load'); // { ending: 'done', exitCode: 0, output: '0.01 0.02 …', … }
 *
 * Lines are for /bin/sh, whatever the login shell; each section runs in a subshell with LC_ALL=C, without standard
 * input, and what it writes to standard error is dropped unless it says `2>&1`. Builtins (`read -r l </proc/loadavg`)
 * cost a machine nearly nothing, each program it starts about a millisecond.
 *
 * A section that takes longer than its limit is ended with all that it started, and the next one goes on. What cannot be
 * ended, as it hangs in the kernel, is remembered: the section is `stuck` and not started again while that is there, so
 * that a machine has at most one of them.
 */

import { SshFailure } from './failure.ts';
import type { Connections } from './connections.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';
import { ProbeShell } from './probe-shell.ts';
import { stillThere } from './process-tree.ts';
import type { Remaining } from './process-tree.ts';
import { missing } from './section.ts';
import type { ProbeSection, SectionEnding, SectionResult } from './section.ts';
import type { Target } from './target.ts';
import { orAborted } from './waiting.ts';

export type { ProbeSection, SectionEnding, SectionResult };

export interface ProbeAnswer {
  /** By id; each that was asked for is there. */
  readonly sections: ReadonlyMap<string, SectionResult>;
  /** Whether a connection was there already. */
  readonly wasKept: boolean;
  readonly durationMs: number;
}

const stuck: SectionResult = { ...missing, ending: 'stuck' };

/** Machines that are asked at a time. */
const atATime = 256;

interface Running {
  readonly sections: readonly ProbeSection[];
  readonly answer: Promise<ProbeAnswer>;
  readonly leave: AbortController;
  waiting: number;
}

export class Probes {
  readonly #connections: Connections;
  readonly #gate = new Gate(atATime);
  readonly #shells = new WeakMap<Link, ProbeShell>();
  readonly #running = new Map<string, Running>();
  /** What hangs, by machine and section. */
  readonly #stuck = new Map<string, Map<string, readonly Remaining[]>>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /**
   * Asks a machine. Who asks the same while it is asked gets the same answer; who asks something else waits until then.
   *
   * @param sections handed in as the same array each time, they are sent once a connection
   * @throws {SshFailure} why it cannot be asked; the signal's reason, where that is aborted: what ran has been ended
   */
  async run(
    target: Target,
    sections: readonly ProbeSection[],
    signal: AbortSignal,
  ): Promise<ProbeAnswer> {
    const key = JSON.stringify(target);
    for (;;) {
      signal.throwIfAborted();
      const before = this.#running.get(key);
      if (before === undefined) return this.#join(this.#begin(key, target, sections), signal);
      if (before.sections === sections) return this.#join(before, signal);
      await orAborted(
        before.answer.catch(() => {}),
        signal,
      );
    }
  }

  /** Who leaves does not wait, unless he is the last: then he waits until what runs has been ended. */
  async #join(running: Running, signal: AbortSignal): Promise<ProbeAnswer> {
    running.waiting += 1;
    try {
      return await orAborted(running.answer, signal);
    } finally {
      running.waiting -= 1;
      if (signal.aborted && running.waiting === 0) {
        running.leave.abort(signal.reason);
        await running.answer.catch(() => {});
      }
    }
  }

  #begin(key: string, target: Target, sections: readonly ProbeSection[]): Running {
    const leave = new AbortController();
    const answer = this.#ask(key, target, sections, leave.signal).finally(() =>
      this.#running.delete(key),
    );
    answer.catch(() => {});
    const running = { sections, answer, leave, waiting: 0 };
    this.#running.set(key, running);
    return running;
  }

  async #ask(
    key: string,
    target: Target,
    sections: readonly ProbeSection[],
    signal: AbortSignal,
  ): Promise<ProbeAnswer> {
    const { time } = this.#connections;
    const leave = await this.#gate.enter(signal);
    try {
      for (let tries = 0; ; tries += 1) {
        const began = time.monotonic();
        let wasKept = false;
        try {
          const found = await this.#connections.use(target, signal, (link) => {
            wasKept = this.#shells.has(link);
            return this.#askAll(key, link, sections, signal);
          });
          return { sections: found, wasKept, durationMs: time.monotonic() - began };
        } catch (error) {
          // A kept connection may be to a machine that is there no more, or another by now: a new one tells.
          if (tries > 0 || !wasKept || signal.aborted || !(error instanceof SshFailure))
            throw error;
        }
      }
    } finally {
      leave();
    }
  }

  async #askAll(
    key: string,
    link: Link,
    sections: readonly ProbeSection[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, SectionResult>> {
    const found = new Map<string, SectionResult>();
    for (const id of await this.#hanging(key, link, signal)) found.set(id, stuck);
    // A shell that hangs with its section is left behind, once; what comes after it is asked of another.
    for (let shells = 0; shells < 2; shells += 1) {
      const shell = this.#shellOf(link);
      const isWhole = await shell.round(sections, found, signal, (id, remaining) =>
        this.#remember(key, id, remaining),
      );
      if (isWhole) break;
      this.#shells.delete(link);
    }
    for (const { id } of sections) if (!found.has(id)) found.set(id, missing);
    return found;
  }

  #shellOf(link: Link): ProbeShell {
    const present = this.#shells.get(link);
    if (present !== undefined && !present.isOver) return present;
    const { time, random } = this.#connections;
    const shell = new ProbeShell(link, time, random);
    this.#shells.set(link, shell);
    return shell;
  }

  #remember(key: string, id: string, remaining: readonly Remaining[]): void {
    const its = this.#stuck.get(key) ?? new Map<string, readonly Remaining[]>();
    its.set(id, remaining);
    this.#stuck.set(key, its);
  }

  /** The sections of which something hangs still. */
  async #hanging(key: string, link: Link, signal: AbortSignal): Promise<readonly string[]> {
    const its = this.#stuck.get(key);
    if (its === undefined) return [];
    for (const [id, remaining] of its) {
      const left = await stillThere(link, this.#connections.time, remaining, signal);
      if (left.length > 0) its.set(id, left);
      else its.delete(id);
    }
    if (its.size === 0) this.#stuck.delete(key);
    return [...its.keys()];
  }
}
