/** One command on many machines, so many at a time, with an account of what became of it on each. */

import { exec } from '../../checks/ssh/exec.ts';
import { SshFailure } from '../../checks/ssh/failure.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import type { Shell } from '../shell.ts';
import { isOk } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { Reach } from './reach.ts';

export interface Work {
  readonly hosts: readonly string[];
  readonly command: string;
  readonly parallel: number;
  readonly timeoutMs: number;
  readonly input: Uint8Array | undefined;
  /** Kept of each output of each machine, bytes. */
  readonly keptBytes: number;
  /** Told of what comes, where it is shown as it comes. */
  readonly onOutput?: (host: string, from: 'stdout' | 'stderr', piece: Buffer) => Promise<void>;
  readonly onEnd?: (host: string) => Promise<void>;
  /** Whether it is told how far it is. */
  readonly showsProgress: boolean;
}

/** How many machines that are waited for are named. */
const namedWhileFew = 8;

/** Outcomes in the order of the machines; where the shell is interrupted, of those that are done. */
export const runOnAll = async (
  shell: Shell,
  { connections, targetOf }: Reach,
  work: Work,
): Promise<readonly Outcome[]> => {
  const { hosts, command, onOutput, input } = work;
  const outcomes = new Map<string, Outcome>();
  const running = new Set<string>();
  const waiting = hosts.values();
  const progress = (): void => {
    if (!work.showsProgress) return;
    const failed = [...outcomes.values()].filter((outcome) => !isOk(outcome)).length;
    const left = hosts.length - outcomes.size;
    const those = left > 0 && left <= namedWhileFew ? `, waiting for ${foldNodeset(running)}` : '';
    const failures = failed > 0 ? `, ${failed} failed` : '';
    shell.say(`\r\u001b[K${outcomes.size} of ${hosts.length}${failures}${those}`);
  };
  const one = async (host: string): Promise<Outcome> => {
    try {
      const result = await exec(
        connections,
        targetOf(host),
        command,
        {
          timeoutMs: work.timeoutMs,
          keptBytes: work.keptBytes,
          ...(input === undefined ? {} : { input }),
          ...(onOutput && { onOutput: (from, piece) => onOutput(host, from, piece) }),
        },
        shell.signal,
      );
      await work.onEnd?.(host);
      return { host, kind: 'ran', result };
    } catch (error) {
      shell.signal.throwIfAborted();
      if (!(error instanceof SshFailure)) throw error;
      return { host, kind: 'unreachable', cause: error.reason, message: error.message };
    }
  };
  const worker = async (): Promise<void> => {
    for (const host of waiting) {
      if (shell.signal.aborted) return;
      running.add(host);
      try {
        outcomes.set(host, await one(host));
      } finally {
        running.delete(host);
      }
      progress();
    }
  };
  const all = Promise.all(Array.from({ length: Math.min(work.parallel, hosts.length) }, worker));
  const interrupted = new Promise<void>((resolve) => {
    if (shell.signal.aborted) resolve();
    shell.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    // Whoever interrupts sees at once what there is; what runs is being ended meanwhile.
    await Promise.race([all, interrupted]);
  } catch (error) {
    if (!shell.signal.aborted) throw error;
  } finally {
    all.catch(() => {});
    if (work.showsProgress) shell.say('\r\u001b[K');
  }
  return hosts.flatMap((host) => outcomes.get(host) ?? []);
};
