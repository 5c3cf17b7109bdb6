/** Operations for whose end somebody waits, and who does. */

import type { Concerns } from './operation-concerns.ts';
import type { Operation, Progress } from './operation.ts';
import type { Asker } from '../fair-use/long-reads.ts';
import type { Cancel } from '../time.ts';

/** Whether somebody has waited for an operation to be as it is. */
export type IsEnough = (operation: Operation) => boolean;

/** Told once: of what it waits for, how far the operation is when the patience ends, or that nobody can tell. */
export interface Waiter {
  readonly isEnough: IsEnough;
  readonly tell: (operation: Operation) => void;
  readonly fail: (error: Error) => void;
}

/** What a look saw, which nobody is told before it is durable. */
export interface Sight {
  readonly operation: Operation;
  /** False: it was taken back. Absent where nothing is to be waited for. Never rejects. */
  readonly durable: Promise<boolean> | undefined;
  /** How long the look took, ms. */
  readonly took: number;
}

/** A look that is being taken, in the first turn that one of those who ask gets. */
export interface Looking {
  readonly result: Promise<Operation>;
  /** Lines up for a turn of a principal, once. */
  readonly lineUp: (principal: string) => void;
  /** Aborted when nobody asks any more. */
  readonly leaving: AbortController;
}

export interface Watched {
  readonly look: Progress['look'];
  readonly concerns: Concerns;
  /** Who ask for it or wait. */
  readonly askers: Set<Asker>;
  readonly waiters: Set<Waiter>;
  /** What it was when it was looked at last; null before. */
  latest: Operation | null;
  /** Whether something has happened since that look, or there was none. */
  isTouched: boolean;
  looking: Looking | null;
  /** Until it may be looked at again. */
  rest: Cancel | null;
}

/** Whether one of those that a commit touched is of what an operation is about. */
export const isConcerned = ({ concerns }: Watched, touched: ReadonlySet<string>): boolean => {
  if (concerns === null) return true;
  for (const id of touched) if (concerns.has(id)) return true;
  return false;
};
