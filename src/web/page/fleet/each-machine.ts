/** One request for each of many machines: a few at a time, and an account of which were refused and why. */

import { ApiError, UnreachableError } from '../../../client/errors.ts';

export interface Outcome {
  readonly done: readonly string[];
  readonly failed: readonly { readonly host: string; readonly why: string }[];
}

const atATime = 8;

/**
 * @param work with a key of its own for each, which is the same where it is tried again
 * @param progress told how many are over
 * @param stop those that are not begun then are left out
 */
export const eachMachine = async (
  hosts: readonly string[],
  key: string,
  work: (host: string, idempotencyKey: string) => Promise<unknown>,
  progress: (over: number) => void = () => undefined,
  stop?: AbortSignal,
): Promise<Outcome> => {
  const done: string[] = [];
  const failed: { host: string; why: string }[] = [];
  const waiting = hosts.values();
  // To wait for a station that is not there for each of thousands would tell nothing more.
  let away: UnreachableError | undefined;
  const worker = async (): Promise<void> => {
    for (const host of waiting) {
      try {
        if (away) throw away;
        if (stop?.aborted) throw new Error('not begun: you stopped it');
        await work(host, `${key}/${host}`);
        done.push(host);
      } catch (error) {
        if (error instanceof UnreachableError) away = error;
        // Nobody is signed in any more: what is left would be refused as well.
        if (error instanceof ApiError && error.status === 401) throw error;
        failed.push({ host, why: (error as Error).message });
      }
      progress(done.length + failed.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, hosts.length) }, worker));
  return { done, failed };
};

/** Which were refused, with one reason together; reasons that differ by the name of the machine are one. */
export const byReason = (
  failed: Outcome['failed'],
): readonly { readonly hosts: readonly string[]; readonly why: string }[] => {
  const found = new Map<string, { hosts: string[]; why: string }>();
  for (const { host, why } of failed) {
    const same = why.replaceAll(host, '');
    const group = found.get(same);
    if (group) group.hosts.push(host);
    else found.set(same, { hosts: [host], why });
  }
  return [...found.values()];
};
