/** Long work, as whoever asks sees it. */

import type { Straggler } from './stragglers.ts';

export type OperationState = 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Operation {
  readonly kind: 'start' | 'stop' | 'remove';
  readonly subject: string;
  readonly state: OperationState;
  readonly total: number;
  readonly done: number;
  /** Will not get there by themselves. */
  readonly failed: readonly Straggler[];
  readonly waiting: readonly Straggler[];
  /** What the operation leaves alone although one might expect otherwise. */
  readonly warnings: readonly string[];
}
