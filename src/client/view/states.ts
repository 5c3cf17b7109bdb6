/** What the state of a host or a process is like, said by a colour and a sign beside its word. */

import type { Process } from '../types.ts';

export type StateTone = 'good' | 'bad' | 'busy' | 'faint';

const tones: Readonly<Record<string, StateTone>> = {
  up: 'good',
  online: 'good',
  down: 'bad',
  failed: 'bad',
  starting: 'busy',
  quiescing: 'busy',
  stopping: 'busy',
  inhibited: 'busy',
};

export const toneOfState = (state: string): StateTone => tones[state] ?? 'faint';

const signs: Readonly<Record<StateTone, string>> = { good: '✓', bad: '✗', busy: '…', faint: '-' };

/** Nobody knows what `unknown` is; `offline` is known. */
export const signOfState = (state: string): string =>
  state === 'unknown' ? '?' : signs[toneOfState(state)];

/** All states of a process, in the order in which they are gone through. */
export const processStates = [
  'unknown',
  'offline',
  'starting',
  'online',
  'quiescing',
  'stopping',
  'failed',
  'inhibited',
] as const satisfies readonly Process['state'][];
