/** Shows something again whenever the cluster changes. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { Screen } from './output/screen.ts';
import { printLines } from './shell.ts';
import type { Shell } from './shell.ts';

/** The shortest time between two looks, ms. */
const restMin = 200;
/** After a look and a drawing that took long there is a rest of so many times as long: who looks is no burden. */
const restShare = 5;

/**
 * Looks when an event says that something has changed, not before and not more often than is good,
 * knowing what it has seen.
 * On a terminal the last picture is drawn over, elsewhere each follows the one before. Ends by
 * Ctrl-C or an error.
 */
export const watch = async <T extends { readonly revision: number }>(
  shell: Shell,
  client: Client,
  look: (seen?: T) => Promise<T>,
  lines: (seen: T) => Iterable<string>,
): Promise<never> => {
  const over = new AbortController();
  const signal = AbortSignal.any([shell.signal, over.signal]);
  let seen = await look();
  const screen = shell.height === undefined ? null : new Screen(shell);
  const changes = changesAfter(client, seen.revision, signal);
  try {
    for (let took = 0; ;) {
      let began = performance.now();
      if (screen) screen.draw(lines(seen));
      else printLines(shell, lines(seen));
      took += performance.now() - began;
      await pause(Math.max(restMin, took * restShare), undefined, { signal });
      await changes.next();
      began = performance.now();
      seen = await look(seen);
      took = performance.now() - began;
    }
  } finally {
    screen?.close();
    over.abort();
  }
};

/** `next` waits until something has happened since it was last called. */
const changesAfter = (
  client: Client,
  from: number,
  signal: AbortSignal,
): { next: () => Promise<void> } => {
  let hasChanged = false;
  let failure: unknown;
  let wake = (): void => undefined;
  const read = async (): Promise<void> => {
    const events = client.followEvents({ from, signal });
    while (!(await events.next()).done) {
      hasChanged = true;
      wake();
    }
  };
  read().catch((error: unknown) => {
    failure = error;
    wake();
  });
  return {
    next: async () => {
      if (!hasChanged && failure === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (failure !== undefined) throw failure as Error;
      hasChanged = false;
    },
  };
};
